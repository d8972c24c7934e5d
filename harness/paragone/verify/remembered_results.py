"""Whether results are remembered: the inputs of a kernel's sample take turns, and each is new only once.

A sample calls a kernel many times on a few sets of inputs, so whoever keeps the results of the first calls does not
compute in the others, and whoever skips every second call on a set leaves what is right already. So a kernel is called
once on each of many new inputs, and then on the same inputs again, as often as a sample comes back to its own. Both
take as much memory, and only what was never seen has to be computed. Who keeps the results of a few inputs alone is
found by a train in which a few come again and again, then others. The fastest counts: noise only lengthens.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from paragone.errors import MeasurementFailed
from paragone.store.plan_records import Cell
from paragone.task.problem import NamedArrays, Problem
from paragone.verify.inputs import SEED_BITS
from paragone.verify.time_account import TimeAccount
from paragone.worker.worker import Worker

# A call on a new input may take so many times as long as one on an input that was seen, or on one of a few that take
# turns, or as one in samples: there a processor learns the branches of a sort by heart (4 times at n = 100).
MOST_TIMES, MOST_TIMES_IN_TURNS, MOST_TIMES_OF_SAMPLES = 1.5, 3.0, 10.0
# And so much longer besides: a pass, for code that is not in the caches yet; a call, for the objects around its arrays;
# and for each byte of these.
MOST_BESIDE_A_PASS_NS, MOST_BESIDE_A_CALL_NS, MOST_NS_PER_BYTE = 100_000, 1_000, 0.1
VISITS_IN_TURNS = 8
# So long is a pass to be: far longer than what lies around it, and short enough not to be interrupted often.
PASS_NS = 2_000_000
TRIALS = 5  # each on new inputs, with another number of passes between the first pass and the later ones
LATER_PASSES = 3
UNTIMED_NS = 50_000_000  # what the passes between may take
MOST_VISITS = 64
TRIES = 8  # what looks remembered is looked at again: more trials let the fastest of an honest call come out


@dataclass
class Fastest:
    """The shortest time of a call in ns, on inputs that are new, that come again, and that take turns."""

    of_samples: float
    beside: float  # what it may take longer on a new input
    new: float = float("inf")
    again: float = float("inf")
    in_turns: float = float("inf")

    @property
    def shows_memory(self) -> bool:
        times = MOST_TIMES * self.again, MOST_TIMES_IN_TURNS * self.in_turns, MOST_TIMES_OF_SAMPLES * self.of_samples
        return self.new > min(times) + self.beside


def refuse_remembered(worker: Worker, problem: Problem, cell: Cell, accounts: Sequence[TimeAccount]) -> None:
    """Raise MeasurementFailed where calls on new inputs take much longer than calls on inputs that come again."""
    n_taking_turns = problem.steps_on_new_inputs(cell.size)
    if n_taking_turns is None or cell.n_steps <= 2 * n_taking_turns or not accounts:
        return
    step_ns = min(each.timing.elapsed_ns / each.timing.n_steps for each in accounts)
    n_calls = problem.new_inputs(cell.size, int(PASS_NS / max(step_ns, 1.0)))
    most_visits = min(MOST_VISITS, cell.n_steps // n_taking_turns, max(1, int(UNTIMED_NS / (step_ns * n_calls))))
    beside = MOST_BESIDE_A_PASS_NS / n_calls + MOST_BESIDE_A_CALL_NS
    fastest = Fastest(step_ns, beside + MOST_NS_PER_BYTE * problem.bytes_of_a_call(cell.size))
    trials = Trials(worker, problem, cell.size, n_calls, n_taking_turns)
    for _ in range(TRIES):
        for trial in range(TRIALS):
            trials.time_trial(int(most_visits ** (trial / (TRIALS - 1))), fastest)
        if not fastest.shows_memory:
            return
    raise MeasurementFailed(
        f"a call on inputs that it has not seen takes {fastest.new / 1e3:.3g} µs, on inputs that come again "
        f"{fastest.again / 1e3:.3g} µs, and {step_ns / 1e3:.3g} µs in samples, where they come again: it remembers "
        "results, or skips calls"
    )


@dataclass
class Trials:
    """Trains on `n_calls` new inputs at a time."""

    worker: Worker
    problem: Problem
    size: int
    n_calls: int
    n_taking_turns: int

    def time_trial(self, n_between: int, fastest: Fastest) -> None:
        """Time calls on inputs that take turns; then a pass over others, all new, and some more after `n_between`.

        All are drawn before: no pass follows a longer wait than another, in which the CPU sleeps and its caches are
        used by others, and the code of the call is as warm for new inputs as for those that come again.
        """
        taking_turns, passed_over = (self._drawn() for _ in range(2))
        self._time_turns(taking_turns, fastest)
        self._time_passes(passed_over, n_between, fastest)

    def _time_turns(self, start: NamedArrays, fastest: Fastest) -> None:
        """Time a train over new inputs, of which a few come again and again, then the next few."""
        self.worker.reset(start, self.n_calls * VISITS_IN_TURNS)
        few = np.array_split(np.arange(self.n_calls), max(1, self.n_calls // self.n_taking_turns))
        order = np.concatenate([_visits(inputs, VISITS_IN_TURNS) for inputs in few])
        fastest.in_turns = min(fastest.in_turns, self._call_ns(order))

    def _time_passes(self, start: NamedArrays, n_between: int, fastest: Fastest) -> None:
        """Time a pass over new inputs, and some more after `n_between` others."""
        self.worker.reset(start, self.n_calls * (1 + n_between + LATER_PASSES))
        inputs = np.arange(self.n_calls)
        fastest.new = min(fastest.new, self._call_ns(_visits(inputs, 1)))
        self._call_ns(_visits(inputs, n_between))
        for _ in range(LATER_PASSES):
            fastest.again = min(fastest.again, self._call_ns(_visits(inputs, 1)))

    def _drawn(self) -> NamedArrays:
        return self.problem.draw_inputs(secrets.randbits(SEED_BITS), self.size, self.n_calls)

    def _call_ns(self, order: NDArray[np.int64]) -> float:
        return self.worker.take_sample(order).elapsed_ns / len(order)


def _visits(inputs: NDArray[np.int64], n_visits: int) -> NDArray[np.int64]:
    """An order that visits each input so often, all of them before one comes again."""
    random = np.random.default_rng()
    rows = np.tile(inputs.astype(np.int64), (n_visits, 1))
    return random.permuted(rows, axis=1).reshape(-1, 1)
