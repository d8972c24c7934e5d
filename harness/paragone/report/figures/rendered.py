"""A finished figure, as reports and pages link to it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RenderedFigure:
    """A finished figure: file name without suffix, caption of one sentence, contents of its two files."""

    name: str
    caption: str
    png: bytes
    svg: bytes
