"""The machine's limit by the roofline, and the share of it that each cell attains."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from paragone.task.mlp.problem import Problem

if TYPE_CHECKING:
    from paragone.store.reader import Run

PLACE = ["problem", "dtype", "threads"]
BYTES = {"float32": 4, "float64": 8}


def machine_limits(run: Run) -> pd.DataFrame:
    """The two ceilings of the roofline, medians over launches: `gemm` in FLOP/s, `read` in bytes/s, and `n_launches`.

    One row per problem, dtype and number of threads; empty where nothing was measured.
    """
    rows = run.limits[run.limits["what"].isin(["gemm", "read"])]
    if rows.empty:
        return pd.DataFrame(columns=[*PLACE, "gemm", "read", "n_launches"])
    values = rows.groupby([*PLACE, "what"], sort=False)["per_second"].median().unstack("what")
    values = values.reindex(columns=["gemm", "read"]).reset_index()
    counts = rows.groupby(PLACE)["launch"].nunique().rename("n_launches").reset_index()
    return values.merge(counts, on=PLACE)[[*PLACE, "gemm", "read", "n_launches"]]


def limits_of_grid(run: Run) -> pd.DataFrame:
    """`limit_images_per_second` and `products_images_per_second`, one row per point of the grid.

    The limit is the roofline's: the step's products and update at the speed of a large matrix product, or every pixel
    of the mini-batch read once from memory, whichever takes longer. `products` is the measured speed of the step's
    matrix products alone, in their own shapes, by NumPy's BLAS.
    """
    products = run.limits[run.limits["what"] == "products"]
    medians = products.groupby([*PLACE, "batch_size"])["per_second"].median().rename("products_images_per_second")
    grid = medians.reset_index().merge(machine_limits(run), on=PLACE)
    grid["batch_size"] = grid["batch_size"].astype("int64")
    steps = zip(grid["problem"], grid["dtype"], grid["batch_size"], grid["gemm"], grid["read"], strict=True)
    seconds = [step_seconds_at_least(run.plan.problems[name], *others) for name, *others in steps]
    grid["limit_images_per_second"] = grid["batch_size"] / pd.Series(seconds, dtype=float)
    return grid[[*PLACE, "batch_size", "limit_images_per_second", "products_images_per_second"]]


def step_seconds_at_least(
    problem: Problem, dtype: str, batch_size: int, flops_per_second: float, bytes_per_second: float
) -> float:
    """max(FLOPs of a step / FLOP per second, bytes of its pixels / bytes per second)"""
    arithmetic = problem.flops_per_step(batch_size) / flops_per_second
    memory = batch_size * problem.layers[0] * BYTES[dtype] / bytes_per_second
    return max(arithmetic, memory)


def with_shares(frame: pd.DataFrame, run: Run) -> pd.DataFrame:
    """The cells with `limit_images_per_second` and `share_of_limit`; NaN where no limit was measured."""
    grid = limits_of_grid(run).drop(columns="products_images_per_second")
    result = frame.merge(grid, on=[*PLACE, "batch_size"], how="left")
    result["share_of_limit"] = result["images_per_second"] / result["limit_images_per_second"].astype(float)
    return result
