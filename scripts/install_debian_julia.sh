#!/bin/sh
# Install Julia 1.5.3 and gfortran on Debian 12, for machines that can reach Debian's packages and nothing else (CI).
# Users want a newer Julia: make julia
#
# Debian 12 has no Julia. Debian 11's runs on it, with Debian 11's libunwind8: with Debian 12's, every Julia exception is
# a segmentation fault. The address of Debian 11 is that of the machine's own apt sources, with another suite.
set -eu
. "$(dirname "$0")/debian.sh"

OLD=bullseye
OLD_LIBUNWIND=1.3.2-2
ETC_APT=/etc/apt
NAME=paragone-$OLD

# Julia starts and catches an exception from a compiled function. (Outside of one, any libunwind8 works.)
julia_works() {
    command -v julia >/dev/null &&
        (test "$(julia --startup-file=no -e 'f() = error("x"); try f() catch; print("caught") end')" = caught) 2>/dev/null
}

gfortran_works() {
    command -v gfortran >/dev/null
}

# The apt entry of the machine's main archive with the older suite: from one-line files, else from deb822 files.
one_line_entry() {
    cat "$ETC_APT"/sources.list "$ETC_APT"/sources.list.d/*.list 2>/dev/null |
        sed -n "s/^deb \(\[[^]]*\] *\)\{0,1\}\([^ ]*\)  *$codename  *\(.* \)\{0,1\}main\( .*\)\{0,1\}\$/deb \1\2 $OLD main/p" |
        head -n 1
}

deb822_entry() {
    cat_apart "$ETC_APT"/sources.list.d/*.sources | awk -v own="$codename" -v old="$OLD" '
        BEGIN { RS = ""; FS = "\n" }
        /(^|\n)Enabled: *no/ { next }
        $0 ~ "(^|\n)Suites:([^\n]* )?" own "( |\n|$)" && /(^|\n)Components:[^\n]* main( |\n|$)/ {
            for (i = 1; i <= NF; i++) {
                if ($i ~ /^Types:/) $i = "Types: deb"
                if ($i ~ /^Suites:/) $i = "Suites: " old
                if ($i ~ /^Components:/) $i = "Components: main"
                print $i
            }
            exit
        }'
}

# An empty line after each file separates the last entry of one from the first of the next.
cat_apart() {
    for file in "$@"; do
        [ -f "$file" ] && cat "$file" && echo
    done
}

add_old_suite() {
    if entry=$(one_line_entry) && [ -n "$entry" ]; then
        added=$ETC_APT/sources.list.d/$NAME.list
    elif entry=$(deb822_entry) && [ -n "$entry" ]; then
        added=$ETC_APT/sources.list.d/$NAME.sources
    else
        fail "no entry for Debian's suite $codename in $ETC_APT, expected one to derive that of $OLD from"
    fi
    echo "$entry" >"$added"
    # Low priority: a package that Debian 12 has is never taken from the older suite.
    printf 'Package: *\nPin: release n=%s\nPin-Priority: 100\n' "$OLD" >"$ETC_APT/preferences.d/$NAME"
    echo "Added $added."
}

knows_suite() {
    apt-cache policy | grep -q "n=$1,"
}

# Update the package lists of one sources file only.
update_only() {
    apt-get update -qq -o Dir::Etc::sourcelist="$1" -o Dir::Etc::sourceparts=- -o APT::Get::List-Cleanup=0
}

if julia_works && gfortran_works; then
    echo "Julia and gfortran are here already ($(julia --version)): nothing to do."
    exit 0
fi
codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-unknown}")
if ! julia_works && [ "$codename" != bookworm ]; then
    fail "this script is for Debian 12 (bookworm), got $codename. Install Julia: make julia"
fi
be_root

knows_suite "$codename" || apt-get update -qq
if ! gfortran_works; then
    echo "Installing gfortran …"
    install gfortran
fi
if ! julia_works; then
    if ! knows_suite "$OLD"; then
        add_old_suite
        update_only "$added"
    fi
    echo "Installing Julia (50 MB, about ten seconds) …"
    install --allow-downgrades julia "libunwind8=$OLD_LIBUNWIND"
    julia_works || fail "Julia was installed, but does not survive an exception: it needs libunwind8 $OLD_LIBUNWIND, \
got $(dpkg-query --show --showformat='${Version}' libunwind8)"
    echo "Installed: $(julia --version). An upgrade of libunwind8 breaks it; repeat this script then."
fi
