"""The section with the results: a table per problem, thread count and dtype, implementations by sizes.

The fastest at the largest size is the first row.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from paragone.analyse.statuses import STATUSES_WITH_TIMES
from paragone.analyse.verdicts import ONE_LAUNCH, WITHIN_AA
from paragone.report.text import formatting, markdown
from paragone.report.text.exactness import allowed_error
from paragone.report.text.rows import each_row, first_row, lines_fastest_first, short_names, shown_rows

WITHIN = "≈ and grey: within A/A, not told apart from the baseline"

if TYPE_CHECKING:
    from paragone.store.plan_records import Plan
    from paragone.task.problem import Words


def section(frame: pd.DataFrame, plan: Plan) -> str:
    shown = shown_rows(frame).assign(name=short_names(frame))
    parts = []
    for _, cells in shown.groupby(["problem", "threads", "dtype"], sort=False):
        first = first_row(cells)
        threads = formatting.plural(first.threads, "thread")
        parts.append(f"### {markdown.code(first.problem)}, {first.dtype}, {threads}")
        parts.append(_table(cells, plan.words_of(first.problem)))
    return "\n\n".join(parts)


def _table(cells: pd.DataFrame, spoken: Words) -> str:
    sizes = sorted(cells["size"].unique())
    lines = []
    for name, line in lines_fastest_first(cells):
        by_size = {row.size: row for row in each_row(line)}
        lines.append(
            [markdown.code(name), *(_cell(by_size[size], spoken) if size in by_size else "" for size in sizes)]
        )
    return markdown.table(["implementation", *(f"{spoken.at_size} {formatting.size(size)}" for size in sizes)], lines)


def _cell(row: Any, spoken: Words) -> str:
    """Return throughput above ratio, verdict and error; the status alone where there is no time."""
    if row.status not in STATUSES_WITH_TIMES:
        return f"*{row.status}*"
    speed = speed_with_limit(row, spoken.rate)
    if row.status == "not checked":
        return f"{speed}<br>{'baseline, ' * (row.verdict == 'baseline')}*not verified*"
    error = allowed_error(row, spoken)
    if row.verdict == "baseline":
        return "<br>".join(filter(None, [speed, "baseline", error]))
    compared = formatting.ratio_with_interval(row.ratio_to_baseline, row.ratio_low, row.ratio_high)
    if row.verdict == WITHIN_AA:
        return "<br>".join(filter(None, [speed, f"≈ {compared}", error]))
    verdict = "" if row.verdict == ONE_LAUNCH else row.verdict  # one launch: its title says so
    return "<br>".join(filter(None, [speed, compared, verdict, error]))


def speed_with_limit(row: Any, unit: str) -> str:
    """Return work per second with its interval, and below them the share of the machine's limit where known."""
    interval = formatting.rate_interval(row.work_per_second_low, row.work_per_second_high, row.work_per_second)
    speed = f"**{formatting.rate_of(row.work_per_second, unit)}** {interval}".strip()
    if math.isnan(row.share_of_limit):
        return speed
    return f"{speed}<br>{formatting.percent(row.share_of_limit)} of the limit"
