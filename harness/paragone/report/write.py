"""The report of a run: summary.csv, report.html, report.md and its figures, made from the run's folder alone.

Made twice with the same installed versions, every file is the same byte for byte.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from paragone.errors import ResultsUnusable
from paragone.files.atomic import write_files
from paragone.report.figures.draw import figures
from paragone.report.page.build import page
from paragone.report.text.markdown import sections_of
from paragone.report.text.sections import joined
from paragone.report.text.spreadsheet import csv

if TYPE_CHECKING:
    from paragone.analyse.results import Results

FIGURES = "figures"


def write_report(results: Results) -> Path:
    """Write summary.csv, figures/, report.html and report.md into the run's folder; return the path of report.md.

    Each file appears whole or not at all, report.md last; figures of an earlier report that this one
    does not have are removed. Raises ResultsUnusable where the folder cannot be written.
    """
    run = results.run
    drawn, left_out = figures(results)
    files = {f"{FIGURES}/{figure.name}.{form}": getattr(figure, form) for figure in drawn for form in ("png", "svg")}
    files["summary.csv"] = csv(results.summary).encode()
    sections = sections_of(results, drawn, left_out)
    files["report.html"] = page(results, sections, drawn).encode()
    files["report.md"] = joined(sections).encode()
    try:
        write_files(run.folder, files)
        (run.folder / FIGURES).mkdir(exist_ok=True)
        for path in (run.folder / FIGURES).iterdir():
            if path.suffix in (".png", ".svg") and f"{FIGURES}/{path.name}" not in files:
                path.unlink()
    except OSError as error:
        raise ResultsUnusable(f"{run.folder}: the report cannot be written: {error.strerror}") from None
    return run.folder / "report.md"
