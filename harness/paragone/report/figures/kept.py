"""Figures that an earlier report drew: which of them may stay, so that nothing is drawn and Matplotlib is not loaded.

Beside the figures lies a record with a digest of all that they were made from and of every file. Figures stay where
both are unchanged: drawn again, they would be the same, byte for byte.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Meta

import paragone
from paragone.errors import ResultsUnusable
from paragone.files.hashing import folder_hash
from paragone.files.json_lines import read_json
from paragone.files.paths import PACKAGE
from paragone.files.printable import printable
from paragone.files.regular import read_regular
from paragone.report.figures.drawing import FIGURES, FORMS, Drawing, Form

if TYPE_CHECKING:
    from paragone.analyse.results import Results

RECORD_NAME = "drawn.json"
RECORD = f"{FIGURES}/{RECORD_NAME}"
DRAWN_BY = ("report", "task")  # folders of the package: what draws, and what problems say of themselves
PACKAGES = ("matplotlib", "numpy", "pandas", "pillow")
MOST_BYTES = 1 << 26  # of a figure

Sentence = Annotated[str, Meta(max_length=10_000)]


class DrawnFigure(msgspec.Struct, frozen=True):
    """A figure of a run's folder; `digests` are those of its files, by form."""

    name: Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{1,255}$")]
    caption: Sentence
    digests: dict[Form, str]


class DrawnFigures(msgspec.Struct, frozen=True):
    """All figures of a run, in the order of the report, and a sentence for each that has no data."""

    inputs: str
    figures: tuple[DrawnFigure, ...]
    left_out: tuple[Sentence, ...]


def inputs_of(results: Results) -> str:
    """A digest of all that the figures of a run follow from: its derived data, its plan, and what draws them."""
    run = results.run
    drawn_by = [folder_hash(PACKAGE / folder) for folder in DRAWN_BY]
    versions = [paragone.__version__, platform.python_version(), *map(version, PACKAGES)]
    content = hashlib.sha256(json.dumps([drawn_by, versions, _plan(run.plan)], sort_keys=True).encode())
    for frame in (results.summary, run.accuracy, run.limits):
        content.update(frame.to_csv(index=False).encode("utf-8", "backslashreplace"))  # floats with all their digits
    return content.hexdigest()


def _plan(plan: Any) -> Any:
    return msgspec.to_builtins(plan, enc_hook=str)


def as_record(inputs: str, figures: Sequence[Drawing], left_out: Sequence[str]) -> bytes:
    drawn = [
        DrawnFigure(figure.name, figure.caption, {form: _digest(getattr(figure, form)) for form in FORMS})
        for figure in figures
    ]
    content = DrawnFigures(inputs, tuple(drawn), tuple(left_out))
    return json.dumps(msgspec.to_builtins(content), indent=1).encode() + b"\n"


def kept_figures(run: Path, inputs: str) -> tuple[list[Drawing], list[str]] | None:
    """The figures in the run's folder, and a sentence for each without data; None where one would be another now."""
    try:
        drawn = msgspec.convert(read_json(run / RECORD), DrawnFigures)
        figures = [_kept(run / FIGURES, figure) for figure in drawn.figures] if drawn.inputs == inputs else None
    except (ResultsUnusable, msgspec.ValidationError, OSError, ValueError):
        return None
    return None if figures is None else (figures, list(map(printable, drawn.left_out)))


def _kept(folder: Path, figure: DrawnFigure) -> Drawing:
    """Raises OSError where a file of the figure cannot be read, ValueError where it is another."""
    files = {form: read_regular(folder / f"{figure.name}.{form}", MOST_BYTES) for form in FORMS}
    if {form: _digest(content) for form, content in files.items()} != figure.digests:
        raise ValueError(figure.name)
    return Drawing(figure.name, printable(figure.caption), files.__getitem__)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
