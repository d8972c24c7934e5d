"""Write a report into its folder: of a run, of runs of several machines or kernels, or of a profile.

A report is made from stored data alone: the same data and the same installed versions give the same bytes. Figures take
most of its time: those that an earlier report drew from the same data, with the same versions, stay as they are.
Modules that load Matplotlib, or are of another kind of report, are imported where they are used.
"""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from paragone.errors import Incomparable, ResultsUnusable
from paragone.files.atomic import write_files
from paragone.report.figures.drawing import FIGURES, FORMS
from paragone.report.figures.kept import RECORD, RECORD_NAME, as_record, inputs_of, kept_figures
from paragone.report.page.build import page
from paragone.report.text.markdown import join_sections
from paragone.report.text.run_report import report_sections
from paragone.report.text.safe_csv import safe_csv
from paragone.store.run_folder import REPORT

if TYPE_CHECKING:
    from paragone.analyse.profiled import Profiled
    from paragone.analyse.results import Results
    from paragone.comparison.gallery import Column
    from paragone.comparison.history import History
    from paragone.report.figures.drawing import Drawing
    from paragone.report.page.site import SiteRun
    from paragone.store.reader import Run


def write_report(results: Results) -> Path:
    """Write summary.csv, figures/, report.html and report.md into the run's folder; return the path of report.md.

    A first look, which is a quick run or a live comparison, gets no figures; those that it has are kept while they are
    of the same data. Each file is replaced atomically, report.md last. Raises ResultsUnusable where the folder cannot
    be written.
    """
    run = results.run
    inputs = inputs_of(results)
    with _said_if_not_written(run):
        kept = kept_figures(run.folder, inputs)
        if kept is None and not is_first_look(run):
            kept = _drawn(results, inputs)
        figures, left_out = kept or ([], [])
        sections = report_sections(results, figures, left_out)
        files = {
            "summary.csv": safe_csv(results.summary).encode(),
            "report.html": page(results, sections, figures).encode(),
            REPORT: join_sections(sections).encode(),
        }
        _delete_old_figures(run.folder / FIGURES, figures)
        write_files(run.folder, files)
    return run.folder / REPORT


def write_figures(results: Results) -> None:
    """Draw the figures of the run, whatever it is, unless they are there. Raises ResultsUnusable."""
    inputs = inputs_of(results)
    with _said_if_not_written(results.run):
        if kept_figures(results.run.folder, inputs) is None:
            _drawn(results, inputs)


def is_first_look(run: Run) -> bool:
    return run.plan.quick or run.plan.live is not None


def write_machines_report(runs: Sequence[Run], results: Path, anyway: bool = False) -> Path:
    """Write summary.csv, figures/ and report.md of several runs into a new folder in `results`.

    Return the path of report.md. The same runs get the same folder name. Raises Incomparable where the runs did
    different work, unless `anyway`, and ResultsUnusable where the folder cannot be written.
    """
    from paragone.report.figures.catalogue import machine_figures
    from paragone.report.text.machines import different_work, joined_summaries, machines_report

    reasons = different_work(runs)
    if reasons and not anyway:
        raise Incomparable(f"these runs cannot be joined: {'; '.join(reasons)}. To join them all the same: --anyway")
    frame = joined_summaries(runs)
    figures = machine_figures(runs, frame)
    files = {
        **_figure_files(figures, f"{FIGURES}/"),
        "summary.csv": safe_csv(frame).encode(),
        "report.md": machines_report(runs, frame, figures, reasons).encode(),
    }
    folder = results / folder_of_several(runs, "joined")
    _write_folder(folder, files)
    return folder / "report.md"


def write_gallery(columns: Sequence[Column], results: Path, name: str = "") -> Path:
    """Write gallery.html, gallery.md and gallery.csv into a folder in `results`; return the path of gallery.html.

    Without a name the folder is called by its runs: the same runs get the same. Raises ResultsUnusable where it cannot
    be written.
    """
    import pandas as pd

    from paragone.report.page.gallery import gallery_page
    from paragone.report.text.gallery import gallery_sections

    runs = list({id(column.results): column.results.run for column in columns}.values())
    files = {
        "gallery.csv": safe_csv(pd.concat([column.cells for column in columns])).encode(),
        "gallery.md": join_sections(gallery_sections(columns)).encode(),
        "gallery.html": gallery_page(columns).encode(),
    }
    folder = results / (name or folder_of_several(runs, "gallery"))
    _write_folder(folder, files)
    return folder / "gallery.html"


def write_history(history: History, results: Path, asked: Sequence[str] = ()) -> Path:
    """Write history.html and history.csv into the folder of the machine in `results`; return the path of history.html.

    Each history of a machine replaces the one before, so that its address stays; one of the cells that were `asked`
    for has a folder of its own. Raises ResultsUnusable where the folder cannot be written.
    """
    from paragone.report.page.history import history_page
    from paragone.report.text.history import history_csv

    files = {"history.csv": history_csv(history).encode(), "history.html": history_page(history).encode()}
    ending = f"-{hashlib.sha256(chr(10).join(asked).encode()).hexdigest()[:6]}" if asked else ""
    folder = results / f"{folder_of_machine(history.runs[-1].run.environment.machine.id, 'history')}{ending}"
    _write_folder(folder, files)
    return folder / "history.html"


