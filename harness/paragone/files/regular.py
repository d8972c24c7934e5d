"""Reading a file that anybody may have put there."""

from __future__ import annotations

from pathlib import Path


def read_regular(path: Path, most_bytes: int) -> bytes:
    """Read a regular file; a named pipe could block its reader for ever.

    Raises OSError, and ValueError where it has more than `most_bytes`.
    """
    if path.exists() and not path.is_file():
        raise OSError(0, "a folder" if path.is_dir() else "not a regular file")
    with path.open("rb") as file:
        text = file.read(most_bytes + 1)
    if len(text) > most_bytes:
        raise ValueError(f"expected a file of at most {most_bytes} bytes, got more")
    return text
