"""The folder of a kernel: kernel.toml, reference.py, and the files of its implementations.

Each NAME.toml, and each NAME.py without a NAME.toml, is an implementation. A file that begins with "_" or "." is none:
what several share lies there.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from paragone.files.hashing import LARGEST_FILE_BYTES

KERNEL, REFERENCE = "kernel.toml", "reference.py"


def is_kernel(folder: Path) -> bool:
    return (folder / KERNEL).is_file()


def implementation_files(folder: Path) -> list[Path]:
    """The files that declare an implementation, by name."""
    found: dict[str, Path] = {}
    for path in sorted(folder.glob("*.toml")) + sorted(folder.glob("*.py")):
        if path.name not in (KERNEL, REFERENCE) and path.name[0] not in "_." and path.is_file():
            found.setdefault(path.stem, path)
    return [found[name] for name in sorted(found)]


def texts_of(folder: Path, name: str) -> list[str]:
    """The texts of one implementation: files called NAME with any suffix, but for what a compiler may have left."""
    return sorted(path.name for path in folder.glob(f"{name}.*") if path.is_file() and _is_text(path))


def _is_text(path: Path) -> bool:
    if path.stat().st_size > LARGEST_FILE_BYTES:
        return False
    try:
        path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False
    return True


def source_filter(folder: Path, name: str) -> Callable[[str], bool]:
    """Whether a file, by its path in the folder, is part of the source of the implementation `name`.

    It is, unless it belongs to a neighbour: a file or folder that has the neighbour's name before its first dot.
    """
    neighbours = {path.stem for path in implementation_files(folder)} - {name}

    def belongs(file: str) -> bool:
        return file.partition("/")[0].partition(".")[0] not in neighbours

    return belongs
