"""The machine's limit by the roofline, the share of it that each cell attains, and the most that a cell can attain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from paragone.task.problem import Problem

if TYPE_CHECKING:
    from paragone.store.reader import Run

PLACE = ["problem", "dtype", "threads"]
CEILINGS = ["gemm", "read", "cache"]
VARIANT = ["problem", "variant", "threads"]
# NumPy's BLAS may lack kernels for the newest vector unit of a CPU, and each is twice as wide as the one before.
FASTER_THAN_BLAS = 2.0
# The share of pixels that are not 0, for runs that do not say: below that of MNIST (0.19) and of the digits (0.23).
ASSUMED_NONZERO = 0.1


def machine_limits(run: Run) -> pd.DataFrame:
    """The ceilings of the roofline, medians over launches: `gemm` in FLOP/s, `read` and `cache` in bytes/s.

    `n_launches` counts these. `cache` is NaN in old runs. `best_gemm` is the highest of all launches: in the others the
    machine may have been busy. One row per problem, dtype and number of threads; empty where nothing was measured.
    """
    rows = run.limits[run.limits["what"].isin(CEILINGS)]
    columns = [*PLACE, *CEILINGS, "best_gemm", "n_launches"]
    if rows.empty:
        return pd.DataFrame(columns=columns)
    values = rows.groupby([*PLACE, "what"], sort=False)["per_second"].median().unstack("what")
    values = values.reindex(columns=CEILINGS).reset_index()
    best = rows[rows["what"] == "gemm"].groupby(PLACE)["per_second"].max().rename("best_gemm").reset_index()
    counts = rows.groupby(PLACE)["launch"].nunique().rename("n_launches").reset_index()
    return values.merge(best, on=PLACE, how="left").merge(counts, on=PLACE)[columns]


def limits_of_grid(run: Run) -> pd.DataFrame:
    """What the machine allows at each point of the grid, in units of work per second.

    limit_work_per_second      the roofline's: the step's products and update at the speed of a large matrix product,
                                 or what it must move, read once from memory, whichever takes longer; nothing
                                 is moved that a cache holds
    products_work_per_second   the measured speed of the step's products alone, in their own shapes, by NumPy's BLAS
    most_work_per_second       what no code can exceed, however it is written: see `shortest_step_seconds`
    """
    products = run.limits[run.limits["what"] == "products"].astype({"size": "float64"})
    medians = products.groupby([*PLACE, "size"])["per_second"].median().rename("products_work_per_second")
    grid = planned_points(run).merge(machine_limits(run), on=PLACE)
    grid = grid.merge(medians.reset_index(), on=[*PLACE, "size"], how="left")
    steps = list(zip(grid["problem"].map(run.plan.problems), grid["dtype"], grid["size"], strict=True))
    speeds = zip(grid["gemm"], grid["read"], strict=True)
    cache_bytes = max(run.environment.machine.caches.values(), default=0)
    limits = [step_seconds_at_least(*step, *speed, cache_bytes) for step, speed in zip(steps, speeds, strict=True)]
    nonzero = nonzero_share(run)
    least = [
        shortest_step_seconds(problem, size, gemm, nonzero)
        for (problem, _, size), gemm in zip(steps, grid["best_gemm"], strict=True)
    ]
    work = pd.Series([problem.work(size) for problem, _, size in steps], dtype=float)
    for name, seconds in (("limit", limits), ("most", least)):
        grid[f"{name}_work_per_second"] = work / pd.Series(seconds, dtype=float).replace(0.0, np.nan)
    return grid[[*PLACE, "size", *(f"{name}_work_per_second" for name in ("limit", "products", "most"))]]


def planned_points(run: Run) -> pd.DataFrame:
    """The points of the grid: problem, dtype, threads and size of the planned cells."""
    dtypes = {variant.variant: variant.dtype for variant in run.plan.variants}
    rows = [(cell.problem, dtypes[cell.variant], cell.threads, cell.size) for cell in run.plan.cells]
    return pd.DataFrame(rows, columns=[*PLACE, "size"]).astype({"size": "int64"}).drop_duplicates(ignore_index=True)


def step_seconds_at_least(
    problem: Problem, dtype: str, size: int, flops_per_second: float, bytes_per_second: float, cache_bytes: int = 0
) -> float:
    """max(FLOPs of a step / FLOP per second, bytes that it must move / bytes per second)"""
    arithmetic = problem.flops_per_step(size) / flops_per_second
    memory = problem.bytes_per_step(size, dtype, cache_bytes) / bytes_per_second
    return max(arithmetic, memory)


def shortest_step_seconds(problem: Problem, size: int, flops_per_second: float, nonzero: float) -> float:
    """The time of a step for code that leaves out all data that are 0, with products faster than NumPy's BLAS.

    Reading memory sets no bound here: data may be held in fewer bytes, and those of a sample may stay in a cache.
    """
    return problem.flops_per_step(size, nonzero) / (FASTER_THAN_BLAS * flops_per_second)


def nonzero_share(run: Run) -> float:
    known = run.plan.data.nonzero_share
    return ASSUMED_NONZERO if known is None else known


def devices(run: Run) -> pd.DataFrame:
    """The contenders that say in their build info that they compute on another device than the CPU, with `device`."""
    infos = run.launches["build_info"]
    named = [str(info.get("device", "")) if isinstance(info, dict) else "" for info in infos]
    elsewhere = np.array([bool(device) and "cpu" not in device.lower() for device in named], dtype=bool)
    return run.launches[VARIANT].assign(device=named)[elsewhere].drop_duplicates(VARIANT)


def with_limits(cells: pd.DataFrame, run: Run) -> pd.DataFrame:
    """The cells with `limit_work_per_second` and `most_work_per_second`.

    NaN where no limit was measured, and for what computes on another device: the limit is that of the CPU.
    """
    grid = limits_of_grid(run).drop(columns="products_work_per_second")
    result = cells.merge(grid, on=[*PLACE, "size"], how="left").merge(devices(run), on=VARIANT, how="left")
    limits = ["limit_work_per_second", "most_work_per_second"]
    result[limits] = result[limits].astype(float)
    result.loc[result.pop("device").notna(), limits] = float("nan")
    return result.set_axis(cells.index)


def with_shares(frame: pd.DataFrame, run: Run) -> pd.DataFrame:
    """The cells with `limit_work_per_second` and `share_of_limit`; NaN where no limit is known."""
    result = with_limits(frame, run).drop(columns="most_work_per_second")
    result["share_of_limit"] = result["work_per_second"] / result["limit_work_per_second"]
    return result
