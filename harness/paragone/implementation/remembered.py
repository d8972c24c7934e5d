"""What implementations said of themselves before, kept by content: a command need not import all of them again.

A description is made anew where a file of the implementation's folder has changed, or a module that its import loaded
from elsewhere, or the surroundings: Python, this package, the variables, and the folders in which programs and packages
are found. What cannot run here is remembered only where the reason names what is lacking, and as long as that is
lacking (machine/still_lacking.py). For another reason, and with a fault, it is asked every time: whatever it was may
have been mended since.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from stat import S_ISREG

import msgspec

from paragone.files.atomic import replacing
from paragone.files.hashing import LARGEST_FILE_BYTES
from paragone.files.paths import cache_folder
from paragone.machine.surroundings import files_below, stamp, surroundings

FOLDER = "descriptions"
MOST_ENTRIES, MOST_FILES = 2000, 8  # of one file; of other surroundings


class Entry(msgspec.Struct, frozen=True):
    """A report, not checked yet, and path → stamp of the modules that its import loaded from elsewhere."""

    report: msgspec.Raw
    modules: dict[str, str]


class Remembered:
    """What is remembered in these surroundings. Without a cache that can be written, that is nothing."""

    def __init__(self) -> None:
        """Raises Misuse where a variable that names a folder names none."""
        self._path = cache_folder() / FOLDER / f"{surroundings()}.json"
        self._entries: dict[str, Entry] = {}
        with suppress(OSError, msgspec.MsgspecError, RecursionError):
            self._entries = msgspec.json.decode(self._path.read_bytes(), type=dict[str, Entry])
        self._is_changed = False

    def recall(self, key: str) -> msgspec.Raw | None:
        """The report that is kept under the key; None where a module behind it has changed."""
        entry = self._entries.get(key)
        if entry is None or any(stamp(path) != seen for path, seen in entry.modules.items()):
            return None
        return entry.report

    def note(self, key: str, report: msgspec.Raw, modules: Mapping[str, str]) -> None:
        self._entries[key] = Entry(report, dict(modules))
        self._is_changed = True

    def save(self) -> None:
        """Write down what was noted; a full disk or a cache that cannot be written costs time at the next command."""
        if not self._is_changed:
            return
        newest = dict(list(self._entries.items())[-MOST_ENTRIES:])
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(self._path) as file:
                file.write(msgspec.json.encode(newest))
            for old in sorted(self._path.parent.glob("*.json"), key=lambda path: path.stat().st_mtime)[:-MOST_FILES]:
                old.unlink()


def folder_digest(folder: Path) -> str:
    """A hash of names, contents and rights of the files in a folder.

    Of a large file its stamp stands for its content, and of what is none: a pipe or a device may have no end. Left out
    are hidden files and __pycache__.
    """
    content = hashlib.sha256(str(folder).encode(errors="surrogateescape"))
    for path in sorted(files_below(folder)):
        content.update(f"{path}\0".encode(errors="surrogateescape"))
        with suppress(OSError):
            about = Path(path).stat()
            content.update(f"{about.st_mode}\0".encode())
            is_small = S_ISREG(about.st_mode) and about.st_size <= LARGEST_FILE_BYTES
            content.update(hashlib.sha256(Path(path).read_bytes()).digest() if is_small else stamp(path).encode())
    return content.hexdigest()
