"""Whether results are remembered: the inputs of a kernel's sample take turns, and each is new only once.

A sample calls a kernel many times on a few sets of inputs, so whoever keeps the results of the first calls does not
compute in the others. Such a sample is compared with short ones, in which every input is new.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from msgspec.structs import replace

from paragone.errors import MeasurementFailed
from paragone.store.plan_records import Cell
from paragone.task.problem import Problem
from paragone.verify.inputs import RoundInputs
from paragone.verify.time_account import TimeAccount, see_sample
from paragone.worker.worker import Worker

# The first calls of a sample may take so many times as long as the others, and so much longer all together: inputs,
# code and predictions of branches are not in the caches yet.
MOST_TIMES, MOST_BESIDE_NS = 3.0, 200_000
SHORT_SAMPLES = 5  # the fastest counts: noise only lengthens them


def refuse_remembered(worker: Worker, problem: Problem, cell: Cell, accounts: Sequence[TimeAccount]) -> None:
    """Raise MeasurementFailed where calls on new inputs take much longer than those of the samples of a cell."""
    n_new = problem.steps_on_new_inputs(cell.size)
    if n_new is None or cell.n_steps <= 2 * n_new or not accounts:
        return
    step_ns = median(each.timing.elapsed_ns / each.timing.n_steps for each in accounts)
    short = replace(cell, n_steps=n_new)
    new_ns = min(_short_sample_ns(worker, problem, short) for _ in range(SHORT_SAMPLES))
    if new_ns > MOST_TIMES * n_new * step_ns + MOST_BESIDE_NS:
        raise MeasurementFailed(
            f"a call on inputs that it has not seen takes {new_ns / n_new / 1e3:.3g} µs, and {step_ns / 1e3:.3g} µs in "
            "samples, where inputs come again: it remembers results"
        )


def _short_sample_ns(worker: Worker, problem: Problem, cell: Cell) -> int:
    input_ = RoundInputs([cell], {problem.name: problem}).of(cell)
    return see_sample(worker, input_, cell, cell.prefix_steps).account.timing.elapsed_ns
