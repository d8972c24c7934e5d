"""The section on the machine's limit: the roofline, what it allows each cell, and which rates are not believed."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import pandas as pd

from paragone.analyse.attained import FASTER_THAN_BLAS, VARIANT, devices, limits_of_grid, machine_limits
from paragone.report.text import formatting, markdown
from paragone.report.text.beyond_limit import beyond_the_limit
from paragone.report.text.rows import each_row

if TYPE_CHECKING:
    from paragone.analyse.results import Results
    from paragone.task.problem import Words

EXPLANATION = f"""\
Measured in every launch of this run, in a fresh process with the same threads and kernels as NumPy's implementations:
the speed of a large matrix product (`np.matmul`, 1024 × 1024){{reading}}. The **limit** of a cell is {{limit}},
whichever is longer. The shares in the tables are of that limit. It bounds what dense products by this BLAS can
reach; {{may_pass}}. **At most** is what such code can
reach too: {{at_most}} {FASTER_THAN_BLAS:g} times as fast as the fastest of all launches,
memory for nothing. A cell above that is *too fast*: it has no rate and is compared with nothing."""
READING = " and of reading memory that fits in no cache"
READING_BOTH = (
    ", of reading memory that fits in no cache, and of reading what half of the second cache holds (a roof of the "
    "figure; it sets no limit)"
)
PRODUCTS = " **Products alone** is the speed of `np.matmul` on the step's own shapes, without {products_without}."
NONE = (
    "No limit was measured in this run. So no share of it is shown, and no cell was refused for being faster than this "
    "machine can be."
)
UNBOUNDED = "No limit is known for {names}: no rate of {them} was refused for being faster than the machine can be."


def section(results: Results) -> str:
    run = results.run
    limits = machine_limits(run)
    if limits.empty:
        return NONE
    has_cache = bool(limits["cache"].notna().any())
    grid, spoken = limits_of_grid(run), run.plan.words_of()
    has_products = bool(grid["products_work_per_second"].notna().any())
    said = EXPLANATION.format(**asdict(spoken), reading=READING_BOTH if has_cache else READING)
    said += PRODUCTS.format(**asdict(spoken)) * has_products
    tables = [_speeds_table(limits, has_cache), _grid_table(grid, spoken, has_products)]
    parts = [said, *tables, beyond_the_limit(results), *_unbounded(results)]
    return "\n\n".join(filter(None, parts))


def _speeds_table(limits: pd.DataFrame, has_cache: bool) -> str:
    lines = [
        [
            markdown.code(row.problem),
            row.dtype,
            str(row.threads),
            f"{formatting.significant(row.gemm / 1e9)} GFLOP/s",
            *(f"{formatting.significant(rate / 1e9)} GB/s" for rate in (row.read, row.cache)[: 1 + has_cache]),
            str(row.n_launches),
        ]
        for row in each_row(limits)
    ]
    reading = ["reading memory", "reading a cache"][: 1 + has_cache]
    return markdown.table(["problem", "dtype", "threads", "matrix product", *reading, "launches"], lines)


def _grid_table(grid: pd.DataFrame, spoken: Words, has_products: bool) -> str:
    lines = [
        [
            markdown.code(row.problem),
            row.dtype,
            str(row.threads),
            formatting.size(row.size),
            formatting.rate_of(row.limit_work_per_second, spoken.rate),
            formatting.rate_of(row.most_work_per_second, spoken.rate),
            *[formatting.rate_of(row.products_work_per_second, spoken.rate)] * has_products,
        ]
        for row in each_row(grid)
    ]
    headings = ["problem", "dtype", "threads", spoken.size, "limit", "at most", *["products alone"] * has_products]
    return markdown.table(headings, lines)


def _unbounded(results: Results) -> list[str]:
    """Return a sentence that names the variants with times and no limit, and their devices; [] without any."""
    frame = results.summary
    timed = frame[frame["work_per_second"].notna() & frame["limit_work_per_second"].isna() & ~frame["control"]]
    found = timed[VARIANT].merge(devices(results.run), on=VARIANT, how="left").drop_duplicates("variant")
    names = [
        markdown.code(row.variant)
        + (f" (computes on {markdown.escaped(row.device)})" if isinstance(row.device, str) else "")
        for row in each_row(found)
    ]
    if not names:
        return []
    return [UNBOUNDED.format(names=formatting.listed(names), them="it" if len(names) == 1 else "them")]
