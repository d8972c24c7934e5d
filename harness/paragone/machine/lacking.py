"""A reason why something cannot run here that says what is lacking: by that still_lacking.py can look for it."""

from __future__ import annotations

from typing import Self


class Lacking(str):
    """The reason. `what` is lacking: julia, juliacall, cuda, "program NAME" or "package NAME"."""

    what: str

    def __new__(cls, reason: str, what: str) -> Self:
        words = super().__new__(cls, reason)
        words.what = what
        return words
