"""paragone history."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from paragone.cli.app import err, out
from paragone.cli.options import ResultsOption
from paragone.cli.report import different_runs
from paragone.errors import ResultsUnusable

if TYPE_CHECKING:
    from paragone.comparison.history import History

FEWEST_RUNS = 2


def history(
    runs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RUN …]", help="Names or folders of runs; all of the newest run's machine if left out."
        ),
    ] = None,
    results: ResultsOption = None,
) -> None:
    """Put the runs of one machine in a line: where a cell's speed changed, between which commits and versions."""
    from paragone.report.terminal.history import print_history
    from paragone.report.text.history import left_out_sentences
    from paragone.report.write import write_history
    from paragone.store.runs import results_folder, run_folders

    folder = results_folder(results)
    chosen = different_runs("history", runs, folder) if runs else run_folders(folder)
    usable, left_out = usable_runs(chosen)
    found = history_of_machine(usable, left_out)
    if len(found.runs) < FEWEST_RUNS:
        got = f"{folder}: a history takes {FEWEST_RUNS} runs or more of one machine, got {len(found.runs)}."
        raise ResultsUnusable(" ".join([got, *left_out_sentences(found), "To measure one: paragone bench"]))
    print_history(found, out)
    path = write_history(found, folder)
    out.print(f"\nHistory: {path}, as a table {path.with_suffix('.csv')}", soft_wrap=True, highlight=False)


def history_of_machine(usable: Sequence[tuple[Path, str]], left_out: Sequence[tuple[str, str]]) -> History:
    """The history of the runs that are of the newest one's machine. A damaged run is told at once and left out."""
    from paragone.analyse.results import Results
    from paragone.comparison.history import history_of, past_run
    from paragone.store.reader import read_run

    machine = usable[-1][1] if usable else ""
    others = [(folder.name, "it is of another machine") for folder, its in usable if its != machine]
    past = []
    for folder, its in usable:
        if its == machine:
            try:
                past.append(past_run(Results(read_run(folder))))
            except ResultsUnusable as error:
                _tell(error)
    return history_of(past, [*left_out, *others])


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
