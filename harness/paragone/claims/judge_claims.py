"""Verdicts on claims: the ratio of a claim's two cells in a run or a profile, its interval, and the verdict.

The interval is first widened to at least the run's margin on either side of the ratio, because the run calls nothing
below its margin a difference. Then

    reproduced           the interval lies wholly inside the claimed limits
    not reproduced       it lies wholly outside; `why` names the side
    cannot be told       it reaches across a limit, or there is no interval, or a cell has no verified times
    context              the source gives the figure as background: the ratio is shown and not judged
    cannot be run here   a cell is unavailable on this machine
    not about this data  the source speaks of MNIST, and the data set is another

A tolerance narrower than the margin can therefore never be reproduced. "More than claimed" is common for figures of an
older machine: that is a result, not an error.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median
from typing import Any

import numpy as np
import pandas as pd

from paragone.analyse.intervals import intervals
from paragone.analyse.results import Results
from paragone.analyse.statuses import CELL
from paragone.analyse.verdicts import place_of_interval, widened
from paragone.claims.claim import EPOCH, ERROR, TIMED, Claim
from paragone.claims.errors_compared import ratio_of_errors
from paragone.plan.power import SMALLEST_MARGIN
from paragone.store.plan_records import ProfilePlan
from paragone.store.records import Pair
from paragone.task.mlp.problem import NetworkProblem
from paragone.task.problem import Problem

REPRODUCED, NOT_REPRODUCED, CANNOT_TELL = "reproduced", "not reproduced", "cannot be told"
CONTEXT, CANNOT_RUN, OTHER_DATA = "context", "cannot be run here", "not about this data"
SIDES = {"above": "more than claimed", "below": "less than claimed"}
OF_RUNS = (*TIMED, EPOCH, ERROR)  # the quantities that a run holds; the others are a profile's
LAUNCH = ["launch", "attempt"]
APART = "memory did not hold the two at the same time"  # they were in different waves


@dataclass(frozen=True)
class JudgedClaim:
    """A claim with its verdict, and the ratio and interval behind it: NaN where there is none."""

    claim: Claim
    verdict: str
    why: str = ""
    ratio: float = math.nan
    low: float = math.nan
    high: float = math.nan
    variant: str = ""  # the two variants that were compared, of those that the claim lists
    than: str = ""
    where: str = ""  # the name of the run or profile
    epoch_seconds: float = math.nan  # an epoch of `than`: claims of seconds are judged by it


@dataclass(frozen=True)
class RunEvidence:
    """A finished run that claims are judged by."""

    results: Results

    @cached_property
    def launches(self) -> pd.DataFrame:
        """The median of every cell in every launch, with `evaluation_seconds` where the test set was evaluated."""
        rows = self.results.run.evaluations
        seconds = rows["elapsed_ns"].astype(float) / 1e9 / rows["n_calls"].astype(float)
        keys = [*CELL, "wave", *LAUNCH]
        evaluated = rows[keys].assign(evaluation_seconds=seconds).groupby(keys)["evaluation_seconds"].median()
        found = self.results.launches
        return found.merge(evaluated.reset_index().astype(found[keys].dtypes.to_dict()), on=keys, how="left")

    @cached_property
    def _rows(self) -> list[Any]:
        return list(self.results.summary.itertuples())

    def judge(self, claim: Claim) -> JudgedClaim | None:
        """The verdict on a claim; None where the run does not hold its cells or does not measure its quantity."""
        if claim.quantity not in OF_RUNS or not self._has_problem(claim.problem):
            return None
        mine = self._cell(claim, claim.variant, claim.size)
        other = self._cell(claim, claim.than, claim.than_size)
        if mine is None or other is None:
            return None
        names = {"variant": mine.variant, "than": other.variant, "where": self.results.run.plan.run}
        for row in (mine, other):
            if row.status != "passed":
                verdict = CANNOT_RUN if row.status == "unavailable" else CANNOT_TELL
                return JudgedClaim(claim, verdict, f"{row.variant}: {row.status}: {row.reason}", **names)
        if claim.quantity == ERROR:
            ratio = ratio_of_errors(self.results, claim, mine, other)
            return JudgedClaim(claim, *verdict_on_errors(claim, ratio), ratio, **names)
        if claim.quantity in TIMED and claim.size == claim.than_size:
            ratio, low, high = self._within_rounds(mine, other)
        else:
            ratio, low, high = self._over_launches(claim, mine, other)
        if math.isnan(ratio):
            were_measured = all(self._seconds(claim, row)["seconds"].notna().any() for row in (mine, other))
            return JudgedClaim(claim, CANNOT_TELL, APART, **names) if were_measured else None
        margin = float(np.maximum(mine.margin, other.margin))  # NaN where one is not known
        epoch_seconds = self._epoch_seconds(claim, other)
        verdict, why = verdict_on(claim, ratio, low, high, margin, epoch_seconds)
        return JudgedClaim(claim, verdict, why, ratio, low, high, **names, epoch_seconds=epoch_seconds)

    def _has_problem(self, problem: Problem | None) -> bool:
        return problem is not None and has_problem(self.results.run.plan, problem)

    def _cell(self, claim: Claim, names: Sequence[str], size: int) -> Any:
        """The summary row of the first variant that passed, else of the first that was planned; None without either."""
        assert claim.problem is not None
        place = (claim.problem.name, size, claim.threads)
        here = [r for r in self._rows if (r.problem, r.size, r.threads) == place and r.variant in names]
        return min(here, key=lambda row: (row.status != "passed", names.index(str(row.variant))), default=None)

    def _within_rounds(self, mine: Any, other: Any) -> tuple[float, float, float]:
        speeds = self.results.relative_speeds({mine.variant: other.variant})
        found = speeds[(speeds[CELL] == [getattr(mine, key) for key in CELL]).all(axis=1)]
        return next(found[["ratio", "ratio_low", "ratio_high"]].itertuples(index=False, name=None), (math.nan,) * 3)

    def _over_launches(self, claim: Claim, mine: Any, other: Any) -> tuple[float, float, float]:
        """The ratio of the seconds of each launch, with its interval: two batch sizes share no samples of one round."""
        keys = ["wave", *LAUNCH]  # two processes that lived at the same time; the baseline is in every wave
        pairs = self._seconds(claim, mine).merge(self._seconds(claim, other), on=keys, suffixes=("", "_of_other"))
        pairs["log"] = np.log(pairs["seconds_of_other"] / pairs["seconds"])
        pairs = pairs.dropna(subset=["log"])
        if pairs.empty:
            return (math.nan,) * 3
        pairs["enters"] = pairs["enters"] & pairs["enters_of_other"]
        return _from_logs(pairs)

    def _seconds(self, claim: Claim, row: Any) -> pd.DataFrame:
        """`seconds` per launch of a cell: of an epoch with its evaluation, or of one unit of work."""
        assert claim.problem is not None
        here = self.launches[(self.launches[CELL] == [getattr(row, key) for key in CELL]).all(axis=1)]
        seconds = here["step_seconds"] / claim.problem.work(row.size)
        if claim.quantity == EPOCH:
            assert isinstance(claim.problem, NetworkProblem)
            steps = claim.problem.steps_per_epoch(row.size)
            seconds = here["step_seconds"] * steps + here["evaluation_seconds"]
        return here[[*CELL, "wave", *LAUNCH, "enters"]].assign(seconds=seconds)

    def _epoch_seconds(self, claim: Claim, row: Any) -> float:
        if claim.quantity == EPOCH:
            return float(self._seconds(claim, row)["seconds"].median())
        return float(row.seconds_per_pass)


def has_problem(plan: ProfilePlan, problem: Problem) -> bool:
    """A plan can hold another problem of the same name: what decides its numbers decides."""
    stored = plan.problems.get(problem.name)
    return stored is not None and stored.definition() == problem.definition()


def verdict_on(
    claim: Claim, ratio: float, low: float, high: float, margin: float, epoch_seconds: float = math.nan
) -> tuple[str, str]:
    """The verdict on a measured ratio, and why, by the rules at the head of this file."""
    if claim.context:
        return CONTEXT, claim.context
    if math.isnan(low):
        return CANNOT_TELL, "one launch has no interval"
    if math.isnan(margin):
        return CANNOT_TELL, "without an A/A interval the noise is not known"
    limits = claim.limits(epoch_seconds)
    place = place_of_interval(limits, *widened(ratio, low, high, margin))
    if place == "inside":
        return REPRODUCED, ""
    if place in SIDES:
        return NOT_REPRODUCED, SIDES[place]
    if limits[1] < limits[0] * (1 + margin) ** 2:
        return CANNOT_TELL, f"the noise, {margin:.1%}, is more than the tolerance"
    return CANNOT_TELL, "the interval reaches across what is claimed"


def verdict_on_errors(claim: Claim, ratio: float) -> tuple[str, str]:
    """As `verdict_on`, of a ratio without noise."""
    if claim.context:
        return CONTEXT, claim.context
    place = place_of_interval((claim.low, claim.high), ratio, ratio)
    if place == "inside":
        return REPRODUCED, ""
    return (NOT_REPRODUCED, SIDES[place]) if place in SIDES else (CANNOT_TELL, "an error is not known")


def judge_by_profile(plan: ProfilePlan, pairs: Sequence[Pair], claim: Claim) -> JudgedClaim | None:
    """The verdict on a claim about a phase; None where the profile lacks the phase in one of the two cells.

    Within a round, the phase's time in one cell relative to that in the other; the median per launch; Student's t over
    launches. A profile has no A/A control, so the margin is the smallest allowed.
    """
    if claim.problem is None or not has_problem(plan, claim.problem):
        return None
    mine, times = _first_with_times(pairs, claim, claim.variant, claim.size)
    than, others = _first_with_times(pairs, claim, claim.than, claim.than_size)
    logs: dict[int, list[float]] = {}
    for (launch, wave, round_), seconds in times.items():
        if (launch, wave, round_) in others:
            logs.setdefault(launch, []).append(math.log(others[launch, wave, round_] / seconds))
    cell = {"problem": claim.problem.name, "variant": mine, "size": claim.size, "threads": claim.threads}
    per_launch = pd.DataFrame([{**cell, "log": median(values), "enters": True} for values in logs.values()])
    if per_launch.empty:
        return None
    ratio, low, high = _from_logs(per_launch)
    verdict, why = verdict_on(claim, ratio, low, high, SMALLEST_MARGIN)
    return JudgedClaim(claim, verdict, why, ratio, low, high, mine, than, plan.run)


def _first_with_times(
    pairs: Sequence[Pair], claim: Claim, names: Sequence[str], size: int
) -> tuple[str, dict[tuple[int, int, int], float]]:
    found = ((name, _phase_times(pairs, claim, name, size)) for name in names)
    return next(((name, times) for name, times in found if times), ("", {}))


def _phase_times(pairs: Sequence[Pair], claim: Claim, name: str, size: int) -> dict[tuple[int, int, int], float]:
    """Nanoseconds per image of the claim's phase in a cell, by launch, wave and round."""
    assert claim.problem is not None
    where = (claim.problem.name, name, size, claim.threads)
    times = {}
    for row in pairs:
        phase_ns = row.phases.get(claim.quantity)
        if (row.problem, row.variant, row.size, row.threads) == where and phase_ns:
            at = (row.launch or 0, row.wave or 0, row.round)
            times[at] = phase_ns / row.n_steps / size
    return times


def _from_logs(per_launch: pd.DataFrame) -> tuple[float, float, float]:
    """The geometric mean of the launches' ratios and the ends of its interval; one log-ratio per launch."""
    found = intervals(per_launch).iloc[0]
    entering = per_launch.loc[per_launch["enters"], "log"]
    mean = (entering if len(entering) else per_launch["log"]).mean()
    return math.exp(mean), math.exp(found["low"]), math.exp(found["high"])


def judge_claims(results: Results, claims: Sequence[Claim]) -> Iterator[JudgedClaim]:
    """Yield a verdict on every claim whose cells the run holds."""
    evidence = RunEvidence(results)
    for claim in claims:
        if judged := evidence.judge(claim):
            yield judged
