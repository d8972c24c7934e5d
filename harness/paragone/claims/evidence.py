"""From claims to findings: what finished runs already say, and a run of just the cells that are still missing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from msgspec import structs

from paragone import METHOD_VERSION
from paragone.analyse.results import Results
from paragone.claims.claim import EPOCH, TRAIN, Claim
from paragone.claims.judge_claims import CANNOT_RUN, CANNOT_TELL, Finding, RunEvidence, settle_profile
from paragone.errors import InvalidClaims, Misuse, ResultsUnusable
from paragone.implementation.contract import Variant
from paragone.implementation.declaration import unavailable_reason
from paragone.implementation.registry import Registered, Unusable, find_variant
from paragone.machine import environment
from paragone.measure.bench import Bench
from paragone.measure.profile import Profile
from paragone.plan.request import QUICK_ROUNDS, Request
from paragone.store.plan_records import FEWEST_LAUNCHES, ProfilePlan
from paragone.store.records import Outcome, Pair
from paragone.store.run_folder import read_environment, read_plan, read_profile_plan, read_run, read_table
from paragone.store.runs import is_finished, profile_folders, run_folders
from paragone.task.mlp.data import DataSet
from paragone.verify.pilot import Display

# Rounds within each launch of a profile: what an interval is formed over are the launches.
PROFILE_ROUNDS = 5


def resolved(claim: Claim, everyone: Sequence[Registered]) -> Claim:
    """Return the claim with the full names of its variants. Raises InvalidClaims with the claim and the key."""
    names: dict[str, tuple[str, ...]] = {}
    for key in ("variant", "than"):
        try:
            names[key] = tuple(find_variant(everyone, name).name for name in getattr(claim, key))
        except Misuse as error:
            raise InvalidClaims(f"claim {claim.id}: {key}: {error}") from None
    return replace(claim, **names)  # type: ignore[arg-type]  # both are tuples of names


def reason_against_claim(claim: Claim, everyone: Sequence[Registered]) -> str:
    """Return why a claim cannot be tested on this machine; "" where it can."""
    if claim.cannot:
        return claim.cannot
    reasons = [_reason_against_all(claim, names, everyone) for names in (claim.variant, claim.than)]
    return "; ".join(filter(None, reasons))


def runnable(claim: Claim, everyone: Sequence[Registered]) -> Claim:
    """Return the claim with the first of its variants, on either side, that can run here."""
    chosen = {
        key: tuple(name for name in getattr(claim, key) if not _reason_against(claim, name, everyone))[:1]
        for key in ("variant", "than")
    }
    return replace(claim, **chosen)  # type: ignore[arg-type]


def _reason_against_all(claim: Claim, names: Sequence[str], everyone: Sequence[Registered]) -> str:
    """Return why none of the variants can run here, "" where one can."""
    reasons = [_reason_against(claim, name, everyone) for name in names]
    return "; ".join(f"{name}: {reason}" for name, reason in zip(names, reasons, strict=True)) if all(reasons) else ""


def _reason_against(claim: Claim, name: str, everyone: Sequence[Registered]) -> str:
    implementation = find_variant(everyone, name).implementation
    if reason := unavailable_reason(implementation, claim.problem):
        return reason
    if claim.quantity == EPOCH and not implementation.predicts:
        return "it has no `predict`, by which the test set could be evaluated"
    if claim.quantity not in (TRAIN, EPOCH):
        return implementation.hides_phases() or ""
    return ""


@dataclass(frozen=True)
class Evidence:
    """Where findings come from: the finished runs in `results`, and what is measured for those that lack one."""

    everyone: Sequence[Registered]
    broken: Sequence[Unusable]
    data: DataSet
    results: Path
    command: str
    display: Display
    quick: bool = False
    seed: int = 1
    time_limit_s: float = 120.0
    plugins: tuple[str, ...] = ()
    memory_limit_bytes: int | None = None  # as in a request

    def recorded(self, claims: Iterable[Claim]) -> dict[str, Finding]:
        """Return what finished runs of this machine, data and code say, the latest first, by the claim's id."""
        findings: dict[str, Finding] = {}
        claims = list(claims)
        for settle in self._witnesses():
            for claim in claims:
                if claim.id not in findings and (finding := settle(claim)) and finding.verdict != CANNOT_RUN:
                    findings[claim.id] = finding
            if len(findings) == len(claims):
                break
        return findings

    def measure(self, claims: Sequence[Claim]) -> tuple[dict[str, Finding], bool]:
        """Measure the cells of these claims; return what comes out by id, and whether all was measured.

        Ctrl-C ends it; what was measured is kept, and the same command goes on.
        """
        runs = [claim for claim in claims if claim.quantity in (TRAIN, EPOCH)]
        phases = [claim for claim in claims if claim not in runs]
        findings: dict[str, Finding] = {}
        finished = True
        if runs:
            folder, finished = self._bench(runs).run()
            findings |= _by_id(RunEvidence(Results(read_run(folder))).settle(claim) for claim in runs)
        if phases and finished:
            folder, finished = self._profile(phases).run()
            findings |= _by_id(_profile_settles(folder)(claim) for claim in phases)
        for claim in claims:
            why = "nothing was measured of one of its cells" if finished else "interrupted before it was measured"
            findings.setdefault(claim.id, Finding(claim, CANNOT_TELL, why))
        return findings, finished

    def _bench(self, claims: Sequence[Claim]) -> Bench:
        request = structs.replace(
            self._request(claims),
            rounds=QUICK_ROUNDS if self.quick else None,
            evaluated=tuple(sorted({_problem_name(claim) for claim in claims if claim.quantity == EPOCH})),
        )
        given = {problem.name: problem.name for problem in request.problems}
        return Bench(request, self.everyone, self.broken, self.data, self.results, self.command, self.display, given)

    def _profile(self, claims: Sequence[Claim]) -> Profile:
        request = structs.replace(self._request(claims), rounds=PROFILE_ROUNDS)
        return Profile(request, self.everyone, self.data, self.results, self.command, self.display)

    def _request(self, claims: Sequence[Claim]) -> Request:
        """Return a request of the cells of these claims and no others; the baselines come by themselves."""
        cells = sorted({cell for claim in claims for cell in cells_of(claim)})
        variants = [self._variant(name) for _, name, _, _ in cells]
        problems = {claim.problem.name: claim.problem for claim in claims if claim.problem}
        return Request(
            problems=tuple(problems[name] for name in sorted(problems)),
            implementations=tuple(sorted({variant.implementation.name for variant in variants})),
            dtypes=tuple(sorted({variant.dtype for variant in variants})),
            threads=tuple(sorted({threads for _, _, threads, _ in cells})),
            launches=1 if self.quick else FEWEST_LAUNCHES,
            seed=self.seed,
            slow=True,  # a claim names its cells, whatever they take
            quick=self.quick,
            memory=False,
            curves=False,
            time_limit_s=self.time_limit_s,
            memory_limit_bytes=self.memory_limit_bytes,
            plugins=self.plugins,
            only=tuple(cells),
        )

    def _variant(self, name: str) -> Variant:
        return find_variant(self.everyone, name)

    def _witnesses(self) -> Iterator[Callable[[Claim], Finding | None]]:
        """Yield for each suitable run, then each suitable profile, the latest first, how it settles a claim."""
        kinds = ((run_folders, read_plan, _run_settles), (profile_folders, read_profile_plan, _profile_settles))
        for folders, read, settles in kinds:
            for folder in reversed(folders(self.results)):
                if self._is_suitable(folder, read):
                    try:
                        witness = self._with_same_code(read(folder).identity, settles(folder))
                    except ResultsUnusable:  # damaged behind its plan: no evidence
                        continue
                    yield witness

    def _is_suitable(self, folder: Path, read: Callable[[Path], ProfilePlan]) -> bool:
        """Return whether a run came to its end, has launches enough, and is of this machine, data and harness."""
        try:
            plan, described = read(folder), read_environment(folder)
            return (
                is_finished(folder)
                and plan.method_version == METHOD_VERSION
                and (self.quick or plan.launches >= FEWEST_LAUNCHES)
                and plan.data.sha256 == self.data.sha256
                and described["revision"]["source_hash"] == self._described["revision"]["source_hash"]
                and _machine(described) == _machine(self._described)
            )
        except (ResultsUnusable, KeyError, TypeError, AttributeError):  # of another version, or damaged: no evidence
            return False

    @cached_property
    def _described(self) -> Mapping[str, Any]:
        return environment.describe()

    def _with_same_code(
        self, identity: Mapping[str, Any], settle: Callable[[Claim], Finding | None]
    ) -> Callable[[Claim], Finding | None]:
        """Return `settle` for claims whose implementations are as they were, and that say something."""
        sources = {found.name: found for found in self.everyone}

        def settle_of_same_code(claim: Claim) -> Finding | None:
            finding = settle(claim)
            if finding is None or finding.ratio != finding.ratio:  # without a ratio it is worth another try
                return None
            names = [name.partition("[")[0] for name in (finding.variant, finding.than)]
            same = all(identity.get(f"source of {name}") == sources[name].source_hash() for name in names)
            return finding if same else None

        return settle_of_same_code


