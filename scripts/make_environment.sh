#!/bin/sh
# Make the virtual environment that every target of the Makefile uses, or update it: make_environment.sh PYTHON FOLDER
# A working environment of the same Python version is kept, with the libraries that were added to it.
set -eu
python=$1
folder=$2

if ! command -v "$python" >/dev/null 2>&1; then
    echo "error: $python was not found. Install Python 3.11 or newer, or name it: make bench PYTHON=python3.12" >&2
    exit 2
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "error: expected Python 3.11 or newer, got $("$python" --version 2>&1). Name another: make bench PYTHON=python3.12" >&2
    exit 2
fi
is_there() {
    "$folder/bin/python" -m pip --version >/dev/null 2>&1 &&
        [ "$("$folder/bin/python" --version)" = "$("$python" --version)" ]
}

make_it() {
    "$python" -m venv --clear "$folder" && return
    # Debian's Python has no ensurepip: use an installed pip or virtualenv to put pip into the environment.
    "$python" -m venv --clear --without-pip "$folder" &&
        "$python" -m pip --python "$folder/bin/python" install --quiet pip && return
    "$python" -m virtualenv --clear "$folder"
}

if ! is_there && ! make_it >/dev/null 2>&1; then
    rm -rf "$folder"
    echo "error: $python cannot make a virtual environment. On Debian or Ubuntu: apt install python3-venv" >&2
    exit 2
fi
echo "Setting up $folder (once; about a minute) …"
"$folder/bin/python" -m pip install --quiet --quiet --disable-pip-version-check --upgrade "pip>=25.1"
"$folder/bin/python" -m pip install --quiet --quiet --disable-pip-version-check --editable . --group check
# As pip does with what it copies. Where PYTHONDONTWRITEBYTECODE is set, as in many containers, nobody else would, and
# each command and each worker would compile every module again.
"$folder/bin/python" -m compileall -q -j 0 harness impls
