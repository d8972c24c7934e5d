"""machines/index.html of a site: runs of several machines side by side, as one page without scripts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from paragone.report.figures.drawing import FIGURES
from paragone.report.page.build import inline_text, packaged_text
from paragone.report.page.markdown_html import as_html
from paragone.report.text import machines, markdown

if TYPE_CHECKING:
    import pandas as pd

    from paragone.report.figures.drawing import Drawing
    from paragone.store.reader import Run


def machines_page(runs: Sequence[Run], frame: pd.DataFrame, figures: Sequence[Drawing]) -> str:
    """Return the page: the sections of the report, with the figures, which lie beside it, as pictures."""
    sections = machines.machines_sections(runs, frame, figures, ())
    shown = [(heading, text) for heading, text in sections if heading != machines.FIGURES]
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(packaged_text("machines.html.j2")).render(
        title=shown[0][0].removeprefix("# "),
        text=Markup(as_html(markdown.join_sections(shown))),
        pictures=[(f"{FIGURES}/{figure.name}.svg", figure.caption) for figure in figures],
        styles=[inline_text("styles/style.css")],
    )
