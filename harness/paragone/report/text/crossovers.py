"""The section on crossings: who overtakes whom along batch size, between which sizes, and how sure that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from paragone.analyse.crossovers import GRID, crossings
from paragone.analyse.fastest import leaders
from paragone.report.text import formatting, tables
from paragone.report.text.questions import names_of, where

if TYPE_CHECKING:
    import pandas as pd

    from paragone.store.run_folder import Run

EXPLANATION = """\
Who is surely slower at one batch size and surely faster at a larger one overtakes between the two; at the sizes between
them that were measured too, neither is sure. **Near** is where the two would be equally fast if their ratio followed a
smooth curve through the measured batch sizes, both on logarithmic scales: each launch has such a point, the number is
their mean and the interval Student's t over launches, widened where straight lines say something else. Without a number
the crossing is only bracketed. Each leader is compared with the next, and all with the baseline."""
HEADINGS = ["who", "overtakes", "between", "near", "speed relative to it before", "after"]
AGAIN = "one of {} crossings of these two"


def section(run: Run, frame: pd.DataFrame) -> str:
    """Return the explanation and a line per crossing, those of leaders first; "" where nobody overtakes anybody."""
    found = crossings(run, frame, leaders(run, frame))
    if found.empty:
        return ""
    found = found.sort_values("among", key=lambda among: among != "leaders", kind="stable")
    names = names_of(frame)
    parts = [EXPLANATION]
    for _, rows in found.groupby(GRID, sort=False):
        if here := where(frame, next(formatting.rows(rows))):
            parts.append(f"### {here.removesuffix(': ')}")
        parts.append(tables.table(HEADINGS, [_line(row, names) for row in formatting.rows(rows)]))
    return "\n\n".join(parts)


def _line(row: Any, names: dict[str, str]) -> list[str]:
    near = ""
    if not np.isnan(row.estimate):
        near = formatting.batch_estimate(row.estimate, row.estimate_low, row.estimate_high)
    again = f"<br>{AGAIN.format(row.n_crossings)}" if row.n_crossings > 1 else ""
    return [
        formatting.code(names[row.variant]),
        formatting.code(names[row.than]) + again,
        f"{formatting.batch(row.slower_at)} and {formatting.batch(row.faster_at)}",
        near,
        formatting.ratio_with_interval(row.before, row.before_low, row.before_high),
        formatting.ratio_with_interval(row.after, row.after_low, row.after_high),
    ]
