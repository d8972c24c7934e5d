#!/bin/sh
# Install Rust, Node.js and a JDK from Debian's packages, for what is written in Rust, JavaScript and Java (CI).
set -eu
. "$(dirname "$0")/debian.sh"

# The packages of the programs that are not here, or give no answer.
lacking=
rustc --version >/dev/null 2>&1 || lacking="$lacking rustc"
node --version >/dev/null 2>&1 || lacking="$lacking nodejs"
javac -version >/dev/null 2>&1 || lacking="$lacking default-jdk-headless"
if [ -z "$lacking" ]; then
    echo "Here already: $(rustc --version | cut -d' ' -f1,2), Node.js $(node --version), $(javac -version 2>&1)."
    exit 0
fi
need_debian "Rust, Node.js and a JDK"
be_root
# shellcheck disable=SC2086 # one word for each package
know_packages $lacking
echo "Installing$lacking (about a minute) …"
# shellcheck disable=SC2086
install $lacking
for program in "rustc --version" "node --version" "javac -version"; do
    $program >/dev/null 2>&1 || fail "$program was installed, and gives no answer"
done
