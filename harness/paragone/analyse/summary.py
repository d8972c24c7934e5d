"""Samples → estimates → ratios → verdicts: pure functions of data frames.

The unit of repetition is the launch: one fresh process, that is one (wave, launch, attempt). The
scatter within a process says nothing about the luck of the next one, so every interval is formed
over launches, on one number from each.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from paragone.analyse.attained import with_shares
from paragone.analyse.statuses import CELL, STATUSES_WITH_TIMES, accepted, planned_cells, statuses
from paragone.analyse.verdicts import log_reach, margins, same_within, unknown_verdict, verdict_words, whole_percent

if TYPE_CHECKING:
    from paragone.analyse.results import Results
    from paragone.store.run_folder import Run

CONFIDENCE = 0.95
LEAST_ROUNDS = 3  # a launch cut off earlier has no median worth the name

UNIT = ["wave", "launch", "attempt"]
PAIR = ["problem", "batch_size", "threads", *UNIT, "round"]
COLUMNS = [
    *("problem", "implementation", "variant", "language", "layout", "order", "dtype", "batch_size", "threads"),
    *("control", "status", "reason", "found_in", "n_launches", "n_samples"),
    *("images_per_second", "images_per_second_low", "images_per_second_high", "images_per_second_best"),
    *("seconds_per_epoch", "seconds_per_step", "sample_seconds", "spread", "cold_seconds", "cold_ratio"),
    *("limit_images_per_second", "share_of_limit"),
    *("loaded_memory_mb", "peak_memory_mb", "memory_above_loaded_mb"),
    *("ratio_to_baseline", "ratio_low", "ratio_high", "margin", "verdict", "error", "bound"),
]
MEASURED = COLUMNS[COLUMNS.index("n_launches") : COLUMNS.index("margin")]


def summarise(results: Results) -> pd.DataFrame:
    """Return one row per planned cell, controls too, in the order of the plan: the columns of summary.csv.

    Rates are images per second, times seconds, memory 10⁶ bytes; a ratio above 1 is faster than the
    baseline. A cell whose status is not passed or not checked has no numbers at all; one that is not
    checked has times, and is compared with nothing.
    """
    run, samples, launches, frame = results.run, results.samples, results.launches, results.cells
    times = (throughputs(samples, launches), cold_calls(run, launches), ratios(samples, frame, run))
    for estimates in (*times, memory_use(run)):
        frame = frame.merge(estimates, on=CELL, how="left")
    n_train = frame["problem"].map({name: problem.n_train for name, problem in run.plan.problems.items()})
    frame["seconds_per_epoch"] = frame["seconds_per_step"] * (n_train // frame["batch_size"])
    frame = with_shares(frame, run)
    frame.loc[~frame["status"].isin(STATUSES_WITH_TIMES), MEASURED] = np.nan
    counts = ["n_launches", "n_samples"]
    frame[counts] = frame[counts].fillna(0).astype("int64")
    frame["margin"] = margins(frame)
    frame["verdict"] = verdicts(frame, run)
    return frame[COLUMNS]


def cells_with_statuses(run: Run, samples: pd.DataFrame) -> pd.DataFrame:
    """Return the planned cells with the rounds that each was to get in a launch, and what became of it."""
    cells = planned_cells(run)
    cells["rounds"] = np.where(cells["once_per_launch"], 1, run.plan.rounds)
    return pd.concat([cells, statuses(run, cells, samples)], axis=1)


def launch_medians(samples: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Return one row per cell and launch: the median `step_seconds` in it, its `spread`, its `n_samples`.

    `spread` is relative and robust, 1.4826·MAD over the median. `enters` says whether the launch has
    rounds enough to enter an interval: 3, or all that the plan gave the cell, `rounds` of `cells`.
    """
    keys = [*CELL, *UNIT]
    grouped = samples.groupby(keys)["step_seconds"]
    distance = (samples["step_seconds"] - grouped.transform("median")).abs()
    result = grouped.agg(step_seconds="median", best="min", n_samples="size").reset_index()
    # Same keys, same order: both come out sorted by them.
    mad = distance.groupby([samples[key] for key in keys]).median().to_numpy(dtype=float)
    result["spread"] = 1.4826 * mad / result["step_seconds"]
    result = result.merge(cells[[*CELL, "rounds"]], on=CELL)
    result["enters"] = result["n_samples"] >= result["rounds"].clip(upper=LEAST_ROUNDS)
    return result


