"""paragone survey."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer
from msgspec import structs

from paragone.cli.bench_kernels import HowToRun, bench_one
from paragone.cli.option_groups import with_option_groups
from paragone.cli.options import CellOptions, LaunchesOption, PoolOptions, RunOptions, ThreadsOption
from paragone.cli.request import problem_arguments, request_from
from paragone.cli.values import thread_counts
from paragone.errors import Misuse
from paragone.store.plan_records import FEWEST_LAUNCHES


@with_option_groups
def survey(
    cells: CellOptions,
    *,
    threads: ThreadsOption = "1",
    launches: LaunchesOption = FEWEST_LAUNCHES,
    new: Annotated[bool, typer.Option("--new", help="Begin new runs even where some are unfinished.")] = False,
    pool: PoolOptions,
    run: RunOptions,
) -> None:
    """Measure the same on each kind of machine among the hosts of a cluster, and put the runs side by side."""
    if pool.on is None:
        raise Misuse("survey needs hosts: paragone survey --on dask://HOST:PORT (docs/cluster.md)")
    request = structs.replace(request_from(cells, run, thread_counts(threads)), launches=launches)
    how = HowToRun(run, replace(pool, each_kind=True), new=new, verify_again=False, strict=False, json=False)
    bench_one(request, problem_arguments(cells), how, None)
