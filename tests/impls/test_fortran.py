"""What is Fortran's own: stacks, signs, kinds of real, and no compiler at all."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from paragone.files.paths import PROJECT
from paragone.implementation.registry import IMPLEMENTATIONS, read_folder
from paragone.implementation.template import write_starter
from paragone.task.mlp.problem_files import find_problem, shipped_names

N_TRAIN = 60
SEED = 3

FORTRAN, LOOPS = read_folder(IMPLEMENTATIONS / "fortran_matmul")
needs_gfortran = pytest.mark.skipif(FORTRAN.missing() is not None, reason=str(FORTRAN.missing()))

_random = np.random.default_rng(1)
IMAGES = np.where(_random.random((N_TRAIN, 49)) < 0.19, _random.integers(1, 256, (N_TRAIN, 49)), 0).astype(np.uint8)
LABELS = _random.integers(0, 10, N_TRAIN).astype(np.uint8)


def test_without_gfortran_the_reason_names_the_command_that_installs_it(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))

    assert FORTRAN.missing().startswith("gfortran is not found. Install: apt install gfortran")


def test_the_compiler_is_asked_for_the_language_alone():
    command = " ".join(FORTRAN(dtype="float32").command())

    assert "-O3 -march=native" in command
    assert not any(option in command for option in ("fast", "blas", "stack-arrays", "associative"))


@needs_gfortran
@pytest.mark.parametrize("which", ["fortran_matmul", "fortran_loops", "the starter"])
def test_the_bits_do_not_hang_on_where_in_memory_a_network_lies(which, tmp_path):
    if which == "the starter":
        write_starter("first", "fortran", tmp_path)
    (kind,) = (
        read_folder(tmp_path / "first") if which == "the starter" else [{"fortran_loops": LOOPS}.get(which, FORTRAN)]
    )
    problem = replace(find_problem("nielsen"), n_train=N_TRAIN, layers=(49, 8, 10))
    start, order = problem.start_state(SEED), problem.order(SEED, 5, 1)
    alive, found = [], set()

    for k in range(40):
        implementation = kind(dtype="float32")
        implementation.load(problem, (IMAGES / 255).astype("float32"), LABELS)
        implementation.reset(start)
        implementation.train(order)
        found.add(implementation.params().digest())
        alive += [implementation, bytearray(16 * k + 8)] if k % 3 == 0 else []  # the next one lies elsewhere

    assert 1 == len(found)


FULL_BATCH = """
import resource, sys
from dataclasses import replace
import numpy as np
from paragone.implementation.registry import IMPLEMENTATIONS, read_folder
from paragone.task.mlp.problem_files import find_problem

implementation = next(read for read in read_folder(IMPLEMENTATIONS / "fortran_matmul") if read.name == sys.argv[2])
for dtype in ("float32", "float64"):
    problem = replace(find_problem(sys.argv[1]), n_train=60000, layers=(5, 30, 10))
    network = implementation(dtype=dtype)
    network.load(problem, np.zeros((60000, 5), dtype), np.zeros(60000, np.uint8))
    network.reset(problem.start_state(1))
    network.train(problem.order(1, 2, 60000))
    print(all(np.isfinite(W).all() for W in network.params().W), resource.getrlimit(resource.RLIMIT_STACK)[0])
"""


@needs_gfortran
@pytest.mark.skipif(sys.platform != "linux", reason="the stack of a process is limited in Linux's way")
@pytest.mark.parametrize("problem", shipped_names())
@pytest.mark.parametrize("name", ["fortran_matmul", "fortran_loops"])
def test_a_mini_batch_of_the_whole_training_set_fits_a_small_stack(problem, name):
    command = ["sh", "-c", 'ulimit -s 512; exec "$@"', "sh", sys.executable, "-c", FULL_BATCH, problem, name]
    answer = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)

    assert (answer.returncode, answer.stdout) == (0, "True 524288\n" * 2), answer.stderr
