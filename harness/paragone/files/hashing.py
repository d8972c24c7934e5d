"""The source code in a folder: its hash, and the texts that a run keeps."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

LARGEST_FILE_BYTES = 200_000
MOST_BYTES = 1_000_000  # of one implementation
NO_FILES: Mapping[str, Path] = MappingProxyType({})


def folder_hash(folder: Path, shared: Mapping[str, Path] = NO_FILES) -> str:
    """A hash of the names and contents of all files in a folder, without hidden files and __pycache__.

    `shared` are files of other folders that belong to it, by name.
    """
    content = hashlib.sha256()
    for name, path in (*_files(folder), *shared.items()):
        content.update(f"{name}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return content.hexdigest()[:16]


def kept_source(
    folder: Path, maths: Sequence[str], of_others: Sequence[str] = (), shared: Mapping[str, Path] = NO_FILES
) -> dict[str, Any]:
    """The source of an implementation as a run keeps it: hash, files (name → text), left_out (name → reason).

    The files in `maths` come first, then those in `shared`, which lie elsewhere; `of_others` belong to other
    implementations in the same folder. Files that are binary, large, or links out of the folder are left out, but they
    are part of the hash.
    """
    kept: dict[str, Any] = {"hash": folder_hash(folder, shared), "files": {}, "left_out": {}}
    room = MOST_BYTES
    found = {**dict(_files(folder)), **shared}
    names = dict.fromkeys([*(name for name in (*maths, *shared, "impl.py") if name in found), *found])
    for name in (name for name in names if name in maths or name not in of_others):
        home = found[name].parent if name in shared else folder
        text, reason = _text(found[name], home, min(room, LARGEST_FILE_BYTES))
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
    """(text of a file, ""), or (None, the reason why it is not kept)."""
    if not path.resolve().is_relative_to(folder.resolve()):
        return None, "a link that leads out of the folder"
    if path.stat().st_size > most_bytes:
        return None, f"{path.stat().st_size} bytes: too large to keep"
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return None, "not a text in UTF-8"
    return (None, "not a text in UTF-8") if "\0" in text else (text, "")
