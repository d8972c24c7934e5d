#!/bin/sh
# Install Chromium from Debian's packages, for the tests that open report.html in a browser (CI).
set -eu
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin # dpkg needs the sbin folders; an unprivileged user's PATH lacks them

if command -v chromium >/dev/null; then
    echo "Chromium is here already: nothing to do."
    exit 0
fi
if ! command -v apt-get >/dev/null; then
    echo "error: apt-get was not found; this script is for Debian. Install Chromium by your system's own means." >&2
    exit 1
fi
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || { echo "error: packages can be installed by root only. Repeat as root: sh $0" >&2; exit 1; }
    exec sudo sh "$0"
fi

# A fresh image may have no package lists.
apt-cache show chromium >/dev/null 2>&1 || apt-get update -qq
echo "Installing Chromium (100 MB, about half a minute) …"
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 chromium >/dev/null
command -v chromium >/dev/null || { echo "error: chromium was installed, but is not on the PATH" >&2; exit 1; }
