"""Write a report into its folder: of a run, of runs of several machines, or of a profile.

A report is made from stored data alone: the same data and the same installed versions give the same bytes.
"""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from paragone.compare.comparable import name_of
from paragone.errors import Incomparable, ResultsUnusable
from paragone.files.atomic import write_files
from paragone.report.figures.catalogue import file_name, machine_figures, profile_figures, run_figures
from paragone.report.page.build import page
from paragone.report.text.machines import different_work, joined_summaries, machines_report
from paragone.report.text.markdown import join_sections
from paragone.report.text.profile import Profiled, phases_csv, profile_report
from paragone.report.text.run_report import report_sections
from paragone.report.text.safe_csv import safe_csv
from paragone.store.run_folder import REPORT

if TYPE_CHECKING:
    from paragone.analyse.results import Results
    from paragone.report.figures.drawing import Drawing
    from paragone.store.reader import Run

FIGURES = "figures"


def write_report(results: Results) -> Path:
    """Write summary.csv, figures/, report.html and report.md into the run's folder; return the path of report.md.

    Each file is replaced atomically, report.md last. Figures of an earlier report that this one lacks are deleted.
    Raises ResultsUnusable where the folder cannot be written.
    """
    run = results.run
    figures, left_out = run_figures(results)
    sections = report_sections(results, figures, left_out)
    files = {
        **_figure_files(figures, f"{FIGURES}/"),
        "summary.csv": safe_csv(results.summary).encode(),
        "report.html": page(results, sections, figures).encode(),
        REPORT: join_sections(sections).encode(),
    }
    try:
        write_files(run.folder, files)
        _delete_old_figures(run.folder / FIGURES, files)
    except OSError as error:
        raise ResultsUnusable(
            f"{run.folder}: the report cannot be written: {error.strerror}. What was measured is kept. Once it can be "
            f"written: paragone report {shlex.quote(str(run.folder))}"
        ) from None
    return run.folder / REPORT


def write_machines_report(runs: Sequence[Run], results: Path, anyway: bool = False) -> Path:
    """Write summary.csv, figures/ and report.md of several runs into a new folder in `results`.

    Return the path of report.md. The same runs get the same folder name. Raises Incomparable where the runs did
    different work, unless `anyway`, and ResultsUnusable where the folder cannot be written.
    """
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
    folder = results / machines_folder(runs)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_files(folder, files)
    except OSError as error:
        raise ResultsUnusable(f"{folder}: the report cannot be written: {error.strerror}") from None
    return folder / "report.md"


def write_profile(profiled: Profiled) -> Path:
    """Write phases.csv, the figures and profile.md into the profile's folder; return the path of profile.md.

    Raises ResultsUnusable where the folder cannot be written.
    """
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


def machines_folder(runs: Sequence[Run]) -> str:
    """A folder name: the first run's name, made safe as a file name, and a hash of all runs."""
    facts = [f"{name_of(run)} {run.environment.machine.id} {run.plan.created}" for run in runs]
    return f"{file_name(name_of(runs[0]))}-joined-{hashlib.sha256(chr(10).join(facts).encode()).hexdigest()[:6]}"


def _figure_files(figures: Sequence[Drawing], folder: str = "") -> dict[str, bytes]:
    return {f"{folder}{figure.name}.{form}": getattr(figure, form) for figure in figures for form in ("png", "svg")}


def _delete_old_figures(folder: Path, files: Mapping[str, bytes]) -> None:
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        if path.suffix in (".png", ".svg") and f"{FIGURES}/{path.name}" not in files:
            path.unlink()
