"""A drawn figure, as reports and pages link to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

FIGURES = "figures"  # the folder of a report
Form = Literal["png", "svg"]
FORMS: tuple[Form, ...] = ("png", "svg")


@dataclass(frozen=True)
class Drawing:
    """A figure whose files are rendered when they are first asked for: a text that links to it needs none of them."""

    name: str  # of its files, without suffix
    caption: str  # one sentence
    render: Callable[[Form], bytes]

    @cached_property
    def png(self) -> bytes:
        return self.render("png")

    @cached_property
    def svg(self) -> bytes:
        return self.render("svg")
