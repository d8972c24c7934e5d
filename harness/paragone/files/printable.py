"""Text made printable: control characters, which could move the cursor, appear as escape codes.

So does, on a stream that is not UTF-8, what its encoding lacks; marks of print have ASCII forms.
"""

from __future__ import annotations

import codecs
import io
import unicodedata
from typing import TextIO

from paragone.files.schema import MOST_CHARACTERS

ASCII_FORMS = {
    **dict.fromkeys("\N{MINUS SIGN}–—·─", "-"),
    **dict.fromkeys("“”", '"'),
    **dict.fromkeys("‘’′", "'"),
    **{"×": "x", "…": "...", "→": "->", "←": "<-", "±": "+-", "≈": "~", "≤": "<=", "≥": ">=", "√": "sqrt", "❯": ">"},
    **dict.fromkeys("\N{MICRO SIGN}\N{GREEK SMALL LETTER MU}", "u"),
}
PLAIN = "paragone.plain"  # the name by which Python's streams find the function below
PYTHONS_OWN = ("strict", "surrogateescape", "backslashreplace")  # what a stream does where the user said nothing


def _plain(error: UnicodeError) -> tuple[str, int]:
    """What is written in place of characters that an encoding lacks, and where to go on."""
    assert isinstance(error, UnicodeEncodeError)
    lacking = error.object[error.start : error.end]
    return "".join(ASCII_FORMS.get(c) or c.encode("ascii", "backslashreplace").decode() for c in lacking), error.end


codecs.register_error(PLAIN, _plain)


def take_all_text(stream: TextIO) -> None:
    """Have a stream write whatever its encoding lacks in ASCII; else one character of the text ends the program."""
    if isinstance(stream, io.TextIOWrapper) and stream.errors in PYTHONS_OWN:
        stream.reconfigure(errors=PLAIN)


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
