"""What the files of a run looked like when its harness last wrote them: a change by anybody else is noticed.

A table that is deleted while it is open takes every further row, and none of them can ever be read.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from paragone.errors import ResultsUnusable

# Device, inode, bytes, and for a file that is never appended to the time of its last change; None: there is no file.
Stamp = tuple[int, int, int, int] | None


class FileStamps:
    """The stamps of a run's files; those of `appended` grow, the others stay as they are."""

    def __init__(self, folder: Path, appended: Iterable[str], fixed: Iterable[str]) -> None:
        self.folder, self._appended = folder, set(appended)
        self._stamps = {name: self._stamp(name) for name in (*self._appended, *fixed)}

    def note(self, name: str) -> None:
        """Take the file as it is now; to be called after the harness wrote it."""
        self._stamps[name] = self._stamp(name)

    def refuse_change(self, again: str) -> None:
        """Raise ResultsUnusable where a file is not as the harness left it; `again` is the command that goes on."""
        changed = {name: stamp for name, stamp in self._stamps.items() if self._stamp(name) != stamp}
        if not changed:
            return
        if not os.path.lexists(self.folder):
            raise ResultsUnusable(
                f"{self.folder}: the folder of the run was deleted or moved while it was measured. If it was deleted, "
                f"all of the run is lost. If it was moved, all is there: move it back, then: {again}"
            )
        faults = "; ".join(self._fault(name, then) for name, then in sorted(changed.items()))
        raise ResultsUnusable(
            f"{self.folder}: another program changed the run while it was measured: {faults}. Its other files are "
            f"kept. Once each file is as it was, from a copy: {again}. A new run: paragone bench --new"
        )

    def _stamp(self, name: str) -> Stamp:
        try:
            found = os.lstat(self.folder / name)
        except OSError:
            return None
        return found.st_dev, found.st_ino, found.st_size, 0 if name in self._appended else found.st_mtime_ns

    def _fault(self, name: str, then: Stamp) -> str:
        now = self._stamp(name)
        if now is None or then is None:
            return f"{name} was made" if then is None else f"{name} was deleted, and its {then[2]} bytes are lost"
        if now[:2] != then[:2]:
            return f"{name} was replaced by another file, of {now[2]} bytes for {then[2]}"
        if now[2] < then[2]:
            return f"{name} was cut to {now[2]} of {then[2]} bytes; the rest is lost"
        return f"{name} was written to"
