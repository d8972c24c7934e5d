# What the scripts share that install packages of Debian; they read it by: . "$(dirname "$0")/debian.sh"
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin # dpkg needs the sbin folders; an unprivileged user's PATH lacks them

fail() {
    echo "error: $1" >&2
    exit 1
}

# Go on only where there is apt-get; the argument says what the user installs elsewhere.
need_debian() {
    command -v apt-get >/dev/null || fail "apt-get was not found; this script is for Debian. Install $1 by your system's own means."
}

# Go on as root, by sudo where that is needed.
be_root() {
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || fail "packages can be installed by root only. Repeat as root: sh $0"
        exec sudo sh "$0"
    fi
}

# A fresh image may have no package lists.
know_packages() {
    apt-cache show "$@" >/dev/null 2>&1 || apt-get update -qq
}

install() {
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 "$@" >/dev/null
}
