"""Text from outside in characters that print: what moves a cursor or ends a line shows as its code."""

from __future__ import annotations

import unicodedata


def is_plain(text: str) -> bool:
    """Return whether every character prints; spaces of every width do."""
    return text.isprintable() or all(map(_prints, text))


def plain(text: str, kept: str = "") -> str:
    """Return the text with the codes of what does not print in its place; `kept` are characters that stay."""
    if is_plain(text):
        return text
    return "".join(c if _prints(c) or c in kept else c.encode("unicode_escape").decode() for c in text)


def _prints(character: str) -> bool:
    return character.isprintable() or unicodedata.category(character) == "Zs"
