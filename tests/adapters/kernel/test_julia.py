"""Kernels in Julia: in this process through juliacall or a stand-in, and in a Julia of its own."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from small_kernels import distances, kernel_folder, opened, results, ring

from paragone.errors import MeasurementFailed, VerificationFailed
from paragone.files.paths import IMPORT_ROOT, PROJECT
from paragone.implementation.importing import implementation_class
from paragone.machine.julia_install import find_julia, julia_unavailable, juliacall_unavailable

DRIVERS = PROJECT / "tests" / "julia_in_process"
STAND_IN = DRIVERS / "by_ctypes"  # in a folder of its own: that of a script comes first on sys.path
NEEDS_JULIA = pytest.mark.skipif(bool(julia_unavailable()), reason=str(julia_unavailable()))
LOOPS = """
    module Loops
    function run(n, d, X, D)
        for i in 1:n, j in 1:n
            total = zero(eltype(X))
            for k in 1:d
                total += (X[k, i] - X[k, j])^2
            end
            D[j, i] = total
        end
    end
    end
"""
# Its workspace is made for each size; it is the last argument.
WITH_SETUP = LOOPS.replace("module Loops", "module WithSetup\nsetup(n, d) = Ref(n)").replace(
    "(n, d, X, D)", '(n, d, X, D, seen)\n        seen[] == n || error("the workspace of another size")'
)
CHANGES_ITS_INPUT = LOOPS.replace("module Loops", "module Changes").replace("D[j, i] =", "X[1] = 3; D[j, i] =")
OUT_OF_BOUNDS = LOOPS.replace("module Loops", "module Outside").replace("X[k, i]", "X[k, i + 1]")
PROGRAMS = {
    "loops": LOOPS,
    "with_setup": WITH_SETUP,
    "changes_its_input": CHANGES_ITS_INPUT,
    "out_of_bounds": OUT_OF_BOUNDS,
    "is_no_module": "x = 3",
}
TOML = 'language = "Julia"\nidea = "loops"\njulia = "{name}.jl"\n'


def written(parent, names, more=""):
    files = {f"{name}.jl": PROGRAMS[name] for name in names}
    return kernel_folder(parent, files=files | {f"{name}.toml": TOML.format(name=name) + more for name in names})


@pytest.fixture(scope="module")
def in_process(tmp_path_factory):
    """What each file did in the process of a worker: errors, or what it says."""
    parent = tmp_path_factory.mktemp("julia")
    folder = written(parent, PROGRAMS)
    paths = [*([str(STAND_IN)] if juliacall_unavailable() else []), str(IMPORT_ROOT), str(PROJECT / "tests")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "OPENBLAS_NUM_THREADS": "1"}
    if juliacall_unavailable():
        wrapper = parent / "julia"
        wrapper.write_text(
            f'#!/bin/sh\n[ "$1" = --version ] && echo julia version 1.10.4 && exit\nexec {find_julia()} "$@"\n'
        )
        wrapper.chmod(0o755)
        environment |= {"PYTHON_JULIACALL_EXE": str(wrapper), "PYTHON_JULIACALL_PROJECT": str(parent)}
    command = [sys.executable, str(DRIVERS / "drive_kernel.py"), str(folder)]
    answer = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr[-3000:]
    return json.loads(answer.stdout.splitlines()[-1])


@pytest.mark.slow
@NEEDS_JULIA
@pytest.mark.parametrize("name", ["loops", "with_setup"])
def test_julia_in_this_process_works_on_the_arrays_of_python_at_sizes_in_turn(in_process, name):
    assert len(in_process[name]) == 8
    assert max(in_process[name][:4]) < 1e-14
    assert max(in_process[name]) < 1e-5


@pytest.mark.slow
@NEEDS_JULIA
def test_what_is_wrong_is_told_with_its_place_in_the_file(in_process):
    assert in_process["changes_its_input"] == "it changes its input X"
    assert in_process["out_of_bounds"].startswith("out_of_bounds.jl: BoundsError: ")
    assert "(run at out_of_bounds.jl:7" in in_process["out_of_bounds"]
    assert "the file must end with the end of the one module" in in_process["is_no_module"]


@pytest.mark.slow
@NEEDS_JULIA
@pytest.mark.parametrize("name", ["loops", "with_setup"])
def test_a_julia_of_its_own_gets_and_gives_the_arrays(tmp_path, name):
    folder = written(tmp_path, [name], "process = true\n")
    loops = opened(folder, name, "float32")
    try:
        for size in (4, 9, 4):
            state = ring(folder, size)
            assert np.allclose(results(loops, state, 7)["D"], distances(state), rtol=1e-5)
        assert loops.build_info()["version"].startswith("Julia ")
        assert loops.runner_ns > 0
    finally:
        loops.close()


@pytest.mark.slow
@NEEDS_JULIA
def test_a_task_of_a_julia_of_its_own_that_goes_on_after_the_call_is_refused(tmp_path):
    text = "module Late\nrun(n, d, X, D) = (@async D .= 1; nothing)\nend\n"
    files = {"late.jl": text, "late.toml": TOML.format(name="late") + "process = true"}
    late = opened(kernel_folder(tmp_path, files=files), "late")
    try:
        with pytest.raises(MeasurementFailed, match="its results change after the last call has returned: a task"):
            results(late, ring(tmp_path / "pairwise", 9), 7)
    finally:
        late.close()


@pytest.mark.slow
@NEEDS_JULIA
def test_a_state_of_its_own_julia_evolves_and_whole_numbers_come_back(tmp_path):
    text = """
        module Sorts
        function run(n, a, places, total)
            places .= sortperm(a) .- 1
            sort!(a)
            total[1] = sum(a)
        end
        end
    """
    folder = kernel_folder(
        tmp_path, "sort", files={"mine.jl": text, "mine.toml": TOML.format(name="mine") + "process = true"}
    )
    mine, state = opened(folder, "mine"), ring(folder, 8)
    try:
        found = results(mine, state, 20)
    finally:
        mine.close()

    assert (found["a"] == np.sort(state.arrays["a"], axis=1)).all()
    assert (found["places"] == state.arrays["a"].argsort(axis=1)).all()


@pytest.mark.slow
@NEEDS_JULIA
@pytest.mark.parametrize(
    ("name", "error", "reason"),
    [
        ("changes_its_input", VerificationFailed, "it changes its input X"),
        ("out_of_bounds", MeasurementFailed, r"run: julia says: BoundsError: .*\(run at out_of_bounds\.jl:7"),
        ("is_no_module", MeasurementFailed, "load: julia says: the file must end with the end of the one module"),
    ],
)
def test_what_is_wrong_in_a_julia_of_its_own_is_told(tmp_path, name, error, reason):
    folder = written(tmp_path, [name], "process = true\n")
    mine = opened(folder, name)
    try:
        with pytest.raises(error, match=reason):
            results(mine, ring(folder, 4))
    finally:
        mine.close()


@pytest.mark.parametrize(
    ("more", "words"), [("", "julia"), ("process = true\n", "Julia 1.5 or newer is not installed")]
)
def test_where_there_is_no_julia_its_installation_is_told(tmp_path, monkeypatch, more, words):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("PYTHON_JULIAPKG_PROJECT", str(tmp_path))
    for name in ("PYTHON_JULIACALL_EXE", "PYTHON_JULIAPKG_EXE"):
        monkeypatch.delenv(name, raising=False)
    missing = implementation_class(written(tmp_path, ["loops"], more), "loops").missing()

    assert words in missing
    assert missing.endswith("paragone julia")
