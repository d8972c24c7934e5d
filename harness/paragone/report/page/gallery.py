"""gallery.html: all languages and kernels in one table, as one file without scripts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from paragone.comparison.gallery import languages_of
from paragone.report.figures import palette
from paragone.report.page.build import environment, inline_text
from paragone.report.page.markdown_html import as_html, as_inline_html, slug
from paragone.report.page.payload import in_both_themes
from paragone.report.text.gallery import CALL_COST, TABLE, best_of, call_cost, entry, gallery_sections
from paragone.report.text.markdown import escaped

if TYPE_CHECKING:
    from paragone.comparison.gallery import Column

STYLES = ("styles/style.css", "styles/gallery.css")
# A ratio of 100 or more has the full tint, one near 1 none.
FULL_TINT = math.log(100)
TINTED = {"faster", "slower"}


def gallery_page(columns: Sequence[Column]) -> str:
    """Return the page: the sections of gallery.md, with the table drawn so that a glance tells fast from slow."""
    title, *sections = gallery_sections(columns)
    return (
        environment()
        .get_template("gallery.html.j2")
        .render(
            title=_line(title[0].removeprefix("# ")),
            lead=_line(title[1]),
            sections=[_section(heading, text) for heading, text in sections],
            call_cost=CALL_COST,
            kernels=[column.problem.name for column in columns],
            rows=[_row(language, columns) for language in languages_of(columns)],
            styles=[inline_text(name) for name in STYLES],
        )
    )


def _section(heading: str, text: str) -> dict[str, Any]:
    words = heading.removeprefix("## ")
    shown = None if heading == TABLE else Markup(as_html(text))
    return {"place": slug(words), "heading": _line(words), "text": shown}


def _row(language: str, columns: Sequence[Column]) -> dict[str, Any]:
    return {
        "language": _line(escaped(language)),
        "colours": in_both_themes(palette.language_colour(language)),
        "call_cost": call_cost(columns, language),
        "places": [_place(column, language) for column in columns],
    }


def _place(column: Column, language: str) -> dict[str, Any]:
    cells = column.of_language(language)
    best = best_of(cells)
    sure = best is not None and best.verdict in TINTED
    tint = min(1.0, abs(math.log(best.ratio_to_baseline)) / FULL_TINT) if sure else 0.0
    ratio, *details = entry(cells, column) or [""]
    return {
        "lines": [
            _line(line) for line in (ratio.replace(", ", ",\u00a0"), *details) if line
        ],  # an interval on one line
        "verdict": best.verdict if sure else "",
        "tint": f"{tint:.2f}",
        "is_fastest": best is not None and best.variant in {*column.fastest["variant"]},
    }


def _line(text: str) -> Markup:
    return Markup(as_inline_html(text))
