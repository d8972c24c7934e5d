"""The section on crossovers: which variant overtakes which along the sizes, and between which two sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paragone.analyse.crossovers import GRID
from paragone.report.text import formatting, markdown
from paragone.report.text.rows import each_row, first_row, grid_label, names_by_variant

if TYPE_CHECKING:
    from paragone.analyse.results import Results

EXPLANATION = """\
A variant overtakes another where its verdict against it is *slower* at one {one_size} and *faster* at a larger one;
the {sizes} measured between the two have neither verdict. The fastest variant of each {one_size} is compared with
the fastest of the next, and every variant with the baseline."""
HEADINGS = ["variant", "overtakes", "between", "speed relative to it before", "after"]
AGAIN = "one of {} crossovers of these two"


def section(results: Results) -> str:
    """Return the explanation and a table per grid, the crossovers of the fastest first; "" where there are none."""
    frame, found = results.summary, results.crossovers
    if found.empty:
        return ""
    found = found.sort_values("among", key=lambda among: among != "fastest", kind="stable")
    names = names_by_variant(frame)
    spoken = results.run.plan.words_of()
    parts = [EXPLANATION.format(one_size=spoken.one_size, sizes=spoken.sizes)]
    for _, rows in found.groupby(GRID, sort=False):
        if here := grid_label(frame, first_row(rows)):
            parts.append(f"### {here.removesuffix(': ')}")
        parts.append(markdown.table(HEADINGS, [_line(row, names) for row in each_row(rows)]))
    return "\n\n".join(parts)


def _line(row: Any, names: dict[str, str]) -> list[str]:
    again = f"<br>{AGAIN.format(row.n_crossovers)}" if row.n_crossovers > 1 else ""
    return [
        markdown.code(names[row.variant]),
        markdown.code(names[row.than]) + again,
        f"{formatting.size(row.slower_at)} and {formatting.size(row.faster_at)}",
        formatting.ratio_with_interval(row.before, row.before_low, row.before_high),
        formatting.ratio_with_interval(row.after, row.after_low, row.after_high),
    ]
