"""Every cell on the machine's roofline, and the cells beyond the limit of dense products, with what explains them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from paragone.analyse.attained import PLACE, machine_limits, nonzero_share
from paragone.analyse.statuses import STATUSES_WITH_TIMES

if TYPE_CHECKING:
    from paragone.store.reader import Run


def roofline(run: Run, summary: pd.DataFrame) -> pd.DataFrame:
    """The cells of the summary that have a rate and a limit, each with its place on the roofline; no controls.

    flop_per_byte      operations of a step / bytes that it must read and write, wherever they lie
    flop_per_second    operations of a step · steps per second; counted as dense, whatever the code leaves out
    gemm, read, cache  the roofs of its problem, dtype and threads, as `machine_limits` has them
    skips_zeros        what the implementation declares: it leaves out the numbers that are 0

    A problem that counts no operations has no cells here.
    """
    skipping = {variant.variant for variant in run.plan.variants if variant.skips_zeros}
    has_place = summary["work_per_second"].notna() & summary["limit_work_per_second"].notna() & ~summary["control"]
    cells = summary[has_place & summary["status"].isin(STATUSES_WITH_TIMES)]
    cells = cells.merge(machine_limits(run).drop(columns=["best_gemm", "n_launches"]), on=PLACE)
    steps = list(zip(cells["problem"].map(run.plan.problems), cells["size"], cells["dtype"], strict=True))
    flops = pd.Series([problem.flops_per_step(size) for problem, size, _ in steps], dtype=float)
    touched = pd.Series([problem.touched_bytes(size, dtype) for problem, size, dtype in steps], dtype=float)
    work = pd.Series([problem.work(size) for problem, size, _ in steps], dtype=float)
    placed = cells.assign(
        flop_per_byte=flops / touched,
        flop_per_second=flops * cells["work_per_second"] / work,
        skips_zeros=cells["variant"].isin(skipping),
    )
    return placed[flops > 0].reset_index(drop=True)


def beyond_limit(run: Run, summary: pd.DataFrame) -> pd.DataFrame:
    """The cells of `roofline` that are surely beyond their limit, fastest relative to it first.

    Surely: the lower end of the interval is, or the estimate where there is no interval. `fewer` is how many times
    fewer operations a step has that leaves out the numbers that are 0, in products and update.
    """
    cells = roofline(run, summary)
    low = cells["work_per_second_low"].fillna(cells["work_per_second"])
    beyond = cells[low > cells["limit_work_per_second"]]
    nonzero = nonzero_share(run)
    problems = beyond["problem"].map(run.plan.problems)
    fewer = [
        problem.flops_per_step(size) / problem.flops_per_step(size, nonzero)
        for problem, size in zip(problems, beyond["size"], strict=True)
    ]
    return beyond.assign(fewer=fewer).sort_values("share_of_limit", ascending=False, kind="stable")
