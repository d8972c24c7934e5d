"""paragone history."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from paragone.cli.app import err, out
from paragone.cli.display import TerminalDisplay
from paragone.cli.options import ImplementationsOption, ResultsOption
from paragone.cli.report import different_runs
from paragone.cli.values import names_of
from paragone.errors import ResultsUnusable, UnknownName

if TYPE_CHECKING:
    from paragone.comparison.history import History, PastRun

FEWEST_RUNS = 2


def history(
    runs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RUN …]", help="Names or folders of runs; all of the newest run's machine if left out."
        ),
    ] = None,
    problem: Annotated[
        list[str] | None, typer.Option("--problem", "-p", help="Problems: names or globs. May be repeated.")
    ] = None,
    implementations: ImplementationsOption = None,
    results: ResultsOption = None,
) -> None:
    """Put the runs of one machine in a line: where a cell's speed changed, between which commits and versions."""
    from paragone.report.terminal.history import print_history
    from paragone.report.text.history import left_out_sentences
    from paragone.report.write import write_history
    from paragone.store.runs import results_folder, run_folders

    folder = results_folder(results)
    chosen = different_runs("history", runs, folder) if runs else run_folders(folder)
    problems, variants = names_of(problem), names_of(implementations)
    usable, left_out = usable_runs(chosen)
    found = history_of_machine(usable, left_out, problems, variants)
    if len(found.runs) < FEWEST_RUNS:
        got = f"{folder}: a history takes {FEWEST_RUNS} runs or more of one machine, got {len(found.runs)}."
        raise ResultsUnusable(" ".join([got, *left_out_sentences(found), "To measure one: paragone bench"]))
    print_history(found, out)
    path = write_history(found, folder, [*(f"-p {name}" for name in problems), *(f"-i {name}" for name in variants)])
    out.print(f"\nHistory: {path}, as a table {path.with_suffix('.csv')}", soft_wrap=True, highlight=False)


def history_of_machine(
    usable: Sequence[tuple[Path, str]],
    left_out: Sequence[tuple[str, str]],
    problems: Sequence[str] = (),
    variants: Sequence[str] = (),
) -> History:
    """The history of the runs that are of the newest one's machine. A damaged run is told at once and left out.

    With `problems` or `variants`, patterns both, it is one of their cells. Raises UnknownName where a pattern is of
    nothing in these runs.
    """
    from paragone.analyse.results import Results
    from paragone.comparison.history import history_of, narrowed, past_run
    from paragone.store.reader import read_run

    machine = usable[-1][1] if usable else ""
    others = [(folder.name, "it is of another machine") for folder, its in usable if its != machine]
    own = [folder for folder, its in usable if its == machine]
    past = []
    with TerminalDisplay(err).progress("reading runs", len(own)) as advance:
        for folder in own:
            try:
                past.append(past_run(Results(read_run(folder))))
            except ResultsUnusable as error:
                _tell(error)
            advance(folder.name, 1)
    _refuse_unknown(past, problems, variants)
    if not problems and not variants:
        return history_of(past, [*left_out, *others])
    asked = [narrowed(each, problems, variants) for each in past]
    without = [(each.run.folder.name, "it has none of these cells") for each in asked if each.cells.empty]
    return history_of([each for each in asked if len(each.cells)], [*left_out, *others, *without])


def _refuse_unknown(past: Sequence[PastRun], problems: Sequence[str], variants: Sequence[str]) -> None:
    """Raise UnknownName for the first pattern that is of no cell of these runs."""
    from paragone.implementation.selection import is_named

    cells = [each.cells for each in past]
    known = sorted({name for frame in cells for name in frame["problem"]})
    names = sorted({name for frame in cells for name in frame["variant"]})
    for one in problems:
        if not any(fnmatchcase(name, one) for name in known):
            raise UnknownName("problem", one, known)
    for one in variants:
        if not any(is_named(name, one) for name in names):
            raise UnknownName("implementation", one, sorted({name.partition("[")[0] for name in names}))


def usable_runs(folders: Sequence[Path]) -> tuple[list[tuple[Path, str]], list[tuple[str, str]]]:
    """Folder and machine of each finished run with intervals, in their order, and name and reason of each other.

    A damaged run is told at once and left out.
    """
    from paragone.store.reader import read_environment, read_plan
    from paragone.store.runs import is_finished

    usable: list[tuple[Path, str]] = []
    left_out: list[tuple[str, str]] = []
    for folder in folders:
        try:
            plan, machine = read_plan(folder), read_environment(folder).machine.id or ""
            is_whole = is_finished(folder)
        except ResultsUnusable as error:
            _tell(error)
            continue
        if plan.live is not None:
            left_out.append((folder.name, "a comparison of two versions is no run of a machine's history"))
        elif plan.launches == 1:
            left_out.append((folder.name, "one launch (--quick) has no interval"))
        elif not is_whole:
            left_out.append((folder.name, "it was not finished"))
        else:
            usable.append((folder, machine))
    return usable, left_out


def _tell(error: ResultsUnusable) -> None:
    err.print(f"Left out: {error}", soft_wrap=True, highlight=False, markup=False)
