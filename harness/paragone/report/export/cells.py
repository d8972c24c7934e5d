"""The cells of a run that other tools get, and the name by which each of them knows a cell from run to run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from paragone.analyse.results import Results
    from paragone.store.reader import Run


def passed_cells(results: Results) -> pd.DataFrame:
    """Return the rows of the summary that have passed and have a time, without the A/A control."""
    frame = results.summary
    return frame[(frame["status"] == "passed") & frame["seconds_per_step"].notna() & ~frame["control"]]


def cell_id(variant: str, problem: str, size: int, threads: int, symbol: str = "B") -> str:
    """Return `numpy_rows-float32-C-nielsen-B100`, with `-T2` appended for two threads; `symbol` is that of the size.

    The tests in benchmarks/ use the same ids, so that an exported run can be compared with them.
    """
    name, _, axes = variant.removesuffix("]").partition("[")
    values = [axis.partition("=")[2] for axis in axes.split(",")]
    return "-".join([name, *values, problem, f"{symbol}{size}", *([f"T{threads}"] if threads > 1 else [])])


def id_of(row: Any, run: Run) -> str:
    """Return the id of a row of `passed_cells`."""
    return cell_id(row.variant, row.problem, row.size, row.threads, run.plan.words_of(row.problem).symbol)


def step_ns(row: Any) -> tuple[float, float, float]:
    """Return the time of a step in ns and the ends of its interval, which are NaN where there is none."""
    work = row.work_per_second * row.seconds_per_step
    seconds = (row.seconds_per_step, work / row.work_per_second_high, work / row.work_per_second_low)
    value, low, high = (float(f"{1e9 * each:.6g}") for each in seconds)
    return value, low, high
