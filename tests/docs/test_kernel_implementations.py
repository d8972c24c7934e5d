"""The page on a kernel's implementations: each example works as it stands there."""

import re
import shutil

import numpy as np
import pytest
from small_kernels import distances, kernel_folder, opened, results, ring

from paragone.files.paths import PROJECT
from paragone.machine.julia_install import julia_unavailable

PAGE = (PROJECT / "docs" / "kernel-implementations.md").read_text(encoding="utf-8")


def block(language, number=0):
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)[number]


def key(line):
    """A line of a .toml that stands in the text: `build = "…"`."""
    (found,) = re.findall(rf"`({line} = \"[^`]*\")`", PAGE)
    return f'language = "one"\nidea = "loops"\ndtypes = ["float64"]\n{found}\n'


def needs(program):
    return pytest.mark.skipif(not shutil.which(program), reason=f"{program} is not here")


EXAMPLES = {
    "numpy_broadcast": lambda: {"numpy_broadcast.py": block("python")},
    "c_loops": lambda: {"c_loops.toml": block("toml"), "c_loops.c": block("c")},
    "rust_loops": lambda: {"rust_loops.toml": key('build(?= = "rustc)'), "rust_loops.rs": block("rust")},
    "fortran_loops": lambda: {
        "fortran_loops.toml": key('build(?= = "gfortran)'),
        "fortran_loops.f90": block("fortran"),
    },
    "javascript_loops": lambda: {"javascript_loops.toml": key("program"), "javascript_loops.js": block("javascript")},
    "java_loops": lambda: {"java_loops.toml": block("toml", 1), "java_loops.java": block("java")},
    "julia_loops": lambda: {"julia_loops.toml": key("julia") + "process = true\n", "julia_loops.jl": block("julia")},
}


@pytest.mark.parametrize(
    "name",
    [
        "numpy_broadcast",
        "c_loops",
        pytest.param("rust_loops", marks=needs("rustc")),
        pytest.param("fortran_loops", marks=needs("gfortran")),
        pytest.param("javascript_loops", marks=needs("node")),
        pytest.param("java_loops", marks=[needs("javac"), pytest.mark.slow]),
        pytest.param(
            "julia_loops", marks=[pytest.mark.skipif(bool(julia_unavailable()), reason="no Julia"), pytest.mark.slow]
        ),
    ],
)
def test_each_example_computes_the_distances(name, tmp_path, monkeypatch):
    monkeypatch.setenv("PARAGONE_CACHE", str(tmp_path / "cache"))
    folder = kernel_folder(tmp_path, files=EXAMPLES[name]())
    example, state = opened(folder, name), ring(folder, 9)
    try:
        assert np.allclose(results(example, state)["D"], np.sqrt(distances(state)), rtol=1e-12)
    finally:
        example.close()


def test_every_block_of_the_page_is_tried():
    languages = re.findall(r"^```(\w+)$", PAGE, re.MULTILINE)

    assert sorted(languages) == sorted(
        ["python", "toml", "c", "rust", "fortran", "julia", "javascript", "toml", "java", "toml"]
    )
