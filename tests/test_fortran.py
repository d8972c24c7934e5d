"""What is Fortran's own: stacks, signs, kinds of real, and no compiler at all."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from harness.registry import IMPLEMENTATIONS, PROJECT, read_folder
from harness.starter import write_starter
from harness.state import State
from harness.workloads import find_problem, shipped_names

N_TRAIN = 60
SEED = 3

(FORTRAN,) = read_folder(IMPLEMENTATIONS / "fortran_matmul")
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
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_weight_of_zero_has_no_sign(dtype):
    """Fortran's sign(1, 0) is 1; the penalty's is 0: a step with λ₁ and one without differ by −η λ₁ sign(W)."""
    problem = replace(find_problem("mlp4"), n_train=N_TRAIN, layers=(49, 8, 10), learning_rate=((1, 0.5),), l1=0.125)
    start = problem.start_state(SEED)
    W = tuple(np.where(np.arange(W_l.shape[1]) % 2, W_l, 0.0) for W_l in start.W)
    state = State(W, start.b, start.dW, start.db, start.step)

    with_penalty, without = (stepped(replace(problem, l1=l1), state, dtype) for l1 in (problem.l1, 0.0))

    for W_l, penalised, plain in zip(W, with_penalty.W, without.W, strict=True):
        assert np.any(W_l == 0)
        np.testing.assert_allclose(penalised - plain, -0.5 * 0.125 * np.sign(W_l), rtol=0, atol=1e-5)


@needs_gfortran
@pytest.mark.parametrize("which", ["fortran_matmul", "the starter"])
def test_the_bits_do_not_hang_on_where_in_memory_a_network_lies(which, tmp_path):
    if which == "the starter":
        write_starter("first", "fortran", tmp_path)
    (kind,) = [FORTRAN] if which == "fortran_matmul" else read_folder(tmp_path / "first")
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


def stepped(problem, state, dtype):
    implementation = FORTRAN(dtype=dtype)
    implementation.load(problem, (IMAGES / 255).astype(dtype), LABELS)
    implementation.reset(state)
    implementation.train(problem.order(SEED, 1, 10))
    return implementation.params()


FULL_BATCH = """
import resource, sys
from dataclasses import replace
import numpy as np
from harness.registry import IMPLEMENTATIONS, read_folder
from harness.workloads import find_problem

(implementation,) = read_folder(IMPLEMENTATIONS / "fortran_matmul")
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
@pytest.mark.parametrize("workload", shipped_names())
def test_a_mini_batch_of_the_whole_training_set_fits_a_small_stack(workload):
    command = ["sh", "-c", 'ulimit -s 512; exec "$@"', "sh", sys.executable, "-c", FULL_BATCH, workload]
    answer = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)

    assert (answer.returncode, answer.stdout) == (0, "True 524288\n" * 2), answer.stderr
