"""paragone bench."""

from __future__ import annotations

from typing import Annotated

import typer
from msgspec import structs

from paragone.cli.app import EXIT_INTERRUPTED, command_line, err, exit_where_interrupted
from paragone.cli.display import TerminalDisplay
from paragone.cli.option_groups import with_option_groups
from paragone.cli.options import CellOptions, RunOptions
from paragone.cli.report import measured, refuse_failures, write_and_print
from paragone.cli.request import data_of, implementations_for, problem_arguments, request_from, results_for_runs
from paragone.cli.values import absolute, fraction, thread_counts
from paragone.errors import Misuse
from paragone.files.schema import MOST_ROUNDS
from paragone.implementation.plugins import paths_in_variable
from paragone.plan.request import QUICK_ROUNDS, Request
from paragone.store.plan_records import FEWEST_LAUNCHES


@with_option_groups
def bench(
    cells: CellOptions,
    *,
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
    resume: Annotated[str | None, typer.Option(help="Go on with this run; its plan is used as it is.")] = None,
    run: RunOptions,
) -> None:
    """Verify, measure and report; goes on where an interrupted run of the same plan stopped."""
    if quick and resolve is not None:
        raise Misuse("--quick has one launch and resolves nothing: leave out --quick or --resolve")
    asked = request_from(cells, run, thread_counts(threads))
    request = structs.replace(
        asked,
        sizes=asked.sizes or (asked.problems[0].quick_sizes if quick else ()),
        launches=launches,
        rounds=rounds or (QUICK_ROUNDS if quick else None),
        resolve=fraction(resolve),
        baseline=baseline or asked.baseline,
        slow=slow,
        quick=quick,
        memory=not quick if memory is None else memory,
        curves=not quick if curves is None else curves,
    )
    _bench(request, problem_arguments(cells), run, new, resume, verify_again, strict)


def _bench(
    request: Request,
    problem_arguments: dict[str, str],
    run: RunOptions,
    new: bool,
    resume: str | None,
    verify_again: bool,
    strict: bool,
) -> None:
    from paragone.measure.bench import Bench
    from paragone.measure.resume import refuse_unnamed_code
    from paragone.plan.request import request_of
    from paragone.store.reader import read_plan
    from paragone.store.runs import find_run, results_folder

    display = TerminalDisplay(err)
    runs = results_for_runs(run.results, display) if resume is None else results_folder(run.results)
    folder = None if resume is None else find_run(runs, resume)
    if folder is not None:
        planned = request_of(read_plan(folder))
        refuse_unnamed_code(folder, planned, [*request.plugins, *absolute(paths_in_variable())])
        request = planned
    registered, unusable = implementations_for(request)
    given = data_of(request, run.data, display), runs, command_line(), display, problem_arguments
    measurement = Bench(request, registered, unusable, *given, verify_again=verify_again)
    with exit_where_interrupted("Interrupted before the plan was fixed: nothing was measured, nothing is left behind."):
        folder, finished = measured(measurement, new, folder)
    results = write_and_print(folder)
    if not finished:
        raise typer.Exit(EXIT_INTERRUPTED)
    own = {entry.name for entry in registered if entry.location.is_given}
    refuse_failures(results, {*own, request.baseline}, strict)
