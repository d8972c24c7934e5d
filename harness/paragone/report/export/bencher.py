"""A run in the Bencher Metric Format, which `bencher run --adapter json` reads.

An object by benchmark, in it one by measure, in it `value` and, where there is an interval, `lower_value` and
`upper_value`: bencher.dev/docs/reference/bencher-metric-format.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from paragone.report.export.cells import id_of, passed_cells, step_ns
from paragone.report.text.rows import each_row

if TYPE_CHECKING:
    from paragone.analyse.results import Results

BASELINE = "baseline"  # its verdict


def bencher_json(results: Results) -> dict[str, Any]:
    """Return the measures of each cell that passed, by its id.

    `latency` is the time of a step in ns and `throughput` is work per second: the two that every project of Bencher
    has. `ratio-to-baseline` is formed within the run, and so does not hang on how fast the machine of the day is.
    """
    return {id_of(row, results.run): _measures(row) for row in each_row(passed_cells(results))}


def _measures(row: Any) -> dict[str, dict[str, float]]:
    measures = {
        "latency": _metric(*step_ns(row)),
        "throughput": _metric(row.work_per_second, row.work_per_second_low, row.work_per_second_high),
    }
    if row.verdict != BASELINE and not math.isnan(row.ratio_to_baseline):
        measures["ratio-to-baseline"] = _metric(row.ratio_to_baseline, row.ratio_low, row.ratio_high)
    return measures


def _metric(value: float, low: float, high: float) -> dict[str, float]:
    """Return the metric; JSON has no NaN, so where there is no interval there are no ends."""
    ends = {} if math.isnan(low) or math.isnan(high) else {"lower_value": low, "upper_value": high}
    return {name: float(f"{number:.6g}") for name, number in ({"value": value} | ends).items()}
