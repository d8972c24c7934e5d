"""Foreign text made printable: control characters, which could move the cursor, appear as escape codes."""

from __future__ import annotations

import unicodedata


def is_printable(text: str) -> bool:
    """Whether every character prints; Unicode spaces of any width do."""
    return text.isprintable() or all(map(_prints, text))


def printable(text: str, kept: str = "") -> str:
    """The text with escape codes for characters that do not print, except those in `kept`."""
    if is_printable(text):
        return text
    return "".join(c if _prints(c) or c in kept else c.encode("unicode_escape").decode() for c in text)


def _prints(character: str) -> bool:
    return character.isprintable() or unicodedata.category(character) == "Zs"
