"""Whether results are remembered: the inputs of a kernel's sample take turns, and each is new only once.

A sample calls a kernel many times on a few sets of inputs, so whoever keeps the results of the first calls does not
compute in the others, and whoever skips every second call on a set leaves what is right already. So a kernel is called
once on each of many new inputs, and then on the same inputs again, as often as a sample comes back to its own. Both
find the caches in the same state, and only what was never seen has to be computed. The fastest pass counts: noise only
lengthens them.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from paragone.errors import MeasurementFailed
from paragone.store.plan_records import Cell
from paragone.task.problem import Problem
from paragone.verify.inputs import SEED_BITS
from paragone.verify.time_account import TimeAccount
from paragone.worker.worker import Worker

# A pass over new inputs may take so many times as long as one over inputs that were seen, and so much longer besides:
# code, predictions of branches and the first write to a page.
MOST_TIMES, MOST_BESIDE_NS = 1.5, 100_000
# The samples of a round have fewer inputs, which nearer caches hold.
MOST_TIMES_OF_SAMPLES = 3.0
# So long is a pass to be: far longer than what lies around it, and short enough not to be interrupted often.
PASS_NS = 2_000_000
TRIALS = 5  # each on new inputs, with another number of passes between the first pass and the later ones
LATER_PASSES = 3
UNTIMED_NS = 50_000_000  # what the passes between may take
MOST_VISITS = 64
TRIES = 4  # what looks remembered is looked at again


@dataclass
class Fastest:
    """The shortest time of a call on inputs that are new, and on the same inputs again, in ns."""

    new: float = float("inf")
    again: float = float("inf")

    def is_remembered(self, n_calls: int, of_samples: float) -> bool:
        beside = MOST_BESIDE_NS / n_calls
        return self.new > MOST_TIMES * self.again + beside or self.new > MOST_TIMES_OF_SAMPLES * of_samples + beside


def refuse_remembered(worker: Worker, problem: Problem, cell: Cell, accounts: Sequence[TimeAccount]) -> None:
    """Raise MeasurementFailed where calls on new inputs take much longer than calls on inputs that come again."""
    n_taking_turns = problem.steps_on_new_inputs(cell.size)
    if n_taking_turns is None or cell.n_steps <= 2 * n_taking_turns or not accounts:
        return
    step_ns = min(each.timing.elapsed_ns / each.timing.n_steps for each in accounts)
    n_calls = problem.new_inputs(cell.size, int(PASS_NS / max(step_ns, 1.0)))
    most_visits = min(MOST_VISITS, cell.n_steps // n_taking_turns, max(1, int(UNTIMED_NS / (step_ns * n_calls))))
    fastest = Fastest()
    for _ in range(TRIES):
        for trial in range(TRIALS):
            _time_passes(worker, problem, cell.size, n_calls, int(most_visits ** (trial / (TRIALS - 1))), fastest)
        if not fastest.is_remembered(n_calls, step_ns):
            return
    raise MeasurementFailed(
        f"a call on inputs that it has not seen takes {fastest.new / 1e3:.3g} µs, on inputs that come again "
        f"{fastest.again / 1e3:.3g} µs, and {step_ns / 1e3:.3g} µs in samples, where they come again: it remembers "
        "results, or skips calls"
    )


def _time_passes(worker: Worker, problem: Problem, size: int, n_calls: int, n_between: int, fastest: Fastest) -> None:
    """Time a pass over new inputs, and some more after `n_between` others."""
    start = problem.draw_inputs(secrets.randbits(SEED_BITS), size, n_calls)
    worker.reset(start, n_calls * (1 + n_between + LATER_PASSES))
    fastest.new = min(fastest.new, worker.take_sample(_passes(n_calls, 1)).elapsed_ns / n_calls)
    worker.take_sample(_passes(n_calls, n_between))
    for _ in range(LATER_PASSES):
        fastest.again = min(fastest.again, worker.take_sample(_passes(n_calls, 1)).elapsed_ns / n_calls)


def _passes(n_inputs: int, n_passes: int) -> NDArray[np.int64]:
    """An order that visits each input once in every pass."""
    random = np.random.default_rng()
    rows = [random.permutation(n_inputs) for _ in range(n_passes)]
    return np.concatenate(rows).reshape(-1, 1).astype(np.int64)
