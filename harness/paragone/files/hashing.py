"""Which code a folder holds: as one hash, and as the texts that a run keeps."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

LARGEST_FILE_BYTES = 200_000
MOST_BYTES = 1_000_000  # of one implementation


def folder_hash(folder: Path) -> str:
    """Return a hash of the name and content of every file of the folder: any change of the code changes it.

    Compiled Python and hidden files are left out: they appear by themselves.
    """
    content = hashlib.sha256()
    for name, path in _files(folder):
        content.update(f"{name}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return content.hexdigest()[:16]


def kept_source(folder: Path, maths: Sequence[str], of_others: Sequence[str] = ()) -> dict[str, Any]:
    """Return the source of an implementation as a run keeps it: hash, files (name → text), left_out (name → why).

    `maths` are its formulas, which come first; `of_others` the files that only its neighbours in the folder need. What
    is no text, is large, or leads out of the folder is left out; the hash counts it all the same.
    """
    kept: dict[str, Any] = {"hash": folder_hash(folder), "files": {}, "left_out": {}}
    room = MOST_BYTES
    found = dict(_files(folder))
    names = dict.fromkeys([*(name for name in (*maths, "impl.py") if name in found), *found])
    for name in (name for name in names if name in maths or name not in of_others):
        text, reason = _text(found[name], folder, min(room, LARGEST_FILE_BYTES))
        if text is None:
            kept["left_out"][name] = reason
        else:
            kept["files"][name] = text
            room -= len(text.encode())
    return kept


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.is_file() and not any(part == "__pycache__" or part.startswith(".") for part in inside.parts):
            yield inside.as_posix(), path


def _text(path: Path, folder: Path, most_bytes: int) -> tuple[str | None, str]:
    """Return the text of a file, or None and why it is not kept."""
    if not path.resolve().is_relative_to(folder.resolve()):
        return None, "a link that leads out of the folder"
    if path.stat().st_size > most_bytes:
        return None, f"{path.stat().st_size} bytes: too large to keep"
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return None, "not a text in UTF-8"
    return (None, "not a text in UTF-8") if "\0" in text else (text, "")
