"""Two runs apart in time, cell by cell: how much faster or slower B is than A, and how sure that is.

**What is divided out.** Runs apart in time share no round, so nothing cancels by itself. Where the surroundings are
the same in both (machine, system, versions, variables), every cell whose code is the same in both is an *anchor*:
what it shows is the machine, not the code. With y the log of a sample's seconds per step, in round t of run r at one
point of the grid (problem, dtype, batch size, threads), g_k the centre of anchor k over both runs (mean of its two
medians), and the cell c itself left out,

    ref(r, t) = median over anchors k ≠ c of (y(k, r, t) − g_k)          z(c, r, t) = y(c, r, t) − ref(r, t)

so what slowed everybody down, for a round, a launch or the whole run, is divided out within the round. With the
baseline and its control as the only anchors this is the ratio to the baseline in A against that in B. The median
keeps one anchor that did change, though its files did not, from moving the others. A change of everything at once is
divided out too: the ratio as measured, images per second against images per second, stands beside it. Where the
surroundings differ, that difference may be the question (another BLAS, another machine), and nothing is divided out:
z = y, *as measured*, and a machine that was slower that hour looks like a slower B. Likewise where a point has no
anchor but the cell itself.

**The interval.** A launch ℓ gives one number, the median of z over its rounds. d = mean(A) − mean(B) is the log of
how many times faster B is. Over repetitions of both runs

    var(d) = s²_A/n_A + s²_B/n_B + τ²

with s² the variance between launches and τ² that between runs: what a run does to a cell in all its launches. Five
launches give s² within a factor of three, and a test of a hundred cells would need eight standard errors; so the s²
of a run are shrunk towards each other (`uncertainty.shrunk`), within a point of the grid where it has 8 cells, else
over the run. τ² is what the anchors show: mean of d² − s²_A/n_A − s²_B/n_B, over the anchors of the problem, and over
those of the point where there are 8; the larger counts. Anchors are not trimmed: what differs though its code does
not is noise until shown otherwise. With fewer than 8 anchors, and for what is as measured, τ is at least the margin,
the prior for what was not seen. The interval is Student's t with Satterthwaite's degrees of freedom, at 95 %.

**The words.** The margin is the larger of both runs' margins at the point (`verdicts.margins`: 1 % or what A/A
shows). A cell is *faster* or *slower* where its interval lies beyond the margin **and** p, for d = 0, adjusted by
Benjamini and Hochberg, is below 5 %. Adjusted over two families: the cells whose code changed, which somebody has a
reason to look at, and those whose code did not; so a change of one implementation is not drowned by the many that
nobody touched. Of the cells of a family called different at most one in twenty is expected to be none. Cells of one
point share their anchors. That makes estimates move together, which Benjamini–Hochberg bears (positive dependence;
the larger divisor of Benjamini and Yekutieli would ask for about a tenth more), and τ² holds that movement. Controls
are anchors and no hypotheses. Simulated, see METHODOLOGY: at most 1 % of the cells of equal code differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from paragone.analyse.statuses import CELL
from paragone.analyse.summary import CONFIDENCE, LEAST_ROUNDS, UNIT
from paragone.analyse.verdicts import POINT, surely_slower, verdict_words
from paragone.compare.comparable import SAME, are_versions_same, in_both, name_of, refusals, source_states
from paragone.compare.uncertainty import MOST_FREEDOM, adjusted, freedom_of_sum, shrunk, two_sided, variance_between
from paragone.errors import Incomparable

if TYPE_CHECKING:
    from paragone.analyse.results import Results
    from paragone.store.run_folder import Run

FALSE_DISCOVERY_RATE = 0.05
POWER_QUANTILE = 1.645  # found in 95 of 100 cases
ENOUGH = 8  # cells to learn from: variances to shrink at a point of the grid, anchors for τ
UNCHANGED, AS_MEASURED = "to unchanged code", "as measured"
NO_INTERVAL = "no interval"

COLUMNS = [
    *("problem", "implementation", "variant", "language", "dtype", "batch_size", "threads", "control"),
    *("source", "basis", "images_per_second_a", "images_per_second_b", "ratio_as_measured"),
    *("ratio", "ratio_low", "ratio_high", "n_launches_a", "n_launches_b", "deviation_between"),
    *("p", "p_adjusted", "margin", "resolvable", "verdict"),
]


@dataclass(frozen=True)
class Comparison:
    """What was found between two runs: a row for each of `cells` (COLUMNS), the cells that fell out, with `why`."""

    a: Run
    b: Run
    cells: pd.DataFrame
    fallen: pd.DataFrame
    overridden: list[str]  # what would have refused the comparison

    def slower_beyond(self, fraction: float) -> pd.DataFrame:
        """Return the cells that surely take more than this fraction longer: verdict slower, all of the interval."""
        return surely_slower(self.cells, fraction)


def compare(results_a: Results, results_b: Results, anyway: bool = False) -> Comparison:
    """Return B against A, every cell that passed in both.

    Raises Incomparable where their times do not speak of the same work, unless `anyway`, and where no cell is in both.
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
    cells, fallen = in_both(results_a.summary, summary_b)
    if cells.empty:
        why = "; ".join(f"{reason} ({count})" for reason, count in fallen["why"].value_counts().items())
        raise Incomparable(
            f"{name_of(a)} and {name_of(b)} have no cell that passed in both: {why or 'no cells at all'}"
        )
    cells["source"] = cells["variant"].map(source_states(a, b))
    cells["is_anchor"] = cells["source"].eq(SAME) & are_versions_same(a, b) & (not reasons)
    return Comparison(a, b, estimates(cells, results_a.samples, samples_b), fallen, reasons)


