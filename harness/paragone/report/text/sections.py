"""The parts of a report in Markdown: headings with their texts, lists of sentences, figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from paragone.report.text import formatting

if TYPE_CHECKING:
    from paragone.report.figures.figure import Drawn

Sections = list[tuple[str, str]]


def joined(sections: Sections) -> str:
    """Return the sections of a report, heading and text, as one text."""
    return "\n\n".join(f"{heading}\n\n{text}".strip() for heading, text in sections if heading or text) + "\n"


def bullets(sentences: Iterable[str]) -> str:
    """Return sentences as a list."""
    return "\n".join(f"- {sentence}" for sentence in sentences)


def pictures(drawn: Sequence[Drawn], folder: str = "figures/") -> str:
    """Return figures with their captions, as they lie in a folder beside the report."""
    return "\n\n".join(
        f"**{caption}** ([SVG]({folder}{figure.name}.svg))\n\n![{caption}]({folder}{figure.name}.png)"
        for figure in drawn
        for caption in [formatting.escaped(figure.caption)]
    )
