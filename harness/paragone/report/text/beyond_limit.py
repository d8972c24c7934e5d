"""The sentences on the cells beyond the machine's limit: why those may that leave out zeros, and which others are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from paragone.analyse.attained import ASSUMED_NONZERO
from paragone.analyse.roofline import beyond_limit
from paragone.report.text import formatting, markdown
from paragone.report.text.rows import axis_values, first_row, grid_label_of

if TYPE_CHECKING:
    from paragone.analyse.results import Results
    from paragone.store.reader import Run

HEADING = "**Beyond the limit**, with the lower end of the interval where there is one:"
MAY = (
    "It may: it declares that it leaves out the {numbers} that are 0, and the limit is that of dense products. "
    "{zeros}, so its arithmetic is at best {fewer:.3g} times less than a dense step's."
)
COUNTED = "{:.1f} % of this data set's {} are 0, each counted"
NOT_COUNTED = "This run does not say how many are 0; {:.0f} % are assumed"
UNDECLARED = (
    "It declares nothing that it leaves out: its kernels are faster than those of this BLAS at one large product, or "
    "the machine was slower when that was measured."
)


def beyond_the_limit(results: Results) -> str:
    """Return a sentence or two for each variant that passes its limit, fastest first; "" where none does."""
    run, frame = results.run, results.summary
    cells = beyond_limit(run, frame)
    if cells.empty:
        return ""
    lines = [
        f"{grid_label_of(frame, first.problem, first.threads, first.dtype)}{_passes(line, run)} {_why(line, run)}"
        for _, line in cells.groupby(["problem", "threads", "variant"], sort=False)
        for first in [first_row(line)]
    ]
    return f"{HEADING}\n\n{markdown.bullets(lines)}"


def _passes(line: pd.DataFrame, run: Run) -> str:
    """Return "`c_sparse` passes the limit at n = 10 and 100, most at 10: 1.62× as fast."."""
    first, at_size = first_row(line), run.plan.words_of(first_row(line).problem).at_size
    name = " ".join(filter(None, [first.implementation, axis_values(first.variant)]))
    most = f", most at {formatting.size(first.size)}" if len(line) > 1 else ""
    at = f"{at_size} {formatting.sizes_in_words(sorted(line['size']))}"
    return f"{markdown.code(name)} passes the limit at {at}{most}: {formatting.ratio(first.share_of_limit)} as fast."


def _why(line: pd.DataFrame, run: Run) -> str:
    first = first_row(line)
    if not first.skips_zeros:
        return UNDECLARED
    numbers = run.plan.words_of(first.problem).numbers
    nonzero = run.plan.data.nonzero_share
    if nonzero is None:
        zeros = NOT_COUNTED.format(100 * (1 - ASSUMED_NONZERO))
    else:
        zeros = COUNTED.format(100 * (1 - nonzero), numbers)
    return MAY.format(numbers=numbers, zeros=zeros, fewer=line["fewer"].max())
