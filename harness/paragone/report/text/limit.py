"""What the machine can do at most, as tables of the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from paragone.analyse.attained import limits_of_grid, machine_limits
from paragone.report.text import formatting, tables

if TYPE_CHECKING:
    from paragone.store.reader import Run

EXPLANATION = """\
Measured in every launch of this run, in a fresh process with the same threads and kernels as NumPy's implementations:
the speed of a large matrix product (`np.matmul`, 1024 × 1024) and of reading memory that fits no cache. The **limit**
of a cell is what a step's products and update would take at that speed, or its pixels read once from memory, whichever
is slower. The shares in the tables are of that limit. It bounds what dense products by this BLAS can reach; code with
faster kernels, or code that leaves out the pixels that are 0, may pass it. **Products alone** is what `np.matmul`
makes of the step's own shapes, with no gather, activation or update: at small batches it is the cost of calls."""


def section(run: Run) -> str:
    """Return the explanation and the tables of the machine's limits; "" where none was measured."""
    limits = machine_limits(run)
    if limits.empty:
        return ""
    machine = [
        [
            formatting.code(row.problem),
            row.dtype,
            str(row.threads),
            f"{formatting.significant(row.gemm / 1e9)} GFLOP/s",
            f"{formatting.significant(row.read / 1e9)} GB/s",
            str(row.n_launches),
        ]
        for row in formatting.rows(limits)
    ]
    headings = ["problem", "dtype", "threads", "matrix product", "reading memory", "launches"]
    return f"{EXPLANATION}\n\n{tables.table(headings, machine)}\n\n{_grid_table(limits_of_grid(run))}"


def _grid_table(grid: pd.DataFrame) -> str:
    """Return limit and products alone, in images per second, for every problem, dtype, threads and batch size."""
    lines = [
        [
            formatting.code(row.problem),
            row.dtype,
            str(row.threads),
            formatting.batch(row.batch_size),
            formatting.rate(row.limit_images_per_second),
            formatting.rate(row.products_images_per_second),
        ]
        for row in formatting.rows(grid)
    ]
    return tables.table(["problem", "dtype", "threads", "batch size", "limit", "products alone"], lines)
