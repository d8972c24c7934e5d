"""The ceiling of this process for the roofline: the speed of NumPy's BLAS, and of reading memory."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from paragone.task.families import family_of
from paragone.task.problem import Problem
from paragone.worker.budgets import STANDARD, Budgets
from paragone.worker.replies import MachineLimits
from paragone.worker.sample import Clock

SQUARE = 1024  # rows and columns: large enough for a BLAS to reach its peak, small enough for a third-level cache
READ_BYTES = 64 * 2**20  # of each of two arrays: more than the caches hold


def machine_limits(problem: Problem, dtype: str, sizes: Sequence[int], budgets: Budgets = STANDARD) -> MachineLimits:
    """The limits for steps of this problem at these sizes, with the threads of this process."""
    rates = {size: products_work_per_second(problem, size, dtype, budgets=budgets) for size in sizes}
    return MachineLimits(
        products={size: rate for size, rate in rates.items() if rate is not None},
        gemm=gemm_flops_per_second(dtype, budgets=budgets),
        read=read_bytes_per_second(budgets=budgets),
    )


def gemm_flops_per_second(dtype: DTypeLike, clock: Clock = time.perf_counter_ns, budgets: Budgets = STANDARD) -> float:
    """FLOP/s of a product of two square matrices, written into a third."""
    A, B, C = (_some_numbers((SQUARE, SQUARE), dtype) for _ in range(3))
    return 2 * SQUARE**3 / seconds_per_call(lambda: np.matmul(A, B, out=C), clock, budgets)


def read_bytes_per_second(clock: Clock = time.perf_counter_ns, budgets: Budgets = STANDARD) -> float:
    """Bytes per second at which a dot product reads two arrays that fit no cache."""
    a, b = (_some_numbers((READ_BYTES // 8,), np.float64) for _ in range(2))
    return 2 * READ_BYTES / seconds_per_call(lambda: np.dot(a, b), clock, budgets)


def products_work_per_second(
    problem: Problem, size: int, dtype: str, clock: Clock = time.perf_counter_ns, budgets: Budgets = STANDARD
) -> float | None:
    """Work per second of a step's matrix products alone, in NumPy and in the problem's own shapes; None without any."""
    products = list(family_of(problem).products(problem, size, dtype))
    if not products:
        return None

    def multiply() -> None:
        for left, right, result in products:
            np.matmul(left, right, out=result)

    return problem.work(size) / seconds_per_call(multiply, clock, budgets)


def _some_numbers(shape: Sequence[int], dtype: DTypeLike) -> NDArray[Any]:
    """Values whose products stay away from 0, infinity and denormal numbers."""
    return np.full(shape, 2.0**-10, dtype=dtype)


def seconds_per_call(call: Callable[[], object], clock: Clock, budgets: Budgets = STANDARD) -> float:
    """Seconds of one call: the median of `limit_groups` groups of calls, one call at least in each.

    An untimed call comes first and takes the page faults.
    """
    call()
    n_calls = max(1, round(budgets.limit_group_seconds * 1e9 / max(1, _group_ns(call, 1, clock))))
    return statistics.median(_group_ns(call, n_calls, clock) / n_calls for _ in range(budgets.limit_groups)) / 1e9


def _group_ns(call: Callable[[], object], n_calls: int, clock: Clock) -> int:
    begin = clock()
    for _ in range(n_calls):
        call()
    return clock() - begin
