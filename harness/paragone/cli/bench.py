"""paragone bench."""

from __future__ import annotations

from typing import Annotated

import typer
from msgspec import structs

from paragone.cli.bench_kernels import (
    HowToRun,
    bench_each,
    bench_one,
    kernels_of,
    refuse_for_several,
    request_of_kernel,
)
from paragone.cli.json_lines import JsonOption
from paragone.cli.option_groups import with_option_groups
from paragone.cli.options import CellOptions, LaunchesOption, PoolOptions, RunOptions, ThreadsOption
from paragone.cli.request import problem_arguments, request_from
from paragone.cli.values import fraction, thread_counts
from paragone.errors import Misuse
from paragone.files.schema import MOST_ROUNDS
from paragone.plan.request import FEWEST_ROUNDS, QUICK_ROUNDS
from paragone.store.plan_records import FEWEST_LAUNCHES


@with_option_groups
def bench(
    cells: CellOptions,
    *,
    threads: ThreadsOption = "1",
    launches: LaunchesOption = FEWEST_LAUNCHES,
    rounds: Annotated[
        int | None,
        typer.Option(min=3, max=MOST_ROUNDS, help="Samples of a cell in each launch; else 5 to 10, for --quick 6."),
    ] = None,
    resolve: Annotated[
        str | None, typer.Option(help="Such as 5%: as many launches as it takes to find that difference.")
    ] = None,
    baseline: Annotated[
        str | None, typer.Option(help="The implementation that ratios refer to; else numpy_rows, or the kernel's.")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="One launch, two sizes, one dtype each: no intervals.")
    ] = False,
    memory: Annotated[
        bool | None, typer.Option(help="A fresh process per cell for its peak memory; else not with --quick.")
    ] = None,
    curves: Annotated[
        bool | None, typer.Option(help="Test accuracy epoch by epoch, in passes of their own; else not with --quick.")
    ] = None,
    slow: Annotated[bool, typer.Option("--slow", help="Measure steps longer than 2 s too.")] = False,
    new: Annotated[bool, typer.Option("--new", help="Begin a new run even where one is unfinished.")] = False,
    verify_again: Annotated[
        bool, typer.Option("--verify-again", help="Verify what was verified before in this very state too.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit 1 where any cell failed, not only one of what is named.")
    ] = False,
    json: JsonOption = False,
    resume: Annotated[str | None, typer.Option(help="Go on with this run; its plan is used as it is.")] = None,
    pool: PoolOptions,
    run: RunOptions,
) -> None:
    """Verify, measure and report; goes on where an interrupted run of the same plan stopped."""
    if quick and resolve is not None:
        raise Misuse("--quick has one launch and resolves nothing: leave out --quick or --resolve")
    chosen = {
        "launches": launches,
        "rounds": rounds or (QUICK_ROUNDS if quick else None),
        "resolve": fraction(resolve),
        "slow": slow,
        "quick": quick,
    }
    how = HowToRun(run, pool, new=new, verify_again=verify_again, strict=strict, json=json)
    if len(kernels := kernels_of(cells.kernel, run.plugins or ())) > 1:
        refuse_for_several(cells, baseline, resume)
        passes = {"memory": bool(memory), "curves": bool(curves)}
        chosen["rounds"] = chosen["rounds"] or FEWEST_ROUNDS
        asked = {kernel: request_of_kernel(kernel, cells, run, thread_counts(threads)) for kernel in kernels}
        bench_each({kernel: structs.replace(one, **chosen, **passes) for kernel, one in asked.items()}, how)
        return
    asked_alone = request_from(cells, run, thread_counts(threads))
    passes = {"memory": not quick if memory is None else memory, "curves": not quick if curves is None else curves}
    request = structs.replace(asked_alone, baseline=baseline or asked_alone.baseline, **chosen, **passes)
    bench_one(request, problem_arguments(cells), how, resume)
