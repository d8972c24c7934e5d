import platform
import subprocess
import sys
from types import SimpleNamespace

import pytest

from paragone.files.paths import PROJECT, cache_folder
from paragone.machine.blas import blas


@pytest.fixture(autouse=True)
def asked_anew():
    blas.cache_clear()
    yield
    blas.cache_clear()


def test_numpy_and_scipy_tell_their_library_its_version_and_the_kernels_it_chose():
    pools = [pool for pool in blas() if pool.user_api == "blas"]

    assert pools
    assert all(pool.library and pool.version for pool in pools)


def test_what_a_plugin_has_loaded_into_this_process_is_not_the_blas_of_a_run(monkeypatch):
    """A run that was interrupted is taken up by a process that has loaded other libraries."""
    alone = blas()
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(get_num_threads=lambda: 2))
    blas.cache_clear()

    assert blas() == alone
    assert "torch" not in {pool.library for pool in alone}


def test_the_answer_is_remembered_by_the_next_process(monkeypatch):
    first = blas()
    blas.cache_clear()
    monkeypatch.setattr(subprocess, "run", None)

    assert blas() == first != ()


def test_a_damaged_memory_is_asked_anew():
    first = blas()
    for path in (cache_folder() / "blas").iterdir():
        path.write_text("[{")
    blas.cache_clear()

    assert blas() == first


def test_the_variables_of_the_shell_decide_which_kernels_are_told(monkeypatch):
    chosen = {pool.architecture for pool in blas() if pool.library == "openblas"}
    if not chosen or platform.machine() != "x86_64":
        pytest.skip("NumPy's BLAS here is not OpenBLAS for x86-64")
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Nehalem")
    blas.cache_clear()

    assert {pool.architecture for pool in blas() if pool.library == "openblas"} == {"Nehalem"}


@pytest.mark.parametrize("program", ["/bin/false", "/bin/true", "/nowhere/python"])
def test_a_python_that_does_not_answer_brings_no_blas(program, monkeypatch):
    monkeypatch.setattr(sys, "executable", program)

    assert blas() == ()


def test_asking_changes_no_variable_that_the_next_description_would_see():
    """A library that is imported on the way sets a variable, which a later run would take for the user's."""
    code = (
        "import os; os.environ.pop('KMP_DUPLICATE_LIB_OK', None); before = dict(os.environ)\n"
        "from paragone.machine import blas; blas._loaded_here(); print(sorted(os.environ.items() ^ before.items()))"
    )
    answer = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)

    assert answer.stdout.strip() == "[]"
