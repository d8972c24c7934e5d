"""The same copies as benchmarks of pyperf: run as a script, by pyperf's own rules, one benchmark after the other.

What to measure stands in the environment, which pyperf hands to its workers:

    PARAGONE_SELFTEST   the folder of the copies, the problem, the dtype and the batch sizes, as JSON
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

SETTINGS = "PARAGONE_SELFTEST"
SAMPLE_SECONDS = 0.03  # of one call, as long as a sample of ours


def main() -> None:
    """Register a benchmark per copy and batch size; pyperf decides in which process which one runs."""
    import pyperf

    from paragone.implementation.registry import discover

    settings = json.loads(os.environ[SETTINGS])
    runner = pyperf.Runner(program_args=("-m", "paragone.selftest.in_pyperf"))
    folder = Path(settings["folder"])
    for found in discover(folder)[0]:
        if found.folder.parent == folder:
            for batch_size in settings["batch_sizes"]:
                benchmark = Trained(found.implementation, settings, batch_size)
                runner.bench_time_func(f"{found.name}-B{batch_size}", benchmark.seconds)


class Trained:
    """One copy at one batch size; it loads when it is first asked for a time, in the worker that measures it."""

    def __init__(self, implementation: Any, settings: dict[str, Any], batch_size: int) -> None:
        self.implementation, self.settings, self.batch_size = implementation, settings, batch_size
        self.loaded: Any = None

    def seconds(self, loops: int) -> float:
        """Return how long `loops` trainings over the same order take, resetting left out."""
        if self.loaded is None:
            self._load()
        elapsed = 0.0
        for _ in range(loops):
            self.loaded.reset(self.start)
            begin = time.perf_counter()
            self.loaded.train(self.order)
            elapsed += time.perf_counter() - begin
        return elapsed

    def _load(self) -> None:
        from paragone.implementation.contract import variants
        from paragone.task.mlp.data import find_data
        from paragone.task.mlp.problem_files import find_problem
        from paragone.worker.estimate import MOST_ESTIMATE_STEPS, estimate_step_seconds

        problem = find_problem(self.settings["problem"])
        data = find_data(None, lambda sentence: None)
        variant = next(v for v in variants(self.implementation) if v.dtype == self.settings["dtype"])
        self.loaded = variant.make()
        self.loaded.load(problem, *data.inputs(problem, variant.dtype))
        self.start = problem.start_state(1)

        def train(n_steps: int) -> None:
            self.loaded.reset(self.start)
            self.loaded.train(problem.order(1, n_steps, self.batch_size))

        step_seconds = estimate_step_seconds(train, MOST_ESTIMATE_STEPS, time.perf_counter_ns)
        self.order = problem.order(1, max(1, round(SAMPLE_SECONDS / step_seconds)), self.batch_size)


if __name__ == "__main__":
    main()
