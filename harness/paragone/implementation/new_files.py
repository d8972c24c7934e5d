"""New files are written all or none, and never over others."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from paragone.errors import Misuse


def write_new_folder(folder: Path, texts: Mapping[str, str]) -> list[Path]:
    """Write these files, name → text, into a new folder; they are there when it is. Raises Misuse."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as unfinished:
            made = Path(unfinished, folder.name)
            made.mkdir()
            for file, text in texts.items():
                (made / file).write_text(text, encoding="utf-8")
            made.rename(folder)
    except OSError as error:
        raise unwritable(folder, error) from error
    return [folder / file for file in texts]


def write_new_files(folder: Path, texts: Mapping[str, str]) -> list[Path]:
    """Write these files, name → text, into a folder that may be there. Raises Misuse; then none of them is left."""
    if not folder.exists():
        return write_new_folder(folder, texts)
    written: list[Path] = []
    try:
        for file, text in texts.items():
            with (folder / file).open("x", encoding="utf-8") as opened:
                written.append(folder / file)
                opened.write(text)
    except OSError as error:
        for path in written:
            path.unlink(missing_ok=True)
        raise unwritable(folder, error) from error
    return written


def unwritable(folder: Path, error: OSError) -> Misuse:
    return Misuse(f"{folder} cannot be written: {error.strerror}. Choose another folder: --into PATH")