def write_machines_page(runs: Sequence[Run], site: Path) -> Path:
    """Write machines/index.html of a site, with the figures beside it: runs of several machines side by side.

    Return its path. Raises Incomparable where the runs did different work, ResultsUnusable where it cannot be written.
    """
    from paragone.report.figures.catalogue import machine_figures
    from paragone.report.page.machines import machines_page
    from paragone.report.text.machines import different_work, joined_summaries

    if reasons := different_work(runs):
        raise Incomparable(f"these runs cannot be joined: {'; '.join(reasons)}")
    frame = joined_summaries(runs)
    figures = machine_figures(runs, frame)
    files = {f"{FIGURES}/{figure.name}.svg": figure.svg for figure in figures}
    folder = site / "machines"
    _write_folder(folder, {**files, "index.html": machines_page(runs, frame, figures).encode()})
    return folder / "index.html"


def write_site_index(
    runs: Sequence[SiteRun],
    pages: Mapping[str, Sequence[tuple[str, str]]],
    pages_of_all: Sequence[tuple[str, str]],
    site: Path,
) -> Path:
    """Write index.html of a site; `pages` are the links of each machine, with their words. Raises ResultsUnusable."""
    from paragone.report.page.site import INDEX, site_page

    _write_folder(site, {INDEX: site_page(runs, pages, pages_of_all).encode()})
    return site / INDEX


def folder_of_machine(machine: str | None, kind: str) -> str:
    """The name of the folder of a page about one machine: "history-0123abcd"."""
    from paragone.report.figures.catalogue import file_name

    return f"{kind}-{file_name(machine or 'unknown')}"


def write_profile(profiled: Profiled) -> Path:
    """Write phases.csv, the figures and profile.md into the profile's folder; return the path of profile.md.

    Raises ResultsUnusable where the folder cannot be written.
    """
    from paragone.report.figures.catalogue import profile_figures
    from paragone.report.text.profile import phases_csv, profile_report

    figures = profile_figures(profiled)
    files = {
        **_figure_files(figures),
        "phases.csv": phases_csv(profiled.cells).encode(),
        "profile.md": profile_report(profiled, figures).encode(),
    }
    try:
        write_files(profiled.folder, files)
    except OSError as error:
        raise ResultsUnusable(f"{profiled.folder}: the profile cannot be written: {error.strerror}") from None
    return profiled.folder / "profile.md"


def folder_of_several(runs: Sequence[Run], kind: str) -> str:
    """A folder name: the first run's name, made safe as a file name, what it is, and a hash of all runs."""
    from paragone.comparison.comparable import name_of
    from paragone.report.figures.catalogue import file_name

    facts = [f"{name_of(run)} {run.environment.machine.id} {run.plan.created}" for run in runs]
    return f"{file_name(name_of(runs[0]))}-{kind}-{hashlib.sha256(chr(10).join(facts).encode()).hexdigest()[:6]}"


def _write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write the files of a report of several runs. Raises ResultsUnusable."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_files(folder, files)
    except OSError as error:
        raise ResultsUnusable(f"{folder}: the report cannot be written: {error.strerror}") from None


def _figure_files(figures: Sequence[Drawing], folder: str = "") -> dict[str, bytes]:
    return {f"{folder}{figure.name}.{form}": getattr(figure, form) for figure in figures for form in FORMS}


def _drawn(results: Results, inputs: str) -> tuple[list[Drawing], list[str]]:
    """Draw the figures of a run and write them, then their record; return them, and a sentence for each without data.

    Until the record is written, the figures in the folder are none that could be kept.
    """
    from paragone.report.figures.catalogue import run_figures

    figures, left_out = run_figures(results)
    write_files(results.run.folder, _figure_files(figures, f"{FIGURES}/"))
    write_files(results.run.folder, {RECORD: as_record(inputs, figures, left_out)})
    return figures, left_out


@contextmanager
def _said_if_not_written(run: Run) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ResultsUnusable(
            f"{run.folder}: the report cannot be written: {error.strerror}. What was measured is kept. Once it can be "
            f"written: paragone report {shlex.quote(str(run.folder))}"
        ) from None


def _delete_old_figures(folder: Path, figures: Sequence[Drawing]) -> None:
    """Delete the figures that the report lacks; where it has none, their record too."""
    shown = {f"{figure.name}.{form}" for figure in figures for form in FORMS}
    for path in folder.iterdir() if folder.is_dir() else ():
        if (path.suffix in (".png", ".svg") and path.name not in shown) or (path.name == RECORD_NAME and not shown):
            path.unlink()
