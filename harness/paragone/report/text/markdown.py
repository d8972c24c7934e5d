"""Building blocks of Markdown: tables, lists, figures, and text from outside that cannot break any of them."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from paragone.report.text.formatting import one_line

if TYPE_CHECKING:
    from paragone.report.figures.drawing import Drawing

Sections = list[tuple[str, str]]  # heading with its "#", text


def join_sections(sections: Sections) -> str:
    return "\n\n".join(f"{heading}\n\n{text}".strip() for heading, text in sections if heading or text) + "\n"


def bullets(sentences: Iterable[str]) -> str:
    return "\n".join(f"- {sentence}" for sentence in sentences)


def figure_links(figures: Sequence[Drawing], folder: str = "figures/") -> str:
    """Show each PNG below its caption, with a link to the SVG; `folder` is relative to the report."""
    return "\n\n".join(
        f"**{caption}** ([SVG]({folder}{figure.name}.svg))\n\n![{caption}]({folder}{figure.name}.png)"
        for figure in figures
        for caption in [escaped(figure.caption)]
    )


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table. The entries must be escaped already."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def pairs(entries: Iterable[tuple[str, str]]) -> str:
    """Return a table of two columns without headings; entries with an empty value are left out."""
    return table(["", ""], [[name, value] for name, value in entries if value])


def escaped(text: object) -> str:
    """Return text from outside on one line, with every sign escaped that Markdown or HTML would interpret."""
    markup = re.sub(r"([\\`*_\[\]|~])", r"\\\1", html.escape(one_line(text), quote=False))
    return f"\\{markup}" if markup[:1] in tuple("#+-") else markup


def code(text: object) -> str:
    """Return text from outside as inline code, safe in a table. The fence is longer than any run of backticks in it."""
    line = one_line(text).replace("|", "\\|")
    fence = "`" * (_longest_run(line) + 1)
    padding = " " if "`" in line else ""
    return f"{fence}{padding}{line}{padding}{fence}" if line else ""


def code_block(lines: Sequence[tuple[object, str]]) -> str:
    """Return commands from outside, each with a comment of ours, in a block that no command can close."""
    shown = [f"{one_line(command)}    # {comment}" for command, comment in lines]
    fence = "`" * max(3, 1 + max(map(_longest_run, shown)))
    return "\n".join([f"{fence}sh", *shown, fence])


def _longest_run(line: str) -> int:
    return max((len(run) for run in re.findall("`+", line)), default=0)


def unmarked(sentence: str) -> str:
    """Return a sentence without its Markdown."""
    return html.unescape(re.sub(r"\\(.)", r"\1", sentence.replace("**", "")).replace("`", ""))
