"""The report of a run: summary.csv, report.html, report.md and its figures, made from the run's folder alone.

Made twice with the same installed versions, every file is the same byte for byte.
"""

from __future__ import annotations

import errno
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from harness.analyse import summarise
from harness.disk import write_whole
from harness.errors import ResultsUnusable
from harness.report import wording
from harness.report.figures import figures
from harness.report.markdown import joined, sections_of
from harness.report.page import page

if TYPE_CHECKING:
    from harness.store import Run

FIGURES = "figures"
FORMULA = ("=", "+", "-", "@")  # how a spreadsheet's formula begins


def write_report(run: Run) -> Path:
    """Write summary.csv, figures/, report.html and report.md into the run's folder; return the path of report.md.

    Each file appears whole or not at all, report.md last; figures of an earlier report that this one
    does not have are removed. Raises ResultsUnusable where the folder cannot be written.
    """
    frame = summarise(run)
    drawn, left_out = figures(run, frame)
    files = {f"{FIGURES}/{figure.name}.{form}": getattr(figure, form) for figure in drawn for form in ("png", "svg")}
    files["summary.csv"] = summary_csv(frame).encode()
    sections = sections_of(run, frame, drawn, left_out)
    files["report.html"] = page(run, frame, sections, drawn).encode()
    files["report.md"] = joined(sections).encode()
    try:
        if (run.folder / FIGURES).is_symlink():
            raise OSError(errno.ELOOP, f"{FIGURES} is a link to another folder: remove it")
        (run.folder / FIGURES).mkdir(exist_ok=True)
        for name, content in files.items():
            write_whole(run.folder / name, content)
        for path in (run.folder / FIGURES).iterdir():
            if path.suffix in (".png", ".svg") and f"{FIGURES}/{path.name}" not in files:
                path.unlink()
    except OSError as error:
        raise ResultsUnusable(f"{run.folder}: the report cannot be written: {error.strerror}") from None
    return run.folder / "report.md"


def summary_csv(frame: pd.DataFrame) -> str:
    """Return the summary as CSV: six significant digits, nothing where there is no number.

    A text that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    safe = frame.apply(lambda column: column.map(_no_formula))
    return str(safe.to_csv(index=False, float_format="%.6g", lineterminator="\n"))


def _no_formula(value: object) -> object:
    if not isinstance(value, str):
        return value
    line = wording.one_line(value)
    return f"'{line}" if line.startswith(FORMULA) else line
