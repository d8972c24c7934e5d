"""A pyperf script: a benchmark for each copy and batch size.

pyperf starts this script again in each of its worker processes and hands on the environment. So the settings stand in
the variable PARAGONE_SELFTEST: the folder of the copies, the problem, the dtype and the batch sizes, as JSON.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

SETTINGS = "PARAGONE_SELFTEST"
SAMPLE_SECONDS = 0.03  # as long as our own samples


def main() -> None:
    """Register the benchmarks; pyperf decides which of them runs in which process."""
    import pyperf

    from paragone.implementation.importing import read_folder
    from paragone.implementation.plugins import locations_in

    settings = json.loads(os.environ[SETTINGS])
    runner = pyperf.Runner(program_args=("-m", "paragone.selftest.pyperf_script"))
    folder = Path(settings["folder"])
    for copy in [copy for location in locations_in(folder) for copy in read_folder(location.folder)]:
        for size in settings["sizes"]:
            benchmark = TrainingBenchmark(copy, settings, size)
            runner.bench_time_func(f"{copy.name}-B{size}", benchmark.seconds)


class TrainingBenchmark:
    """One copy at one batch size, loaded on first use: only in the worker that measures it."""

    def __init__(self, implementation: Any, settings: dict[str, Any], size: int) -> None:
        self.implementation, self.settings, self.size = implementation, settings, size
        self.loaded: Any = None

    def seconds(self, loops: int) -> float:
        """Seconds of `loops` trainings over the same order; resetting is not timed."""
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
        from paragone.task.mlp.data import find_data
        from paragone.task.mlp.fitting import fitted
        from paragone.task.mlp.problem_files import find_problem
        from paragone.worker.estimate import MOST_ESTIMATE_STEPS, estimate_step_seconds

        data = find_data(None, lambda sentence: None)
        problem = fitted(find_problem(self.settings["problem"]), data)
        dtype = self.settings["dtype"]
        axis = {name: values[0] for name, values in self.implementation.axes.items()} | {"dtype": dtype}
        self.loaded = self.implementation(**axis)
        self.loaded.load(problem, *data.inputs(problem, dtype))
        self.start = problem.start_state(1)

        def train(n_steps: int) -> None:
            self.loaded.reset(self.start)
            self.loaded.train(problem.order(1, n_steps, self.size))

        step_seconds = estimate_step_seconds(train, MOST_ESTIMATE_STEPS, time.perf_counter_ns)
        self.order = problem.order(1, max(1, round(SAMPLE_SECONDS / step_seconds)), self.size)


if __name__ == "__main__":
    main()
