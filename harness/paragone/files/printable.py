"""Foreign text made printable: control characters, which could move the cursor, appear as escape codes."""

from __future__ import annotations

import unicodedata

from paragone.files.schema import MOST_CHARACTERS


def is_printable(text: str) -> bool:
    """Whether every character prints; Unicode spaces of any width do."""
    return text.isprintable() or all(map(_prints, text))


def printable(text: str, kept: str = "") -> str:
    """The text with escape codes for characters that do not print, except those in `kept`."""
    if is_printable(text):
        return text
    return "".join(c if _prints(c) or c in kept else c.encode("unicode_escape").decode() for c in text)


def plain_words(text: str, most: int = MOST_CHARACTERS) -> str:
    """Foreign words on one printable line: blanks for line breaks, and … where they are longer than `most` characters.

    Done twice, it changes nothing more.
    """
    words = printable(" ".join(text[: 2 * most].split()))
    return words if len(words) <= most and len(text) <= 2 * most else f"{words[: most - 1]}…"


def _prints(character: str) -> bool:
    return character.isprintable() or unicodedata.category(character) == "Zs"
