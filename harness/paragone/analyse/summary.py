"""The summary of a run: from samples to estimates with intervals, ratios and verdicts.

The unit of repetition is the launch: one fresh process, identified by (wave, launch, attempt). The scatter within a
process says nothing about the scatter between processes, so every interval is formed over launches, with one number
from each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from paragone.analyse.attained import with_shares
from paragone.analyse.intervals import LEAST_ROUNDS, intervals
from paragone.analyse.ratios import UNIT, speeds_over_launches
from paragone.analyse.statuses import CELL, STATUSES_WITH_TIMES, accepted, planned_cells, statuses
from paragone.analyse.too_fast import with_too_fast
from paragone.analyse.verdicts import WITHIN_AA, control_words, log_reach, run_margins, unknown_verdict, verdict_words
from paragone.analyse.work import steps_per_pass, work_of_a_step

if TYPE_CHECKING:
    from paragone.store.reader import Run

COLUMNS = [
    *("problem", "implementation", "variant", "language", "layout", "order", "dtype", "size", "threads"),
    *("control", "status", "reason", "found_in", "n_launches", "n_samples"),
    *("work_per_second", "work_per_second_low", "work_per_second_high", "work_per_second_best"),
    *("seconds_per_pass", "seconds_per_step", "sample_seconds", "spread", "cold_seconds", "cold_ratio"),
    *("limit_work_per_second", "share_of_limit"),
    *("loaded_memory_mb", "peak_memory_mb", "memory_above_loaded_mb"),
    *("ratio_to_baseline", "ratio_low", "ratio_high", "margin", "verdict", "error", "bound"),
]
MEASURED = COLUMNS[COLUMNS.index("n_launches") : COLUMNS.index("margin")]


def summarise(
    run: Run, samples: pd.DataFrame, cells: pd.DataFrame, launches: pd.DataFrame, baseline_ratios: pd.DataFrame
) -> pd.DataFrame:
    """One row per planned cell, controls too, in the order of the plan: the columns of summary.csv.

    Rates are in units of work per second, times in seconds, memory in 10⁶ bytes. A ratio above 1 is faster than the
    baseline, which itself has exactly 1. Only cells with the status passed or not checked have numbers; those not
    checked have no ratio. The arguments are the tables of `Results`.
    """
    ratios = speeds_over_launches(baseline_ratios).rename(columns={"ratio": "ratio_to_baseline"})
    frame = cells
    for estimates in (throughputs(samples, launches, run), cold_calls(run, launches), ratios, memory_use(run)):
        frame = frame.merge(estimates, on=CELL, how="left")
    frame["seconds_per_pass"] = frame["seconds_per_step"] * steps_per_pass(frame, run)
    frame = with_shares(frame, run)
    frame.loc[~frame["status"].isin(STATUSES_WITH_TIMES), MEASURED] = np.nan
    counts = ["n_launches", "n_samples"]
    frame[counts] = frame[counts].fillna(0).astype("int64")
    frame["margin"] = run_margins(frame, run)
    frame["verdict"] = verdicts(frame, run)
    return frame[COLUMNS]


def cells_with_statuses(run: Run, samples: pd.DataFrame) -> pd.DataFrame:
    """The planned cells, each with its planned `rounds` per launch and its status."""
    cells = planned_cells(run)
    cells["rounds"] = np.where(cells["once_per_launch"], 1, run.plan.rounds)
    return with_too_fast(pd.concat([cells, statuses(run, cells, samples)], axis=1), samples, run)


def launch_medians(samples: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """One row per cell and launch: the median `step_seconds`, the `best`, the `spread`, `n_samples`, and `enters`.

    `spread` is 1.4826·MAD / median. A launch `enters` an interval with 3 samples, or with all planned `rounds`.
    """
    keys = [*CELL, *UNIT, *(["host"] if "host" in samples else [])]
    grouped = samples.groupby(keys)["step_seconds"]
    distance = (samples["step_seconds"] - grouped.transform("median")).abs()
    result = grouped.agg(step_seconds="median", best="min", n_samples="size").reset_index()
    # Both are grouped by the same keys and therefore sorted alike.
    mad = distance.groupby([samples[key] for key in keys]).median().to_numpy(dtype=float)
    result["spread"] = 1.4826 * mad / result["step_seconds"]
    result = result.merge(cells[[*CELL, "rounds"]], on=CELL)
    result["enters"] = result["n_samples"] >= result["rounds"].clip(upper=LEAST_ROUNDS)
    return result


def throughputs(samples: pd.DataFrame, launches: pd.DataFrame, run: Run) -> pd.DataFrame:
    """Per cell: the median over launches of the median within a launch, its interval, and the best sample."""
    grouped = launches_in_point_estimates(launches).groupby(CELL)
    result = grouped.agg(seconds_per_step=("step_seconds", "median"), spread=("spread", "median")).reset_index()
    result = result.merge(intervals(launches.assign(log=np.log(launches["step_seconds"]))), on=CELL)
    totals = samples.groupby(CELL).agg(
        n_samples=("step_seconds", "size"), best=("step_seconds", "min"), sample_seconds=("elapsed_ns", "median")
    )
    result = result.merge(totals.reset_index(), on=CELL)
    work = work_of_a_step(result, run)
    return result[[*CELL, "n_launches", "n_samples", "seconds_per_step", "spread"]].assign(
        sample_seconds=result["sample_seconds"] / 1e9,
        work_per_second=work / result["seconds_per_step"],
        work_per_second_low=work / np.exp(result["high"]),
        work_per_second_high=work / np.exp(result["low"]),
        work_per_second_best=work / result["best"],
    )


def launches_in_point_estimates(launches: pd.DataFrame) -> pd.DataFrame:
    """The launches whose median enters the throughput: those that enter the interval, or all where none does."""
    return launches[launches["enters"] | ~launches.groupby(CELL)["enters"].transform("any")]


def cold_calls(run: Run, launches: pd.DataFrame) -> pd.DataFrame:
    """Per cell the first call of a process at that size: `cold_seconds` and `cold_ratio`, medians over launches.

    The ratio compares it with the same number of steps at the launch's own median.
    """
    cold = accepted(run.samples[run.samples["kind"] == "cold"], run)
    first = cold.sort_values("started_s", kind="stable").drop_duplicates([*CELL, *UNIT])
    first = first.merge(launches[[*CELL, *UNIT, "step_seconds"]], on=[*CELL, *UNIT], how="left")
    first["cold_seconds"] = first["elapsed_ns"].astype(float) / 1e9
    first["cold_ratio"] = first["cold_seconds"] / (first["n_steps"].astype(float) * first["step_seconds"])
    return first.groupby(CELL)[["cold_seconds", "cold_ratio"]].median().reset_index()


def memory_use(run: Run) -> pd.DataFrame:
    """Per cell of the memory pass, in 10⁶ bytes: memory after loading, peak memory, and the difference.

    Where the system cannot reset the peak, it may stem from loading: then the difference is NaN.
    """
    measured = run.memory[run.memory["status"] == "measured"]
    loaded, peak = (measured[f"{which}_memory_bytes"].astype(float) / 1e6 for which in ("loaded", "peak"))
    above = (peak - loaded).clip(lower=0).where(measured["since_load"].eq(True))
    return measured[CELL].assign(loaded_memory_mb=loaded, peak_memory_mb=peak, memory_above_loaded_mb=above)


def baseline_variants(run: Run) -> dict[str, str]:
    """Dtype → variant of the baseline; axes that the plan does not name take their first value."""
    name, _, values = run.plan.baseline.removesuffix("]").partition("[")
    asked = {value for value in values.split(",") if value and not value.startswith("dtype=")}
    found: dict[str, str] = {}
    for variant in run.plan.variants:
        axes = set(variant.variant.removesuffix("]").partition("[")[2].split(","))
        if variant.implementation == name and not variant.control and asked <= axes:
            found.setdefault(variant.dtype, variant.variant)
    return found


def baselines_of(cells: pd.DataFrame, run: Run) -> dict[str, str]:
    """Variant → baseline of its dtype, where there is one. A baseline maps to itself."""
    dtypes = cells.drop_duplicates("variant").set_index("variant")["dtype"]
    return {str(variant): than for variant, than in dtypes.map(baseline_variants(run)).dropna().items()}


def verdicts(frame: pd.DataFrame, run: Run) -> NDArray[Any]:
    """One verdict per cell: faster, slower, same within x %, not enough data, not verified, baseline, or A/A.

    Of one launch none of the first four is known; only what lies within A/A is called so.
    """
    baselines = set(baseline_variants(run).values())
    margin = frame["margin"]
    low, high = np.log(frame["ratio_low"]), np.log(frame["ratio_high"])
    reach = log_reach(low, high)
    unknown = unknown_verdict(run)
    is_unknown = reach.isna() | margin.isna()
    unverified = frame["status"] == "not checked"
    is_within = np.log(frame["ratio_to_baseline"]).abs() <= np.log1p(margin)
    return np.select(
        [
            ~frame["status"].isin(STATUSES_WITH_TIMES),
            frame["variant"].isin(baselines),
            unverified & frame["control"],
            unverified,
            frame["ratio_to_baseline"].isna(),
            is_unknown & frame["control"],
            ~is_unknown & frame["control"],
            is_within & (run.plan.launches == 1),
        ],
        [
            *("", "baseline", "A/A: not verified", "not verified", "not enough data"),
            *(f"A/A: {unknown}", control_words(low, high), WITHIN_AA),
        ],
        verdict_words(frame["ratio_low"], frame["ratio_high"], margin, unknown),
    )
