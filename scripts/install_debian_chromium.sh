#!/bin/sh
# Install Chromium from Debian's packages, for the tests that open report.html in a browser (CI).
set -eu
. "$(dirname "$0")/debian.sh"

if command -v chromium >/dev/null; then
    echo "Chromium is here already: nothing to do."
    exit 0
fi
need_debian Chromium
be_root
know_packages chromium
echo "Installing Chromium (100 MB, about half a minute) …"
install chromium
command -v chromium >/dev/null || fail "chromium was installed, but is not on the PATH"
