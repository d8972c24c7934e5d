#!/bin/sh
# Install Rust, Node.js and a JDK from Debian's packages, for kernels in Rust, JavaScript and Java (CI).
set -eu
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin # dpkg needs the sbin folders; an unprivileged user's PATH lacks them

# The packages of the programs that are not here, or give no answer.
lacking=
rustc --version >/dev/null 2>&1 || lacking="$lacking rustc"
node --version >/dev/null 2>&1 || lacking="$lacking nodejs"
javac -version >/dev/null 2>&1 || lacking="$lacking default-jdk-headless"
if [ -z "$lacking" ]; then
    echo "Here already: $(rustc --version | cut -d' ' -f1,2), Node.js $(node --version), $(javac -version 2>&1)."
    exit 0
fi
if ! command -v apt-get >/dev/null; then
    echo "error: apt-get was not found; this script is for Debian. Install Rust, Node.js and a JDK by your system's own means." >&2
    exit 1
fi
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || { echo "error: packages can be installed by root only. Repeat as root: sh $0" >&2; exit 1; }
    exec sudo sh "$0"
fi

# A fresh image may have no package lists.
# shellcheck disable=SC2086 # one word for each package
apt-cache show $lacking >/dev/null 2>&1 || apt-get update -qq
echo "Installing$lacking (about a minute) …"
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 $lacking >/dev/null
for program in "rustc --version" "node --version" "javac -version"; do
    $program >/dev/null 2>&1 || { echo "error: $program was installed, and gives no answer" >&2; exit 1; }
done
