"""Two runs apart in time, cell by cell: how much faster or slower B is than A, with an interval and a verdict.

Runs apart in time share no rounds, so a slower hour does not cancel by itself. Where machine, system, versions and
variables are the same in both runs, every cell whose code is the same is an *anchor*: a difference between its times
shows the machine, not the code. What the anchors did is divided out of every sample, within its round (`launch_logs`).
The ratio as measured stands beside it, because a change of all cells at once, in the harness for example, is divided
out too. Where the surroundings differ, or a point of the grid has no other anchor, nothing is divided out.

    d = mean(A) − mean(B)                     log of how many times faster B is; one number per launch
    var(d) = s²_A/n_A + s²_B/n_B + τ²         s² between launches (`uncertainty.shrunk`), τ² between runs (`_between`)
    d ± t(0.975, ν)·√var(d)                   ν by Satterthwaite (`uncertainty.freedom_of_sum`)

A cell is *faster* or *slower* where the interval lies beyond the margin of both runs and p, adjusted by Benjamini and
Hochberg, is below 5 % (`_with_verdicts`). docs/selftest-results.md has the simulations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from paragone.analyse.intervals import CONFIDENCE, LEAST_ROUNDS
from paragone.analyse.ratios import UNIT
from paragone.analyse.statuses import CELL, TOO_FAST
from paragone.analyse.verdicts import POINT, surely_slower, verdict_words
from paragone.comparison.comparable import SAME, are_versions_same, in_both, name_of, refusals, source_states
from paragone.comparison.uncertainty import MOST_FREEDOM, adjusted, freedom_of_sum, shrunk, two_sided, variance_between
from paragone.errors import Incomparable

if TYPE_CHECKING:
    from paragone.analyse.results import Results
    from paragone.store.reader import Run

FALSE_DISCOVERY_RATE = 0.05
POWER_QUANTILE = 1.645  # of the normal distribution: a power of 95 %
ENOUGH = 8  # cells: variances to shrink at a point of the grid, anchors to estimate τ² from
UNCHANGED, AS_MEASURED = "to unchanged code", "as measured"
NO_INTERVAL = "no interval"

COLUMNS = [
    *("problem", "implementation", "variant", "language", "dtype", "size", "threads", "control"),
    *("source", "basis", "work_per_second_a", "work_per_second_b", "ratio_as_measured"),
    *("ratio", "ratio_low", "ratio_high", "n_launches_a", "n_launches_b", "deviation_between"),
    *("p", "p_adjusted", "margin", "resolvable", "verdict"),
]


@dataclass(frozen=True)
class Comparison:
    """B against A: one row per cell (COLUMNS), and the cells that could not be compared, with statuses and `why`."""

    a: Run
    b: Run
    cells: pd.DataFrame
    not_compared: pd.DataFrame
    overridden: list[str]  # the refusals that --anyway overrode

    def slower_beyond(self, fraction: float) -> pd.DataFrame:
        return surely_slower(self.cells, fraction)

    @property
    def newly_failed(self) -> pd.DataFrame:
        """The cells that passed in A, and in B failed or are too fast for the machine; no controls."""
        others = self.not_compared[~self.not_compared["control"].eq(True)]
        return others[others["status_a"].eq("passed") & others["status_b"].isin(["failed", TOO_FAST])]


def compare(results_a: Results, results_b: Results, anyway: bool = False) -> Comparison:
    """Compare every cell that passed in both runs.

    Raises Incomparable where the runs did different work, unless `anyway`, and where no cell passed in both.
    """
    a, b = results_a.run, results_b.run
    reasons = refusals(a, b)
    if reasons and not anyway:
        raise Incomparable(
            f"{name_of(a)} and {name_of(b)} cannot be compared: {'; '.join(reasons)}. To compare all the same: --anyway"
        )
    summary_b, samples_b = results_b.summary, results_b.samples
    if anyway and a.plan.threads != b.plan.threads and len(a.plan.threads) == len(b.plan.threads) == 1:
        summary_b, samples_b = (frame.assign(threads=a.plan.threads[0]) for frame in (summary_b, samples_b))
    cells, not_compared = in_both(results_a.summary, summary_b, a.plan.words_of().size)
    if cells.empty:
        why = "; ".join(f"{reason} ({count})" for reason, count in not_compared["why"].value_counts().items())
        raise Incomparable(
            f"{name_of(a)} and {name_of(b)} have no cell that passed in both: {why or 'no cells at all'}"
        )
    cells["source"] = cells["variant"].map(source_states(a, b))
    cells["is_anchor"] = cells["source"].eq(SAME) & are_versions_same(a, b) & (not reasons)
    return Comparison(a, b, estimates(cells, results_a.samples, samples_b), not_compared, reasons)


def estimates(cells: pd.DataFrame, samples_a: pd.DataFrame, samples_b: pd.DataFrame) -> pd.DataFrame:
    """The columns COLUMNS for cells of both runs; `cells` marks the anchors (`is_anchor`)."""
    samples = pd.concat([samples_a.assign(run="a"), samples_b.assign(run="b")], ignore_index=True)
    launches = launch_logs(samples, cells)
    for run in ("a", "b"):
        cells = cells.merge(_of_launches(launches[launches["run"] == run], run), on=CELL, how="left")
        cells = _with_shrunk_variance(cells, run)
    based = launches.drop_duplicates(CELL)[[*CELL, "basis"]]
    cells = cells.merge(based, on=CELL, how="left").fillna({"basis": AS_MEASURED, "n_launches_a": 0, "n_launches_b": 0})
    cells["margin"] = cells[["margin_a", "margin_b"]].max(axis=1, skipna=False)
    cells["log"] = cells["mean_a"] - cells["mean_b"]
    cells["between"], cells["freedom_between"] = _between(cells)
    return _with_verdicts(cells)[COLUMNS]


def launch_logs(samples: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """One row per cell, run and launch: `log`, the median over rounds of z, and the `basis` of z.

    With y(c, r, t) the log of the seconds per step of cell c in round t of run r, and g_k the mean of the medians of
    anchor k in both runs,

        z(c, r, t) = y(c, r, t) − median over anchors k ≠ c of (y(k, r, t) − g_k)

    and z = y without anchors. Launches with fewer than 3 rounds are left out, unless the cell has no longer one. Raises
    Incomparable where there is no sample at all.
    """
    samples = samples.merge(cells[[*CELL, "dtype", "is_anchor"]], on=CELL)
    samples["log"] = np.log(samples["step_seconds"].astype(float))
    parts = []
    for point, group in samples.groupby(POINT, sort=False):
        wide = group.pivot(index=["run", *UNIT, "round"], columns="variant", values="log")
        anchors = wide[sorted(group.loc[group["is_anchor"], "variant"].unique())]
        # The median tolerates an anchor that did change although its files did not.
        from_centre = anchors - anchors.groupby(level="run").median().mean()
        bases = {}
        for variant in wide:
            others = from_centre.drop(columns=variant, errors="ignore")
            bases[variant] = AS_MEASURED if others.empty else UNCHANGED
            wide[variant] -= 0.0 if others.empty else others.median(axis=1)
        grouped = wide.groupby(level=["run", *UNIT])
        medians = grouped.median().melt(var_name="variant", value_name="log", ignore_index=False)
        counts = grouped.count().melt(value_name="n_rounds")["n_rounds"]
        per_launch = medians.assign(n_rounds=counts.to_numpy()).dropna().reset_index()
        place: dict[str, Any] = dict(zip(POINT, point, strict=True))
        parts.append(per_launch.assign(basis=per_launch["variant"].map(bases), **place))
    if not parts:
        raise Incomparable("no cell that passed in both runs has a timed sample: there is nothing to compare")
    launches = pd.concat(parts, ignore_index=True)
    most = launches.groupby([*CELL, "run"])["n_rounds"].transform("max").clip(upper=LEAST_ROUNDS)
    return launches.loc[launches["n_rounds"] >= most]


def _of_launches(launches: pd.DataFrame, run: str) -> pd.DataFrame:
    """Per cell the mean of the launches' logs, their variance and number, in columns that end with the run's letter."""
    found = launches.groupby(CELL)["log"].agg(mean="mean", variance="var", n_launches="size").reset_index()
    return found.rename(columns={name: f"{name}_{run}" for name in ("mean", "variance", "n_launches")})


def _with_shrunk_variance(cells: pd.DataFrame, run: str) -> pd.DataFrame:
    """The cells with `error_a` or `error_b`, the variance s²/n of the mean over launches, and `freedom_…`.

    Five launches give s² only within a factor of three. So the s² of cells are shrunk towards each other, within a
    point of the grid that has 8 cells, else within the run.
    """
    counts = cells[f"n_launches_{run}"].fillna(0)
    places = cells.groupby(POINT).ngroup()
    groups = places.where(places.map(places.value_counts()) >= ENOUGH, -1)
    for _, rows in cells.groupby(groups):
        n = counts[rows.index].to_numpy(dtype=float)
        variances, freedom = shrunk(rows[f"variance_{run}"].to_numpy(dtype=float), n - 1)
        cells.loc[rows.index, f"error_{run}"] = variances / np.maximum(n, 1)
        cells.loc[rows.index, f"freedom_{run}"] = freedom
    return cells


def _between(cells: pd.DataFrame) -> tuple[pd.Series[float], pd.Series[float]]:
    """τ² of every cell, the variance between runs, and its degrees of freedom: the number of anchors behind it.

    DerSimonian–Laird's moment estimate from the anchors, whose true difference is 0: the larger of the estimate over
    the problem and, from 8 anchors on, over the point of the grid. Anchors are not trimmed: a difference of unchanged
    code is noise until shown otherwise. With fewer than 8 anchors, and as measured, τ is at least the margin.
    """
    found = cells[cells["is_anchor"] & (cells["basis"] == UNCHANGED)].dropna(subset=["log", "error_a", "error_b"])
    between, freedom = pd.Series(0.0, cells.index), pd.Series(MOST_FREEDOM, cells.index)
    for keys, enough in ((["problem"], 1), (POINT, ENOUGH)):
        anchors = {place: rows for place, rows in found.groupby(keys) if len(rows) >= enough}
        for place, rows in cells.groupby(keys):
            if place in anchors:
                shown = anchors[place]
                errors = (shown["error_a"] + shown["error_b"]).to_numpy(dtype=float)
                value = variance_between(shown["log"].to_numpy(dtype=float), errors)
                larger = rows.index[value > between[rows.index]]
                between[larger], freedom[larger] = value, len(shown)
    n_anchors = cells["problem"].map(found["problem"].value_counts()).fillna(0)
    prior = np.log1p(cells["margin"]) ** 2
    is_prior = ((n_anchors < ENOUGH) | (cells["basis"] == AS_MEASURED)) & (prior > between)
    return between.where(~is_prior, prior), freedom.where(~is_prior, MOST_FREEDOM)


def _with_verdicts(cells: pd.DataFrame) -> pd.DataFrame:
    """The cells with ratio, interval, p-values, the difference that could have been found, and the verdict.

    p is adjusted over two families, the cells whose code changed and the cells whose code did not: otherwise the many
    unchanged cells would hide one change. Cells of a point share anchors and are positively dependent, which
    Benjamini–Hochberg allows. Controls are anchors and are not tested.
    """
    parts = [cells[name].to_numpy(dtype=float) for name in ("error_a", "error_b", "between")]
    freedoms = [cells[f"freedom_{name}"].to_numpy(dtype=float) for name in ("a", "b", "between")]
    log, variance = cells["log"].to_numpy(dtype=float), np.sum(parts, axis=0)
    freedom, error = freedom_of_sum(parts, freedoms), np.sqrt(variance)
    reach = stdtrit(freedom, (1 + CONFIDENCE) / 2) * error
    p = np.where(cells["control"], np.nan, two_sided(log / error, freedom))
    adjusted_p, strictest = np.full(len(p), np.nan), np.full(len(p), np.nan)
    for places in cells.reset_index(drop=True).groupby("source").indices.values():
        adjusted_p[places] = adjusted(p[places])
        n_tests = max(1, int((~np.isnan(p[places])).sum()))
        strictest[places] = stdtrit(freedom[places], 1 - FALSE_DISCOVERY_RATE / (2 * n_tests)) * error[places]
    # What a difference must exceed to be found: the margin, and the strictest threshold of Benjamini–Hochberg.
    needed = np.fmax(np.log1p(cells["margin"]) + reach, strictest) + POWER_QUANTILE * error
    result = cells.assign(
        **{"ratio": np.exp(log), "ratio_low": np.exp(log - reach), "ratio_high": np.exp(log + reach)},
        **{"p": p, "p_adjusted": adjusted_p, "resolvable": np.expm1(needed)},
        deviation_between=np.sqrt(cells["between"]),
        ratio_as_measured=cells["work_per_second_b"] / cells["work_per_second_a"],
    )
    return result.assign(verdict=_verdicts(result))


def _verdicts(cells: pd.DataFrame) -> NDArray[Any]:
    words = verdict_words(cells["ratio_low"], cells["ratio_high"], cells["margin"], NO_INTERVAL)
    is_sure = cells["p_adjusted"] < FALSE_DISCOVERY_RATE
    return np.where(np.isin(words, ["faster", "slower"]) & ~is_sure, "not enough data", words)
