#!/bin/sh
# Test the oldest versions of the dependencies, and every other Python that is here: test_versions.sh PYTHON FOLDER
# Each gets an environment FOLDER/NAME. The tests are those that meet the dependencies, and the wheel.
set -eu
python=$1
folder=$2
tests="tests/test_public_names.py tests/files tests/store tests/plan tests/analyse tests/claims"
tests="$tests tests/cli tests/measure/test_bench.py tests/report/text tests/report/export tests/report/figures"

run_tests() {
    its_python=$folder/$1/bin/python
    echo "Testing $1 ($("$its_python" --version)) …"
    shift
    # shellcheck disable=SC2086 # a list of paths
    "$its_python" -m pytest -q -n 2 --dist loadfile -m "not slow and not alone" "$@" $tests
    "$its_python" -m pytest -q "$@" tests/test_wheel.py
}

"$python" -m venv "$folder/lowest"
"$python" -m pip install --quiet --disable-pip-version-check "uv>=0.5"
"$python" -m uv pip install --quiet --python "$folder/lowest/bin/python" --resolution lowest-direct --editable .
"$python" -m uv pip install --quiet --python "$folder/lowest/bin/python" hatchling hypothesis pip pytest-xdist
# Old packages call what their own dependencies have deprecated since.
run_tests lowest -W ignore::DeprecationWarning

for version in 3.12 3.13 3.14; do
    if "python$version" -c "" 2>/dev/null; then
        sh scripts/make_environment.sh "python$version" "$folder/python$version"
        run_tests "python$version"
    else
        echo "python$version is not installed: not tested"
    fi
done