def cells_of(claim: Claim) -> Iterator[tuple[str, str, int, int]]:
    """Yield (problem, variant, threads, batch size) of the two cells of a claim that was made runnable."""
    for names, size in ((claim.variant, claim.batch_size), (claim.than, claim.than_batch_size)):
        yield _problem_name(claim), names[0], claim.threads, size


def _problem_name(claim: Claim) -> str:
    assert claim.problem is not None
    return claim.problem.name


def _machine(described: Mapping[str, Any]) -> str:
    """Return the fingerprint of a machine; environments of single implementations are part of what they are."""
    return environment.machine_fingerprint({**described, "own_environments": {}})


def _run_settles(folder: Path) -> Callable[[Claim], Finding | None]:
    return RunEvidence(Results(read_run(folder))).settle


def _profile_settles(folder: Path) -> Callable[[Claim], Finding | None]:
    """Return how a profile settles a claim; the pairs of a cell that failed in any round say nothing."""
    plan, outcomes = read_profile_plan(folder), read_table(folder, Outcome)
    failed = {(row.problem, row.variant, row.batch_size) for row in outcomes if row.status == "failed"}
    pairs = [
        row
        for row in read_table(folder, Pair)
        if not failed & {(row.problem, row.variant, size) for size in (None, row.batch_size)}
    ]
    return lambda claim: None if claim.quantity in (TRAIN, EPOCH) else settle_profile(plan, pairs, claim)


def _by_id(findings: Iterable[Finding | None]) -> dict[str, Finding]:
    return {finding.claim.id: finding for finding in findings if finding}
