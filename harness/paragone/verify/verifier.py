"""The verifier: hands a worker's results to the checks of its problem's family."""

from __future__ import annotations

from pathlib import Path

from paragone.files.paths import cache_folder
from paragone.machine.threads import one_blas_thread
from paragone.plan.cells import Contender
from paragone.task.check_result import CheckResult
from paragone.task.checks import Checks
from paragone.task.families import family_of
from paragone.task.problem import Data
from paragone.task.sample_input import SampleInput
from paragone.verify.seen_sample import SampleSeen
from paragone.worker.worker import Worker


class Verifier:
    """Checks workers against the references of a run. A worker has loaded the problem of its contender."""

    def __init__(self, data: Data, seed: int, cache: Path | None = None) -> None:
        self.data, self.seed = data, seed
        self.cache = (cache or cache_folder()) / "reference"
        self._checks: dict[str, Checks] = {}

    @one_blas_thread()
    def check_first_steps(self, worker: Worker, contender: Contender, size: int, max_steps: int) -> CheckResult:
        return self._of(contender).check_first_steps(worker.train, contender.candidate, size, max_steps)

    @one_blas_thread()
    def check_data(
        self, worker: Worker, contender: Contender, seconds: float, work_seconds: float
    ) -> CheckResult | None:
        return self._of(contender).check_data(worker.train, contender.candidate, seconds, work_seconds)

    def check_form(self, contender: Contender, input_: SampleInput, seen: SampleSeen) -> CheckResult:
        return self._of(contender).check_form(contender.candidate, input_, seen.result)

    @one_blas_thread()
    def check_whole_sample(
        self, worker: Worker, contender: Contender, input_: SampleInput, seen: SampleSeen
    ) -> CheckResult:
        return self._of(contender).check_whole_sample(worker.train, contender.candidate, input_, seen.result)

    @one_blas_thread()
    def check_sample(self, worker: Worker, contender: Contender, input_: SampleInput, seen: SampleSeen) -> CheckResult:
        return self._of(contender).check_sample(worker.train, contender.candidate, input_, seen.result)

    def _of(self, contender: Contender) -> Checks:
        """The checks of the contender's family, the same for all its problems: they share what the reference gave."""
        problem = contender.problem
        if problem.family not in self._checks:
            self._checks[problem.family] = family_of(problem).checks(self.data, self.seed, self.cache)
        return self._checks[problem.family]
