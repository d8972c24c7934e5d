"""report.html: the report as one self-contained file, with interactive charts and a page for each cell."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from paragone.report.page.markdown_html import as_html, as_inline_html, slug
from paragone.report.page.payload import as_json, payload
from paragone.report.page.ranking import rankings
from paragone.report.page.sources import source_css
from paragone.report.text import formatting, gaps, markdown
from paragone.report.text.answer import alarms, compared, said
from paragone.report.text.markdown import Sections
from paragone.report.text.run_report import FIGURES, HOW_TO_READ, MACHINE, PLAN, RESULTS, WARNINGS

if TYPE_CHECKING:
    from paragone.analyse.results import Results
    from paragone.report.figures.drawing import Drawing

VENDOR = "vendor/echarts.common.min.js"
# Each script may use those before it.
SCRIPTS = tuple(
    f"scripts/{name}.js"
    for name in (
        *("data", "format", "view", "ranking", "metrics", "copy", "tables"),
        *("lines", "captions", "legend", "panel", "data_table", "charts", "cells_table"),
        *("cell_source", "cell_charts", "cell"),
        "route",
    )
)
STYLES = ("styles/style.css", "styles/ranking.css", "styles/cell.css")

# The interactive charts replace these figures; the others are embedded as pictures while there is room.
INTERACTIVE = ("throughput-", "speedup-", "cold-", "memory-")
# A printed report has the first screen, the chart with its table, and these sections; it names the others.
ON_PAPER = (HOW_TO_READ, f"## {gaps.HEADING}", PLAN, MACHINE)
MOST_PICTURE_BYTES = 700_000  # of base64


def page(results: Results, sections: Sections, figures: Sequence[Drawing]) -> str:
    """Return the page, made from the summary, the sections of report.md and the figures.

    The section with the results is shown only where no script runs; charts and the table of cells replace it. Figures
    have a section where there are any that no chart replaces.
    """
    own = {RESULTS, WARNINGS, FIGURES}
    title, *rest = sections
    leading = [text for heading, text in rest if not heading]
    result_tables = "\n\n".join(text for heading, text in rest if heading == RESULTS)
    warnings = [text for heading, text in rest if heading == WARNINGS]
    scripts = [inline_text(name) for name in (VENDOR, *SCRIPTS)]
    pictures, left_out = _pictures(figures)
    shown = [_section(heading, text) for heading, text in rest if heading and heading not in own]
    on_screen = ["Every cell", *(each["heading"] for each in shown if not each["on_paper"])]
    return (
        environment()
        .get_template("page.html.j2")
        .render(
            title=_line(title[0].removeprefix("# ")),
            lead=_line(lead(results)),
            alarms=_prose("\n\n".join(alarms(results))),
            rankings=rankings(results),
            answer=_prose("\n\n".join([*said(results), *leading])),
            warnings=[(_prose(text), text.count("\n- ") + 1) for text in warnings],
            results=_prose(result_tables),
            sections=shown,
            file=f"{results.run.plan.run}/report.html",
            on_screen=[*on_screen, *(["Figures"] if pictures or left_out else [])],
            pictures=pictures,
            left_out=left_out,
            hashes=Markup(" ".join(f"'sha256-{_digest(script)}'" for script in scripts)),
            scripts=scripts,
            styles=[*(inline_text(name) for name in STYLES), Markup(source_css())],
            payload=Markup(as_json(payload(results))),
        )
    )


def lead(results: Results) -> str:
    """Return what was compared, on which machine, how often and when, in Markdown."""
    plan, machine = results.run.plan, results.run.environment.machine
    cores = f" with {formatting.plural(machine.physical_cores, 'core')}" if machine.physical_cores else ""
    made = [
        f"{markdown.escaped(machine.cpu or 'a machine that did not say its name')}{cores}",
        f"{formatting.plural(plan.launches, 'launch')} × {formatting.plural(plan.rounds, 'round')}",
        markdown.escaped(plan.created[:10]),
    ]
    return " ".join(filter(None, [compared(results), " · ".join(made)]))


def _section(heading: str, text: str) -> dict[str, Any]:
    words = heading.lstrip("# ")
    return {"place": slug(words), "heading": _line(words), "text": _prose(text), "on_paper": heading in ON_PAPER}


def _prose(text: str) -> Markup:
    return Markup(as_html(text))


def _line(text: str) -> Markup:
    return Markup(as_inline_html(text))


def _pictures(figures: Sequence[Drawing]) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the figures that no chart replaces, as data URIs, and the names of those without room."""
    pictures, left_out, room = [], [], MOST_PICTURE_BYTES
    for figure in figures:
        if figure.name.startswith(INTERACTIVE):
            continue
        source = f"data:image/svg+xml;base64,{base64.b64encode(figure.svg).decode()}"
        if len(source) > room:
            left_out.append(figure.name)
        else:
            room -= len(source)
            pictures.append({"caption": _line(figure.caption), "source": source})
    return pictures, left_out


def environment() -> Environment:
    """Return what renders the templates of this package."""
    return Environment(
        loader=FunctionLoader(packaged_text),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def packaged_text(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")


def inline_text(name: str) -> Markup:
    """Return a script or a style sheet, to be embedded unescaped. Raises ValueError where it would end its element."""
    text = packaged_text(name)
    if "</script" in text or "</style" in text or "<!--" in text:
        raise ValueError(f"{name} would end the element that it stands in")
    return Markup(text)


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
