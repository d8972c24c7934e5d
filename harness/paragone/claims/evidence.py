"""Sources of evidence for claims: the finished runs, and a new run of just the cells that are still missing."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from msgspec import structs

from paragone import METHOD_VERSION
from paragone.analyse.results import Results
from paragone.claims.claim import EPOCH, Claim
from paragone.claims.judge_claims import CANNOT_RUN, CANNOT_TELL, OF_RUNS, JudgedClaim, RunEvidence, judge_by_profile
from paragone.errors import ResultsUnusable
from paragone.implementation.registry import Registered, Unusable, find_variant
from paragone.implementation.variant import Variant
from paragone.machine import environment
from paragone.machine.environment_record import Environment
from paragone.measure.bench import Bench
from paragone.measure.profile import Profile
from paragone.plan.request import QUICK_ROUNDS, Request
from paragone.store.plan_records import FEWEST_LAUNCHES, ProfilePlan
from paragone.store.reader import read_environment, read_plan, read_profile_plan, read_run, read_table
from paragone.store.records import Outcome, Pair
from paragone.store.runs import is_finished, profile_folders, run_folders
from paragone.task.problem import Data
from paragone.verify.display import Display
from paragone.verify.pilot import OpenLimitedWorker, open_worker
from paragone.worker.budgets import STANDARD, Budgets

Judge = Callable[[Claim], JudgedClaim | None]  # None: the run says nothing about the claim

# Rounds within each launch of a profile. Few suffice, because the interval is formed over launches.
PROFILE_ROUNDS = 5


@dataclass(frozen=True)
class EvidenceSources:
    """What claims are judged by: the finished runs and profiles in `results`, and new measurements."""

    everyone: Sequence[Registered]
    broken: Sequence[Unusable]
    data: Data
    results: Path
    command: str
    display: Display
    quick: bool = False
    seed: int = 1
    time_limit_s: float = 120.0
    plugins: tuple[str, ...] = ()
    memory_limit_bytes: int | None = None  # as in a request
    budgets: Budgets = STANDARD
    open_worker: OpenLimitedWorker = open_worker

    def from_finished_runs(self, claims: Iterable[Claim]) -> dict[str, JudgedClaim]:
        """Verdicts by claim id, each from the latest finished run of this machine, data and code that has one."""
        found: dict[str, JudgedClaim] = {}
        claims = list(claims)
        for judge in self._judges():
            for claim in claims:
                if claim.id not in found and (judged := judge(claim)) and judged.verdict != CANNOT_RUN:
                    found[claim.id] = judged
            if len(found) == len(claims):
                break
        return found

    def measure(self, claims: Sequence[Claim]) -> tuple[dict[str, JudgedClaim], bool]:
        """Measure the cells of these claims; return the verdicts by id, and whether the measurement was finished.

        Ctrl-C interrupts it. Finished samples are kept; the same command resumes.
        """
        runs = [claim for claim in claims if claim.quantity in OF_RUNS]
        phases = [claim for claim in claims if claim not in runs]
        found: dict[str, JudgedClaim] = {}
        finished = True
        if runs:
            folder, finished = self._bench(runs).run()
            found |= _by_id(RunEvidence(Results(read_run(folder))).judge(claim) for claim in runs)
        if phases and finished:
            folder, finished = self._profile(phases).run()
            found |= _by_id(_judge_by_profile_in(folder)(claim) for claim in phases)
        for claim in claims:
            why = "nothing was measured of one of its cells" if finished else "interrupted before it was measured"
            found.setdefault(claim.id, JudgedClaim(claim, CANNOT_TELL, why))
        return found, finished

    def _bench(self, claims: Sequence[Claim]) -> Bench:
        request = structs.replace(
            self._request(claims),
            rounds=QUICK_ROUNDS if self.quick else None,
            evaluated=tuple(sorted({_problem_name(claim) for claim in claims if claim.quantity == EPOCH})),
        )
        given = {problem.name: problem.name for problem in request.problems}
        places = self.data, self.results, self.command, self.display
        return Bench(request, self.everyone, self.broken, *places, given, open_worker=self.open_worker)

    def _profile(self, claims: Sequence[Claim]) -> Profile:
        request = structs.replace(self._request(claims), rounds=PROFILE_ROUNDS)
        places = self.data, self.results, self.command, self.display
        return Profile(request, self.everyone, *places, self.open_worker)

    def _request(self, claims: Sequence[Claim]) -> Request:
        """A request for exactly the cells of these claims; the plan adds the baselines."""
        cells = sorted({cell for claim in claims for cell in cells_of(claim)})
        variants = [self._variant(name) for _, name, _, _ in cells]
        problems = {claim.problem.name: claim.problem for claim in claims if claim.problem}
        return Request(
            problems=tuple(problems[name] for name in sorted(problems)),
            baseline=next(iter(problems.values())).baseline,
            implementations=tuple(sorted({variant.implementation.name for variant in variants})),
            dtypes=tuple(sorted({variant.dtype for variant in variants})),
            threads=tuple(sorted({threads for _, _, threads, _ in cells})),
            launches=1 if self.quick else FEWEST_LAUNCHES,
            seed=self.seed,
            slow=True,  # the claim names its cells, however long a step takes
            quick=self.quick,
            memory=False,
            curves=False,
            time_limit_s=self.time_limit_s,
            memory_limit_bytes=self.memory_limit_bytes,
            plugins=self.plugins,
            only=tuple(cells),
            budgets=self.budgets,
        )

    def _variant(self, name: str) -> Variant:
        return find_variant(self.everyone, name)

    def _judges(self) -> Iterator[Judge]:
        """Yield a judge for each suitable run, then for each suitable profile, the latest first."""
        kinds = (
            (run_folders, read_plan, _judge_by_run_in),
            (profile_folders, read_profile_plan, _judge_by_profile_in),
        )
        for folders, read, judge_in in kinds:
            for folder in reversed(folders(self.results)):
                if self._is_suitable(folder, read):
                    try:
                        judge = self._with_same_code(read(folder).identity, judge_in(folder))
                    except ResultsUnusable:  # damaged behind its plan: no evidence
                        continue
                    yield judge

    def _is_suitable(self, folder: Path, read: Callable[[Path], ProfilePlan]) -> bool:
        """The run is finished, has enough launches, and was made by this machine, data and harness."""
        try:
            plan, described = read(folder), read_environment(folder)
            return (
                is_finished(folder)
                and plan.method_version == METHOD_VERSION
                and (self.quick or plan.launches >= FEWEST_LAUNCHES)
                and plan.data.sha256 == self.data.sha256
                and described.revision.source_hash == self._described.revision.source_hash
                and _machine(described) == _machine(self._described)
            )
        except ResultsUnusable:  # written by another version, or damaged
            return False

    @cached_property
    def _described(self) -> Environment:
        return environment.describe()

    def _with_same_code(self, identity: Mapping[str, Any], judge: Judge) -> Judge:
        """The judge, limited to claims with a ratio whose implementations have not changed since the run."""
        sources = {found.name: found for found in self.everyone}

        def judge_same_code(claim: Claim) -> JudgedClaim | None:
            judged = judge(claim)
            if judged is None or math.isnan(judged.ratio):  # without a ratio: measure again
                return None
            names = [name.partition("[")[0] for name in (judged.variant, judged.than)]
            same = all(identity.get(f"source of {name}") == sources[name].source_hash() for name in names)
            return judged if same else None

        return judge_same_code


def cells_of(claim: Claim) -> Iterator[tuple[str, str, int, int]]:
    """Yield (problem, variant, threads, size) of the two cells; the claim has one variant on each side."""
    for names, size in ((claim.variant, claim.size), (claim.than, claim.than_size)):
        yield _problem_name(claim), names[0], claim.threads, size


def _problem_name(claim: Claim) -> str:
    assert claim.problem is not None
    return claim.problem.name


def _machine(described: Environment) -> str:
    """The machine's fingerprint without the implementations' own Python environments: those belong to the code."""
    return environment.machine_fingerprint(structs.replace(described, own_environments={}))


def _judge_by_run_in(folder: Path) -> Judge:
    return RunEvidence(Results(read_run(folder))).judge


def _judge_by_profile_in(folder: Path) -> Judge:
    """A judge that ignores every cell that failed in any round."""
    plan, outcomes = read_profile_plan(folder), read_table(folder, Outcome)
    failed = {(row.problem, row.variant, row.size) for row in outcomes if row.status == "failed"}
    pairs = [
        row
        for row in read_table(folder, Pair)
        if not failed & {(row.problem, row.variant, size) for size in (None, row.size)}
    ]
    return lambda claim: None if claim.quantity in OF_RUNS else judge_by_profile(plan, pairs, claim)


def _by_id(judged_claims: Iterable[JudgedClaim | None]) -> dict[str, JudgedClaim]:
    return {judged.claim.id: judged for judged in judged_claims if judged}
