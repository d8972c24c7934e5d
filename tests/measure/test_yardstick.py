"""Yardsticks: what they compute, whose place they take, and how their steps are timed."""

import numpy as np
import pytest
from everyone import EVERYONE as FOUND
from in_process import ScriptedWorker

from paragone.implementation.importing import instance_of
from paragone.implementation.registry import find_variant
from paragone.measure.yardstick import in_place_of, problem_of, step_seconds
from paragone.plan.cells import Contender
from paragone.task.mlp.problem_files import find_problem
from paragone.worker.commands import Reset, TakeSample
from paragone.worker.replies import Timing

NIELSEN = find_problem("nielsen")
ROWS = Contender(NIELSEN, FOUND[0], find_variant(FOUND, "numpy_rows[dtype=float32]"), 2)


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        *(("product", "numpy_matmul"), ("read", "numpy_dot"), ("cache", "numpy_cached_dot")),
        *(("exp", "numpy_exp"), ("gather", "numpy_take")),
    ],
)
def test_the_kernels_of_limits_and_parts_compute_what_their_reference_says(folder, name):
    problem = problem_of(folder)
    size = 64
    kernel = instance_of(in_place_of(ROWS, folder, name).variant)
    kernel.load(problem)
    kernel.reset(problem.draw_start(1, size))
    kernel.train(np.zeros((1, 1), np.int64))

    expected = problem.reference.outputs({}, problem.spec, size)
    found = kernel.params().arrays
    assert expected.keys() <= found.keys()
    assert all(found[array][0] == pytest.approx(numbers, rel=1e-6) for array, numbers in expected.items())


def test_each_call_that_gathers_takes_other_rows():
    kernel = instance_of(in_place_of(ROWS, "gather", "numpy_take").variant)
    kernel.load(problem_of("gather"))
    kernel.reset(kernel.problem.draw_start(1, 64))
    numbers, _ = kernel.workspace
    numbers[:] = np.arange(len(numbers))[:, None]
    X, taken = np.empty((64, 784), np.float32), set()
    for _ in range(2):
        kernel.run(X, kernel.workspace)
        taken |= {*X[:, 0].tolist()}

    assert len(taken) > 1.9 * 64
    assert numbers.nbytes > 100e6


def test_a_yardstick_of_networks_has_the_contenders_problem_dtype_and_threads():
    found = in_place_of(ROWS, "step_products", "step_products")

    assert (found.problem, found.variant.name, found.threads) == (NIELSEN, "step_products[dtype=float32]", 2)


def test_a_kernel_without_the_contenders_dtype_has_its_own():
    found = in_place_of(ROWS, "read", "numpy_dot")

    assert (found.problem.name, found.variant.name) == ("read", "numpy_dot[dtype=float64]")


class Clocked(ScriptedWorker):
    """A worker whose samples take so many milliseconds a step, one after the other."""

    problem = NIELSEN

    def __init__(self, *step_ms):
        super().__init__()
        self.step_ms, self.steps = list(step_ms), []

    def call_with_arrays(self, command, arrays=None):
        self.commands.append(command)
        if isinstance(command, TakeSample):
            n_steps = len(arrays["order"])
            self.steps.append(n_steps)
            elapsed_ns = round(self.step_ms.pop(0) * n_steps * 1e6)
            return Timing(n_steps=n_steps, elapsed_ns=elapsed_ns, runner_ns=None, cpu_ns=0), {}
        return None, {}


def test_a_step_is_the_median_of_samples_and_what_comes_before_them_does_not_count():
    worker = Clocked(900, 2, 3, 1, 50)

    assert step_seconds(worker, 10, 1, 3, 0.02) == pytest.approx(3e-3)
    assert worker.steps == [1, 1, 10, 10, 10]
    assert [type(command) for command in worker.commands[:2]] == [Reset, TakeSample]


def test_a_step_longer_than_a_sample_is_timed_alone():
    worker = Clocked(*[100] * 4)

    assert step_seconds(worker, 10, 1, 2, 0.02) == pytest.approx(0.1)
    assert worker.steps == [1, 1, 1, 1]
