"""What an implementation needs beside Python and NumPy, from its sources and the packages that the run weighed."""

import math
from dataclasses import replace

import pytest
from made_up_run import launch_row, made_up_run, with_environment

from paragone.analyse.needs import Needs, needs
from paragone.store.records import Source

LIBRARIES = {
    "numpy": {"version": "2.4", "n_bytes": 57, "modules": ["numpy"]},
    "torch": {"version": "2.13", "n_bytes": 700, "modules": ["torch", "torchgen"], "requires": ["sympy", "numpy"]},
    "sympy": {"version": "1.14", "n_bytes": 26, "modules": ["sympy"], "requires": ["mpmath"]},
    "mpmath": {"version": "1.3", "n_bytes": 2, "modules": ["mpmath"]},
}
BASE = "numpy_rows[dtype=float32]"


def needs_of(text, build_info=None, libraries=LIBRARIES):
    run = made_up_run(None, {(BASE, 1): [[1e-5] * 3] * 2}, launches=[launch_row(BASE, 0, build_info=build_info or {})])
    files = {"impl.py": "from .rows import step\nimport rows, sys", "rows.py": text, "rows.c": "import of = C;"}
    source = Source(hash="0", files=files, left_out={})
    return needs(replace(with_environment(run, libraries=libraries), sources={"numpy_rows": source}))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import numpy as np\nfrom pathlib import Path", Needs()),
        ("def load():\n    import torch\n    import sympy", Needs("", ("torch",), 728)),
        ("from mpmath.libmp import mpf", Needs("", ("mpmath",), 2)),
        ("find_spec('torch')", Needs("", ("torch",), 728)),
        ("import sys, torch as t", Needs("", ("torch",), 728)),
        ('"""What we have\nfrom torch import nothing of."""', Needs()),
        ("from the paper of 1986", Needs()),
    ],
)
def test_packages_are_counted_with_all_that_they_require_and_without_numpy(text, expected):
    assert {BASE: expected} == needs_of(text)


def test_a_package_that_only_the_build_information_names_counts_too():
    assert {BASE: Needs("", ("torch",), 728)} == needs_of("", {"torch": "2.13", "device": "cpu"})


def test_of_a_package_that_was_not_weighed_and_in_an_environment_of_its_own_the_size_is_not_known():
    unknown = needs_of("import pyfftw")[BASE]
    elsewhere = needs_of("import torch", {"environment": "old"})[BASE]

    assert (("pyfftw",), ("torch",)) == (unknown.packages, elsewhere.packages)
    assert math.isnan(unknown.n_bytes)
    assert math.isnan(elsewhere.n_bytes)


@pytest.mark.parametrize(
    ("build_info", "tool"),
    [
        ({"compiler": "gcc (Debian 12.2.0-14+deb12u1) 12.2.0"}, "gcc 12.2.0"),
        ({"compiler": "rustc 1.95.0 (59807616e 2026-04-14)"}, "rustc 1.95.0"),
        ({"version": "Julia 1.5.3, openblas64 (OpenBLAS 0.3.9, Haswell)"}, "Julia 1.5.3"),
        ({"version": "Node.js v22.1.0, V8 12.4"}, "Node.js 22.1.0"),
        ({"Julia": "1.11.2", "BLAS": "OpenBLAS 0.3.9"}, "Julia 1.11.2"),
        ({"compiler": "Ubuntu clang version 14.0.0-1ubuntu1.1"}, "clang 14.0.0"),
        ({"compiler": "my own"}, "my own"),
        ({"device": "cpu"}, ""),
    ],
)
def test_the_tool_is_what_compiled_or_ran_it_with_its_version(build_info, tool):
    assert tool == needs_of("", build_info)[BASE].tool


def test_a_run_that_weighed_no_packages_tells_no_needs():
    assert {} == needs_of("import torch", libraries={})
