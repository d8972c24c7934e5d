"""What a child process reports of an exception: one sentence, with its place in the implementation."""

from __future__ import annotations

import traceback
from pathlib import Path

from paragone.errors import HarnessError, error_text
from paragone.files.first_error import is_of_the_harness
from paragone.files.printable import plain_words
from paragone.files.schema import MOST_CHARACTERS

MOST_REASON_CHARACTERS = 3 * MOST_CHARACTERS  # the error itself, its place, and what to do about it


def describe_error(error: Exception, folder: Path | None) -> str:
    """The error in a sentence, with the last line of `folder`, the implementation's, that led to it.

    A HarnessError is an adapter's own sentence: its class and line would be the harness's and help nobody.
    """
    notes = [f". {plain_words(str(note))}" for note in getattr(error, "__notes__", []) if note]
    if isinstance(error, HarnessError):
        return utf8_text(str(error)[:MOST_CHARACTERS] + "".join(notes))[:MOST_REASON_CHARACTERS]
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if folder is not None and _lies_in(frame.filename, folder)]
    others = [frame for frame in frames if not is_of_the_harness(frame.filename)]
    places = [f" ({Path(frame.filename).name}, line {frame.lineno})" for frame in (own or others)[-1:]]
    return utf8_text(error_text(error)[:MOST_CHARACTERS] + "".join([*places, *notes]))[:MOST_REASON_CHARACTERS]


def _lies_in(file: str, folder: Path) -> bool:
    return Path(file).is_relative_to(folder) or Path(file).resolve().is_relative_to(folder.resolve())


def utf8_text(text: str) -> str:
    """The text with lone surrogates escaped: names of files that are not UTF-8 have them, and messages cannot."""
    return text.encode(errors="backslashreplace").decode()
