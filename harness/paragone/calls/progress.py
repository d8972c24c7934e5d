"""A line that says how far a comparison is, and what it shows so far."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from paragone.calls.launches import Launches
from paragone.calls.statistics import estimates
from paragone.files.printable import plain_words
from paragone.report.text import formatting
from paragone.report.text.rows import each_row

MOST_SHOWN = 3  # callables
WIDTH = 100


class Line(Protocol):
    """What a line is written to, over and over."""

    def write(self, text: str, /) -> object: ...
    def flush(self) -> object: ...


class CellLine:
    """A line below a cell of a notebook. What is written replaces it, so that nothing of it is left at the end.

    Standard error would stay in the notebook, red and empty.
    """

    def __init__(self, display: Any) -> None:
        self._display = display
        self._handle: Any = None

    def write(self, text: str, /) -> None:
        bundle = {"text/plain": text.strip()}
        if self._handle is None:
            self._handle = self._display(bundle, raw=True, display_id=True)
        else:
            self._handle.update(bundle, raw=True)

    def flush(self) -> None:
        """Do nothing: a display is sent at once."""


class Progress:
    """Writes over its own line. It says nothing where nobody looks: in a test, or where the output is a file."""

    def __init__(self, stream: Line, is_shown: bool, seconds: float) -> None:
        self._stream, self._is_shown, self._seconds = stream, is_shown, seconds
        self._written = 0
        self._silent_until_s = 0.0

    def tell(self, words: str) -> None:
        if self._is_shown:
            words = plain_words(words, WIDTH)
            self._stream.write("\r" + words.ljust(self._written))
            self._stream.flush()
            self._written = len(words)

    def after_launch(self, launches: Launches) -> None:
        """The speeds so far, which may still change. Working them out takes a twentieth of the time at most."""
        begin_s = time.perf_counter()
        if not self._is_shown or begin_s < self._silent_until_s:
            return
        frame = estimates(launches.task, launches.times)
        compared = frame[~frame["control"] & frame["speed"].notna()]
        compared = compared[compared["size"] == compared["size"].max()]
        at = (
            f" at {formatting.size(int(compared['size'].max()))}"
            if frame["size"].nunique() > 1 and len(compared)
            else ""
        )
        speeds = [f"{row.name} {formatting.ratio(row.speed)}" for row in each_row(compared.tail(MOST_SHOWN))]
        left_s = max(0.0, self._seconds - launches.elapsed_s)
        counted = formatting.plural(len(launches.times), "launch")
        self.tell(f"so far: {', '.join(speeds) or 'A/A'}{at} · {counted} · {left_s:.0f} s left")
        now_s = time.perf_counter()
        self._silent_until_s = now_s + 20 * (now_s - begin_s)


@contextmanager
def progress(is_wanted: bool | None, seconds: float) -> Iterator[Progress]:
    """`is_wanted` None: in a notebook and at a terminal. The line is gone at the end."""
    cell = _display_of_cell()
    stream: Line = CellLine(cell) if cell else sys.stderr
    is_shown = (bool(cell) or sys.stderr.isatty()) if is_wanted is None else is_wanted
    line = Progress(stream, is_shown, seconds)
    try:
        yield line
    finally:
        line.tell("")
        if is_shown:
            stream.write("\r")
            stream.flush()


def _display_of_cell() -> Any:
    """What displays below the cell that is running; None outside a notebook."""
    ipython = sys.modules.get("IPython") if "ipykernel" in sys.modules else None
    return ipython.display.display if ipython is not None and ipython.get_ipython() is not None else None
