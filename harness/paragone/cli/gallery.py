"""paragone gallery."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from paragone.cli.app import err, out
from paragone.cli.options import ResultsOption
from paragone.cli.report import different_runs
from paragone.errors import ResultsUnusable

if TYPE_CHECKING:
    from paragone.analyse.results import Results
    from paragone.store.plan_records import Plan


def gallery(
    runs: Annotated[
        list[str] | None,
        typer.Argument(metavar="[RUN …]", help="Names or folders of runs; the newest of each kernel if left out."),
    ] = None,
    results: ResultsOption = None,
) -> None:
    """Put runs of different kernels beside each other: a row per language, a column per kernel."""
    from paragone.analyse.results import Results
    from paragone.store.reader import read_run
    from paragone.store.runs import results_folder

    folder = results_folder(results)
    chosen = different_runs("gallery", runs, folder) if runs else newest_of_each_kernel(folder)
    write_and_name(folder, [Results(read_run(each)) for each in chosen])


def write_and_name(folder: Path, runs: Sequence[Results], console: Console = out) -> None:
    """Write the gallery of these runs into the folder of all runs, and say where."""
    from paragone.comparison.gallery import gallery_of
    from paragone.report.write import write_gallery

    path = write_gallery(gallery_of(runs), folder)
    console.print(f"Gallery: {path}, as text {path.with_suffix('.md')}", soft_wrap=True, highlight=False)


def newest_of_each_kernel(results: Path) -> list[Path]:
    """The folders of the newest finished runs of each problem, oldest first; all of the newest run's machine.

    What cannot be read is told and left out. Raises ResultsUnusable where there is none.
    """
    from paragone.store.reader import read_environment

    finished = [(folder, plan, read_environment(folder).machine.id) for folder, plan in _finished(results)]
    chosen = newest_of_each((folder, plan) for folder, plan, machine in finished if machine == finished[0][2])
    if not chosen:
        raise ResultsUnusable(f"{results} has no finished run. To measure every kernel: paragone bench -k all")
    return chosen


def newest_of_each(runs: Iterable[tuple[Path, Plan]]) -> list[Path]:
    """Of runs, newest first, the folder of the first of each problem; oldest first."""
    chosen: list[Path] = []
    taken: set[str] = set()
    for folder, plan in runs:
        if taken.isdisjoint(plan.problems):
            chosen.insert(0, folder)
            taken |= plan.problems.keys()
    return chosen


def _finished(results: Path) -> Iterable[tuple[Path, Plan]]:
    """Yield the folders and plans of finished runs that are no live comparison, newest first."""
    from paragone.store.reader import read_plan
    from paragone.store.runs import is_finished, run_folders

    for folder in reversed(run_folders(results)):
        try:
            if is_finished(folder) and (plan := read_plan(folder)).live is None:
                yield folder, plan
        except ResultsUnusable as error:
            err.print(f"Left out: {error}", soft_wrap=True, highlight=False, markup=False)
