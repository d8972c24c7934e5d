"""The section on the machine's limit: the roofline, and what it allows each cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from paragone.analyse.attained import limits_of_grid, machine_limits
from paragone.report.text import formatting, markdown
from paragone.report.text.rows import each_row

if TYPE_CHECKING:
    from paragone.store.reader import Run

EXPLANATION = """\
Measured in every launch of this run, in a fresh process with the same threads and kernels as NumPy's implementations:
the speed of a large matrix product (`np.matmul`, 1024 × 1024) and of reading memory that fits in no cache. The
**limit** of a cell is the time of a step's products and update at the first speed, or of reading its pixels once at the
second, whichever is longer. The shares in the tables are of that limit. It bounds what dense products by this BLAS can
reach; code with faster kernels, or code that skips pixels that are 0, may pass it. **Products alone** is the speed of
`np.matmul` on the step's own shapes, without gather, activation or update: at small batches it is the cost of calls."""


def section(run: Run) -> str:
    limits = machine_limits(run)
    if limits.empty:
        return ""
    speeds = [
        [
            markdown.code(row.problem),
            row.dtype,
            str(row.threads),
            f"{formatting.significant(row.gemm / 1e9)} GFLOP/s",
            f"{formatting.significant(row.read / 1e9)} GB/s",
            str(row.n_launches),
        ]
        for row in each_row(limits)
    ]
    headings = ["problem", "dtype", "threads", "matrix product", "reading memory", "launches"]
    return f"{EXPLANATION}\n\n{markdown.table(headings, speeds)}\n\n{_grid_table(limits_of_grid(run))}"


def _grid_table(grid: pd.DataFrame) -> str:
    lines = [
        [
            markdown.code(row.problem),
            row.dtype,
            str(row.threads),
            formatting.batch(row.batch_size),
            formatting.rate(row.limit_images_per_second),
            formatting.rate(row.products_images_per_second),
        ]
        for row in each_row(grid)
    ]
    return markdown.table(["problem", "dtype", "threads", "batch size", "limit", "products alone"], lines)