def throughputs(samples: pd.DataFrame, launches: pd.DataFrame) -> pd.DataFrame:
    """Return per cell the median over launches of the medians within a launch, its interval, and the best."""
    grouped = counting_launches(launches).groupby(CELL)
    result = grouped.agg(seconds_per_step=("step_seconds", "median"), spread=("spread", "median")).reset_index()
    result = result.merge(intervals(launches.assign(log=np.log(launches["step_seconds"]))), on=CELL)
    totals = samples.groupby(CELL).agg(
        n_samples=("step_seconds", "size"), best=("step_seconds", "min"), sample_seconds=("elapsed_ns", "median")
    )
    result = result.merge(totals.reset_index(), on=CELL)
    size = result["batch_size"].astype(float)
    return result[[*CELL, "n_launches", "n_samples", "seconds_per_step", "spread"]].assign(
        sample_seconds=result["sample_seconds"] / 1e9,
        images_per_second=size / result["seconds_per_step"],
        images_per_second_low=size / np.exp(result["high"]),
        images_per_second_high=size / np.exp(result["low"]),
        images_per_second_best=size / result["best"],
    )


def counting_launches(launches: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `launch_medians` that a throughput is the median of: those long enough for an interval.

    Of a cell where none is long enough, all that there are.
    """
    return launches[launches["enters"] | ~launches.groupby(CELL)["enters"].transform("any")]


def intervals(launches: pd.DataFrame) -> pd.DataFrame:
    """Return per cell Student's t interval of the mean of `log`: n_launches, mean, low, high, in logs.

    One launch has no interval (NaN): it cannot show how much launches differ.
    """
    entering = launches[launches["enters"]]
    result = entering.groupby(CELL)["log"].agg(n_launches="size", mean="mean", deviation="std").reset_index()
    n = result["n_launches"].astype(float)
    with np.errstate(invalid="ignore"):  # no degrees of freedom: NaN, which is the answer
        reach = stdtrit(n - 1, (1 + CONFIDENCE) / 2) * result["deviation"] / np.sqrt(n)
    result["low"], result["high"] = result["mean"] - reach, result["mean"] + reach
    all_cells = launches[CELL].drop_duplicates()
    return all_cells.merge(result, on=CELL, how="left").fillna({"n_launches": 0})


def cold_calls(run: Run, launches: pd.DataFrame) -> pd.DataFrame:
    """Return per cell the first call of a process at that batch size: seconds, and times its steady time.

    The median over launches. The ratio compares it with as many steps at the launch's own median.
    """
    cold = accepted(run.samples[run.samples["kind"] == "cold"], run)
    first = cold.sort_values("started_s", kind="stable").drop_duplicates([*CELL, *UNIT])
    first = first.merge(launches[[*CELL, *UNIT, "step_seconds"]], on=[*CELL, *UNIT], how="left")
    first["cold_seconds"] = first["elapsed_ns"].astype(float) / 1e9
    first["cold_ratio"] = first["cold_seconds"] / (first["n_steps"].astype(float) * first["step_seconds"])
    return first.groupby(CELL)[["cold_seconds", "cold_ratio"]].median().reset_index()


def memory_use(run: Run) -> pd.DataFrame:
    """Return per cell of the memory pass what its process held after loading, at its highest, and the difference.

    In 10⁶ bytes. Where the system could not reset the peak, that of loading may be the higher one: no difference.
    """
    measured = run.memory[run.memory["status"] == "measured"]
    loaded, peak = (measured[f"{which}_memory_bytes"].astype(float) / 1e6 for which in ("loaded", "peak"))
    above = (peak - loaded).clip(lower=0).where(measured["since_load"].eq(True))
    return measured[CELL].assign(loaded_memory_mb=loaded, peak_memory_mb=peak, memory_above_loaded_mb=above)


def baseline_variants(run: Run) -> dict[str, str]:
    """Return the baseline's variant for each dtype that it has; axes not asked for take their first value."""
    name, _, values = run.plan.baseline.removesuffix("]").partition("[")
    asked = {value for value in values.split(",") if value and not value.startswith("dtype=")}
    found: dict[str, str] = {}
    for variant in run.plan.variants:
        axes = set(variant.variant.removesuffix("]").partition("[")[2].split(","))
        if variant.implementation == name and not variant.control and asked <= axes:
            found.setdefault(variant.dtype, variant.variant)
    return found


def baselines_of(cells: pd.DataFrame, run: Run) -> dict[str, str]:
    """Return by variant the baseline of its dtype, where there is one; that of a baseline is itself."""
    dtypes = cells.drop_duplicates("variant").set_index("variant")["dtype"]
    return {str(variant): than for variant, than in dtypes.map(baseline_variants(run)).dropna().items()}


def ratios(samples: pd.DataFrame, cells: pd.DataFrame, run: Run) -> pd.DataFrame:
    """Return per cell the speed relative to the baseline's cell of the same dtype, with its interval.

    The baseline against itself is exactly 1.
    """
    return relative_speeds(samples, cells, baselines_of(cells, run)).rename(columns={"ratio": "ratio_to_baseline"})


def relative_speeds(samples: pd.DataFrame, cells: pd.DataFrame, others: Mapping[str, str]) -> pd.DataFrame:
    """Return per cell `ratio`, its speed relative to that of another variant, `ratio_low` and `ratio_high`.

    `others` maps variant → the variant it is compared with, at the same problem, batch size and threads.
    Over launches Student's t on their log-ratios. The point is exp(mean): the centre of that very
    interval, and the only choice for which "a is r times b" and "b is 1/r times a" agree.
    """
    return speeds_over_launches(launch_ratios(samples, cells, others))


def launch_ratios(samples: pd.DataFrame, cells: pd.DataFrame, others: Mapping[str, str]) -> pd.DataFrame:
    """Return per cell and launch `log`, the median log-ratio of its speed to that of another variant, and `enters`.

    Formed within a round, between samples taken seconds apart, so that whatever slowed the machine
    down slowed both. Only cells that have passed are compared, on either side; a launch enters an
    interval with 3 rounds that have both, or all that were planned.
    """
    verified = cells.loc[cells["status"] == "passed", [*CELL, "rounds"]]
    usable = samples.merge(verified, on=CELL)[[*PAIR, "variant", "rounds", "step_seconds"]]
    usable["other"] = usable["variant"].map(others).astype(usable["variant"].dtype)
    pairs = usable.merge(
        usable.drop(columns="other"), left_on=[*PAIR, "other"], right_on=[*PAIR, "variant"], suffixes=("", "_of_other")
    )
    pairs["log"] = np.log(pairs["step_seconds_of_other"] / pairs["step_seconds"])
    pairs["planned"] = pairs[["rounds", "rounds_of_other"]].min(axis=1)
    grouped = pairs.groupby([*CELL, *UNIT])
    per_launch = grouped.agg(log=("log", "median"), n_pairs=("log", "size"), planned=("planned", "first")).reset_index()
    per_launch["enters"] = per_launch["n_pairs"] >= per_launch["planned"].clip(upper=LEAST_ROUNDS)
    return per_launch


def speeds_over_launches(per_launch: pd.DataFrame) -> pd.DataFrame:
    """Return per cell `ratio`, `ratio_low` and `ratio_high` of the rows of `launch_ratios`."""
    result = intervals(per_launch)
    centre = per_launch.groupby(CELL)["log"].mean().reset_index(name="of_all")
    mean = result["mean"].fillna(result.merge(centre, on=CELL)["of_all"])
    of_ratio = {"ratio": np.exp(mean), "ratio_low": np.exp(result["low"]), "ratio_high": np.exp(result["high"])}
    return result[CELL].assign(**of_ratio)


def verdicts(frame: pd.DataFrame, run: Run) -> NDArray[Any]:
    """Return the word for every cell: faster, slower, same within x %, not enough data, not verified, baseline, A/A."""
    baselines = set(baseline_variants(run).values())
    margin = margins(frame)
    low, high = np.log(frame["ratio_low"]), np.log(frame["ratio_high"])
    reach = log_reach(low, high)
    unknown = unknown_verdict(run)
    is_unknown = reach.isna() | margin.isna()
    unverified = frame["status"] == "not checked"
    control = np.where(
        (low > 0) | (high < 0), "A/A: differs, by at most " + whole_percent(reach) + " %", "A/A: " + same_within(reach)
    )
    return np.select(
        [
            ~frame["status"].isin(STATUSES_WITH_TIMES),
            frame["variant"].isin(baselines),
            unverified & frame["control"],
            unverified,
            frame["ratio_to_baseline"].isna(),
            is_unknown & frame["control"],
            ~is_unknown & frame["control"],
        ],
        [
            *("", "baseline", "A/A: not verified", "not verified", "not enough data"),
            *(f"A/A: {unknown}", control),
        ],
        verdict_words(frame["ratio_low"], frame["ratio_high"], margin, unknown),
    )
