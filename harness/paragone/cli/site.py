"""paragone site."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from paragone.cli.app import err, out
from paragone.cli.options import ResultsOption
from paragone.errors import Incomparable, Misuse, ResultsUnusable
from paragone.files.atomic import write_files

if TYPE_CHECKING:
    from paragone.report.page.site import SiteRun

PAGE = "report.html"  # of a run


def site(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the site is written: new, empty, or a site.")],
    results: ResultsOption = None,
) -> None:
    """Write a folder that any web host serves: an index of all runs, their reports, history, gallery and machines."""
    from paragone.report.write import write_site_index
    from paragone.store.runs import results_folder

    stored = results_folder(results)
    _refuse_foreign(folder)
    runs = _runs_in(stored)
    if not runs:
        raise ResultsUnusable(f"{stored} has no run for a site. To measure one: paragone bench")
    pages = {machine: _pages(machine, runs, folder) for machine in dict.fromkeys(run.machine for run in runs)}
    pages_of_all = _machines_page(runs, folder)
    _copy_reports(runs, folder)
    path = write_site_index(runs, pages, pages_of_all, folder)
    out.print(f"Site: {path}, {sum(run.has_report for run in runs)} reports", soft_wrap=True, highlight=False)


def _refuse_foreign(folder: Path) -> None:
    """Raise Misuse where the folder holds something else than an earlier site."""
    from paragone.report.page.site import GENERATOR, INDEX

    try:
        if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
            return
        index = folder / INDEX
        if folder.is_dir() and index.is_file() and f'content="{GENERATOR}"' in index.read_text(errors="replace"):
            return
    except OSError as error:
        raise Misuse(f"{folder}: cannot be read: {error.strerror}. Choose another folder") from None
    raise Misuse(f"{folder}: expected a new or empty folder, or a site, got something else. Choose another folder")


def _runs_in(results: Path) -> list[SiteRun]:
    """All runs, newest first. A damaged one is told and left out."""
    from paragone.report.page.site import SiteRun
    from paragone.store.reader import read_environment, read_plan
    from paragone.store.runs import is_finished, run_folders

    runs = []
    for folder in reversed(run_folders(results)):
        try:
            plan, environment = read_plan(folder), read_environment(folder)
            runs.append(SiteRun(folder, plan, environment, is_finished(folder), _has_page(folder)))
        except ResultsUnusable as error:
            err.print(f"Left out: {error}", soft_wrap=True, highlight=False, markup=False)
    return runs


def _has_page(folder: Path) -> bool:
    """Whether a report lies in the folder itself: a link could lead to a file that nobody wants to publish."""
    page = folder / PAGE
    return page.is_file() and not page.is_symlink()


def _pages(machine: str, runs: Sequence[SiteRun], site: Path) -> list[tuple[str, str]]:
    """Write what there is of a machine besides its runs; return link and words of each."""
    from paragone.cli.gallery import newest_of_each
    from paragone.cli.history import FEWEST_RUNS, history_of_machine
    from paragone.report.text.history import lead
    from paragone.report.write import write_history

    own = [run for run in runs if run.machine == machine]
    pages = []
    history = history_of_machine([(run.folder, machine) for run in reversed(own) if run.may_enter_history], [])
    if len(history.runs) >= FEWEST_RUNS:
        path = write_history(history, site)
        pages.append((f"{path.parent.name}/{path.name}", f"Over time: {lead(history)}"))
    newest = newest_of_each((run.folder, run.plan) for run in own if run.is_finished and run.plan.live is None)
    if len(newest) > 1:
        pages += _gallery(newest, machine, site)
    return pages


def _gallery(folders: Sequence[Path], machine: str, site: Path) -> list[tuple[str, str]]:
    """Write the gallery of these runs; none where they cannot stand beside each other, which is told."""
    from paragone.analyse.results import Results
    from paragone.comparison.gallery import gallery_of
    from paragone.report.text.gallery import lead
    from paragone.report.write import folder_of_machine, write_gallery
    from paragone.store.reader import read_run

    try:
        columns = gallery_of([Results(read_run(folder)) for folder in folders])
    except (Incomparable, ResultsUnusable) as error:
        err.print(f"No gallery: {error}", soft_wrap=True, highlight=False, markup=False)
        return []
    path = write_gallery(columns, site, folder_of_machine(machine, "gallery"))
    return [(f"{path.parent.name}/{path.name}", f"Gallery, {len(columns)} kernels: {lead(columns)}")]


def _machines_page(runs: Sequence[SiteRun], site: Path) -> list[tuple[str, str]]:
    """Put the newest run with intervals of each machine side by side; none where they did different work."""
    from paragone.report.write import write_machines_page
    from paragone.store.reader import read_run

    newest = {run.machine: run.folder for run in reversed(runs) if run.may_enter_history}
    if len(newest) < 2:
        return []
    try:
        path = write_machines_page([read_run(folder) for folder in newest.values()], site)
    except (Incomparable, ResultsUnusable) as error:
        err.print(f"No comparison of machines: {error}", soft_wrap=True, highlight=False, markup=False)
        return []
    return [(f"{path.parent.name}/{path.name}", f"{len(newest)} machines side by side, the newest run of each")]


def _copy_reports(runs: Sequence[SiteRun], site: Path) -> None:
    """Write the reports, and once what their pages share; what an earlier site shared and no page needs is deleted."""
    from paragone.report.page.shared_parts import FOLDER

    shared = site / FOLDER
    needed = {name for run in runs if run.has_report for name in _copy_report(run, site, shared)}
    for path in shared.iterdir() if shared.is_dir() else ():
        if path.suffix in (".js", ".css") and path.name not in needed:
            path.unlink()


def _copy_report(run: SiteRun, site: Path, shared: Path) -> list[str]:
    """Write the report of a run, and what of it is shared, unless that is there; return the names of those files."""
    from paragone.report.page.shared_parts import with_shared_parts

    try:
        report = (run.folder / PAGE).read_text(encoding="utf-8", errors="replace")
        page = with_shared_parts(report)
        for name, content in page.parts.items():
            if not (shared / name).exists():
                shared.mkdir(parents=True, exist_ok=True)
                write_files(shared, {name: content.encode()})
        (site / run.folder.name).mkdir(parents=True, exist_ok=True)
        write_files(site / run.folder.name, {PAGE: page.html.encode()})
    except OSError as error:
        raise ResultsUnusable(f"{site}: the report of {run.folder.name} cannot be copied: {error.strerror}") from None
    return [*page.parts]
