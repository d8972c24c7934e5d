"""The A/A pilot: a short run of the baseline against itself, which estimates the noise between launches today."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from msgspec.structs import replace

from paragone.measure.launch import SampledMember
from paragone.measure.resume import RemainingSamples
from paragone.measure.rounds import Rounds
from paragone.measure.turns import in_parts
from paragone.plan.cells import Contender, aa_pairs
from paragone.store.plan_records import Cell, ContenderKey
from paragone.store.reader import read_table
from paragone.store.records import Sample
from paragone.store.run_folder import RunFolder
from paragone.task.problem import Data
from paragone.verify.pilot import OpenWorker
from paragone.verify.verifier import Verifier
from paragone.worker.budgets import STANDARD, Budgets

# The estimate needs FREEDOM degrees of freedom, launches − 1 per point of the grid: a small grid gets more launches.
FREEDOM, FEWEST_LAUNCHES, MOST_LAUNCHES = 8, 2, 5
UPPER_TAIL = 0.01  # the probability that the true deviation lies above `Deviation.upper`


class Deviation(NamedTuple):
    """The standard deviation between launches of an A/A log-ratio: of a typical cell, and an upper limit."""

    typical: float
    upper: float


def launch_deviation(
    cells: Sequence[Cell],
    contenders: Mapping[ContenderKey, Contender],
    data: Data,
    verifier: Verifier,
    open_worker: OpenWorker,
    seed: int,
    budgets: Budgets = STANDARD,
    n_parts: int = 1,
) -> Deviation | None:
    """The deviation between launches, sampled now; None where no point of the grid has two launches.

    `cells` are those of the baselines and their controls, whole. Their samples are taken in `n_parts` parts.
    """
    cells = in_parts([replace(cell, wave=0) for cell in cells if not cell.once_per_launch], n_parts)
    with tempfile.TemporaryDirectory() as folder, RunFolder(Path(folder)) as rows:
        remaining = RemainingSamples(budgets.aa_rounds * n_parts)
        given = data, verifier, open_worker, remaining, seed, time.time(), _report_nothing, budgets
        rounds = RoundsOfPilot(rows, contenders, *given, n_parts=n_parts)
        for launch in range(launches_for(len(cells) // 2)):
            for group in _by_problem_and_threads(cells):
                rounds.run_launch(group, launch, attempt=0)
        timed = [sample for sample in read_table(Path(folder), Sample) if sample.kind == "timed"]
    return deviation_of(timed, aa_pairs(contenders.values()))


class RoundsOfPilot(Rounds):
    """Nobody is told the times of an A/A pilot, so no closer look is taken at them; the run itself takes it."""

    def _check_times(self, members: Sequence[SampledMember]) -> None:
        pass


def launches_for(n_points: int) -> int:
    """The launches of an A/A pilot over so many points of the grid."""
    return min(MOST_LAUNCHES, max(FEWEST_LAUNCHES, 1 + math.ceil(FREEDOM / max(1, n_points))))


def deviation_of(samples: Iterable[Sample], pairs: Mapping[str, str]) -> Deviation | None:
    """The standard deviation between launches of a cell's median log-ratio of baseline and control.

    typical = √median(sᵢ² νᵢ / median of χ²(νᵢ)) over the points i of the grid, with νᵢ = launches − 1: the median over
    the grid, so that a few noisy cells do not raise it, divided by the median of such an estimate at variance 1.
    upper = √(Σ sᵢ² νᵢ / χ²₀.₀₁(Σ νᵢ)), the one-sided 99 % limit of the mean variance. Launches are planned by it, so
    that a difference is found in noisy cells too, even after a pilot that happened to be quiet.
    """
    times: dict[tuple[Any, ...], dict[int, float]] = {}
    for sample in samples:
        variant = pairs.get(sample.variant, sample.variant)
        launch = (sample.problem, variant, sample.size, sample.threads, sample.launch)
        times.setdefault((*launch, sample.variant in pairs), {})[sample.round] = sample.elapsed_ns
    medians: dict[tuple[Any, ...], list[float]] = {}
    for point, baseline in times.items():
        *place, _, is_control = point
        control = times.get((*point[:-1], True), {})
        log_ratios = [np.log(baseline[round_] / control[round_]) for round_ in baseline.keys() & control.keys()]
        if log_ratios and not is_control:
            medians.setdefault(tuple(place), []).append(float(np.median(log_ratios)))
    several = [launches for launches in medians.values() if len(launches) > 1]
    if not several:
        return None
    variances, freedom = [np.var(logs, ddof=1) for logs in several], [len(logs) - 1 for logs in several]
    typical = np.median([variance / _chi2_quantile(0.5, n) * n for variance, n in zip(variances, freedom, strict=True)])
    squares = sum(variance * n for variance, n in zip(variances, freedom, strict=True))
    return Deviation(float(np.sqrt(typical)), float(np.sqrt(squares / _chi2_quantile(UPPER_TAIL, sum(freedom)))))


def _chi2_quantile(probability: float, freedom: int) -> float:
    """The value below which χ² with so many degrees of freedom lies with this probability."""
    from scipy.special import gammaincinv  # scipy.stats has it as chi2.ppf, and takes a second to import

    return float(2 * gammaincinv(freedom / 2, probability))


def _report_nothing(what: str, seconds: float) -> None:
    """The A/A pilot is one step of the display."""


def _by_problem_and_threads(cells: Sequence[Cell]) -> list[list[Cell]]:
    groups: dict[tuple[str, int], list[Cell]] = {}
    for cell in cells:
        groups.setdefault((cell.problem, cell.threads), []).append(cell)
    return list(groups.values())