def estimates(cells: pd.DataFrame, samples_a: pd.DataFrame, samples_b: pd.DataFrame) -> pd.DataFrame:
    """Return for cells that are in both runs what COLUMNS name; `cells` says which of them `is_anchor`."""
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
    return _judged(cells)[COLUMNS]


def launch_logs(samples: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Return one row per cell, run and launch: the median `log` over its rounds, relative to the anchors' (`basis`).

    Launches of fewer than 3 rounds are left out, unless the cell has no more in any launch.
    """
    samples = samples.merge(cells[[*CELL, "dtype", "is_anchor"]], on=CELL)
    samples["log"] = np.log(samples["step_seconds"].astype(float))
    parts = []
    for point, group in samples.groupby(POINT, sort=False):
        wide = group.pivot(index=["run", *UNIT, "round"], columns="variant", values="log")
        anchors = wide[sorted(group.loc[group["is_anchor"], "variant"].unique())]
        from_centre = anchors - anchors.groupby(level="run").median().mean()
        bases = {}
        for variant in wide:
            others = from_centre.drop(columns=variant, errors="ignore")
            bases[variant] = AS_MEASURED if others.empty else UNCHANGED
            wide[variant] -= 0.0 if others.empty else others.median(axis=1)
        grouped = wide.groupby(level=["run", *UNIT])
        medians = grouped.median().melt(var_name="variant", value_name="log", ignore_index=False)
        counts = grouped.count().melt(value_name="size")["size"]
        per_launch = medians.assign(size=counts.to_numpy()).dropna().reset_index()
        place: dict[str, Any] = dict(zip(POINT, point, strict=True))
        parts.append(per_launch.assign(basis=per_launch["variant"].map(bases), **place))
    launches = pd.concat(parts, ignore_index=True)
    most = launches.groupby([*CELL, "run"])["size"].transform("max").clip(upper=LEAST_ROUNDS)
    return launches.loc[launches["size"] >= most]


def _of_launches(launches: pd.DataFrame, run: str) -> pd.DataFrame:
    """Return per cell the mean of the logs of launches, their variance and number, in columns that end with the run."""
    found = launches.groupby(CELL)["log"].agg(mean="mean", variance="var", n_launches="size").reset_index()
    return found.rename(columns={name: f"{name}_{run}" for name in ("mean", "variance", "n_launches")})


def _with_shrunk_variance(cells: pd.DataFrame, run: str) -> pd.DataFrame:
    """Return the cells with `error_a` or `error_b`, the variance of the mean over launches, and its `freedom_…`."""
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
    """Return τ² of every cell, and its degrees of freedom: how many anchors showed it."""
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


def _judged(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the cells with ratio, interval, p-values, what could have been found, and the verdict."""
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
    needed = np.fmax(np.log1p(cells["margin"]) + reach, strictest) + POWER_QUANTILE * error
    result = cells.assign(
        **{"ratio": np.exp(log), "ratio_low": np.exp(log - reach), "ratio_high": np.exp(log + reach)},
        **{"p": p, "p_adjusted": adjusted_p, "resolvable": np.expm1(needed)},
        deviation_between=np.sqrt(cells["between"]),
        ratio_as_measured=cells["images_per_second_b"] / cells["images_per_second_a"],
    )
    return result.assign(verdict=_verdicts(result))


def _verdicts(cells: pd.DataFrame) -> NDArray[Any]:
    words = verdict_words(cells["ratio_low"], cells["ratio_high"], cells["margin"], NO_INTERVAL)
    is_sure = cells["p_adjusted"] < FALSE_DISCOVERY_RATE
    return np.where(np.isin(words, ["faster", "slower"]) & ~is_sure, "not enough data", words)
