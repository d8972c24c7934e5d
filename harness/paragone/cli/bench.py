"""paragone bench and paragone report."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from paragone.cli.app import EXIT_INTERRUPTED, err, out
from paragone.cli.display import TerminalDisplay
from paragone.cli.options import (
    DataOption,
    DtypeOption,
    ImplementationsOption,
    LimitOption,
    MemoryOption,
    PluginsOption,
    ProblemOption,
    ResultsOption,
    SeedOption,
    SizesOption,
    absolute,
    batch_sizes_of,
    bytes_of,
    data_set,
    dtypes_of,
    fraction,
    problem_names,
    read_problems,
    thread_counts,
)
from paragone.errors import Misuse
from paragone.files.schema import MOST_ROUNDS
from paragone.implementation.registry import refuse_unusable
from paragone.plan.cells import check
from paragone.plan.power import FEWEST_LAUNCHES
from paragone.plan.request import BASELINE, QUICK_ROUNDS, Request
from paragone.task.mlp.problem_files import find_problem


def bench(
    problem: ProblemOption = None,
    implementations: ImplementationsOption = None,
    dtype: DtypeOption = None,
    batch_sizes: SizesOption = None,
    threads: Annotated[
        str, typer.Option("--threads", "-t", help="Such as 1,2: a launch of everything for each.")
    ] = "1",
    launches: Annotated[
        int, typer.Option(min=FEWEST_LAUNCHES, max=MOST_ROUNDS, help="Fresh processes per variant.")
    ] = FEWEST_LAUNCHES,
    rounds: Annotated[
        int | None,
        typer.Option(min=3, max=MOST_ROUNDS, help="Samples of a cell in each launch; else 5 to 10, for --quick 6."),
    ] = None,
    resolve: Annotated[
        str | None, typer.Option(help="Such as 5%: as many launches as it takes to find that difference.")
    ] = None,
    baseline: Annotated[str, typer.Option(help="The implementation that ratios refer to.")] = BASELINE,
    quick: Annotated[
        bool, typer.Option("--quick", help="One launch, batches 10 and 1000, one dtype each: no intervals.")
    ] = False,
    memory: Annotated[
        bool | None, typer.Option(help="A fresh process per cell for its peak memory; else not with --quick.")
    ] = None,
    curves: Annotated[bool, typer.Option(help="Test accuracy epoch by epoch, in passes of their own.")] = True,
    slow: Annotated[bool, typer.Option("--slow", help="Measure steps longer than 2 s too.")] = False,
    new: Annotated[bool, typer.Option("--new", help="Begin a new run even where one is unfinished.")] = False,
    resume: Annotated[str | None, typer.Option(help="Go on with this run; its plan is used as it is.")] = None,
    data: DataOption = None,
    plugins: PluginsOption = None,
    results: ResultsOption = None,
    seed: SeedOption = 1,
    time_limit: LimitOption = 120,
    memory_limit: MemoryOption = None,
) -> None:
    """Verify, measure and report; goes on where an interrupted run of the same plan stopped."""
    if quick and resolve is not None:
        raise Misuse("--quick has one launch and resolves nothing: leave out --quick or --resolve")
    request = Request(
        problems=read_problems(problem or ["nielsen"]),
        implementations=tuple(implementations or ()),
        dtypes=dtypes_of(dtype),
        batch_sizes=batch_sizes_of(batch_sizes) or ((10, 1000) if quick else ()),
        threads=thread_counts(threads),
        launches=launches,
        rounds=rounds or (QUICK_ROUNDS if quick else None),
        resolve=fraction(resolve),
        baseline=baseline,
        seed=seed,
        slow=slow,
        quick=quick,
        memory=not quick if memory is None else memory,
        curves=curves,
        time_limit_s=time_limit,
        memory_limit_bytes=bytes_of(memory_limit),
        plugins=absolute(plugins),
    )
    given = {find_problem(name).name: name for name in problem_names(problem or ["nielsen"])}
    _bench(request, given, data, results, new, resume)


def _bench(
    request: Request, given: dict[str, str], data: str | None, results: Path | None, new: bool, resume: str | None
) -> None:
    from paragone.compare.live import everyone_of
    from paragone.measure.bench import Bench
    from paragone.measure.resume import refuse_foreign_code
    from paragone.plan.request import request_of
    from paragone.store.run_folder import read_plan
    from paragone.store.runs import find_run, results_folder

    runs = results_folder(results)
    folder = None if resume is None else find_run(runs, resume)
    if folder is not None:
        request = request_of(read_plan(folder))
        refuse_foreign_code(folder, request)
    found, broken = everyone_of(request)
    refuse_unusable(request.implementations, found, broken)
    check(request, found)
    display = TerminalDisplay(err)
    command = shlex.join(["paragone", *sys.argv[1:]])
    bench = Bench(request, found, broken, data_set(data, display), runs, command, display, given)
    try:
        folder, finished = bench.run(fresh=new, resume=folder)
    except KeyboardInterrupt:
        display.say("Interrupted before the plan was fixed: nothing was measured, nothing is left behind.")
        raise typer.Exit(EXIT_INTERRUPTED) from None
    _report(folder)
    if not finished:
        raise typer.Exit(EXIT_INTERRUPTED)


def report(
    runs: Annotated[
        list[str] | None, typer.Argument(metavar="[RUN …]", help="Names or folders of runs; latest if left out.")
    ] = None,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Join runs that are not of the same work too; the report says so.")
    ] = False,
    results: ResultsOption = None,
) -> None:
    """Rebuild the summary, the figures and the report of a run from its folder alone; several go side by side."""
    from paragone.store.runs import find_run, results_folder

    folder = results_folder(results)
    if runs is None or len(runs) < 2:
        _report(find_run(folder, runs[0] if runs else "latest"))
        return
    from paragone.report.text.machines import write_joined
    from paragone.store.run_folder import read_run

    folders = [find_run(folder, name) for name in runs]
    resolved = [found.resolve() for found in folders]
    for number, name in enumerate(runs):
        if resolved[number] in resolved[:number]:
            raise Misuse(f"report: {name} is {resolved[number]}, which is among the runs already; name another")
    path = write_joined([read_run(found) for found in folders], folder, anyway)
    out.print(f"Report: {path}", soft_wrap=True, highlight=False)


def _report(folder: Path) -> None:
    from paragone.analyse.summary import summarise
    from paragone.compare.side_by_side import side_by_side
    from paragone.report.terminal.run import print_summary
    from paragone.report.terminal.side_by_side import print_side_by_side
    from paragone.report.write import write_report
    from paragone.store.run_folder import read_run

    run = read_run(folder)
    path = write_report(run)
    print_summary(run, out)
    if "live" in run.plan:
        out.print()
        print_side_by_side(side_by_side(run, summarise(run)), run.plan["live"]["fail_slower"], out)
    out.print(f"\nReport: {path}, for a browser {path.with_name('report.html')}", soft_wrap=True, highlight=False)
