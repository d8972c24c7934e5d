"""Which code a folder holds, as one hash."""

from __future__ import annotations

import hashlib
from pathlib import Path


def folder_hash(folder: Path) -> str:
    """Return a hash of the name and content of every file of the folder: any change of the code changes it.

    Compiled Python and hidden files are left out: they appear by themselves.
    """
    content = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.is_file() and not any(part == "__pycache__" or part.startswith(".") for part in inside.parts):
            content.update(f"{inside.as_posix()}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return content.hexdigest()[:16]
