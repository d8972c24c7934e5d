"""A line that says how far a comparison is, and what it shows so far."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from paragone.calls.launches import Launches
from paragone.calls.statistics import estimates
from paragone.files.printable import plain_words
from paragone.report.text import formatting
from paragone.report.text.rows import each_row

MOST_SHOWN = 3  # callables
WIDTH = 100


class Progress:
    """Writes over its own line. It says nothing where nobody looks: in a test, or where the output is a file."""

    def __init__(self, stream: TextIO, is_shown: bool, seconds: float) -> None:
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
        speeds = [f"{row.name} {formatting.ratio(row.speed)}" for row in each_row(compared.tail(MOST_SHOWN))]
        left_s = max(0.0, self._seconds - launches.elapsed_s)
        counted = formatting.plural(len(launches.times), "launch")
        self.tell(f"so far: {', '.join(speeds) or 'A/A'} · {counted} · {left_s:.0f} s left")
        now_s = time.perf_counter()
        self._silent_until_s = now_s + 20 * (now_s - begin_s)


@contextmanager
def progress(is_wanted: bool | None, seconds: float) -> Iterator[Progress]:
    """`is_wanted` None: in a notebook and at a terminal. The line is gone at the end."""
    stream = sys.stderr
    is_shown = ("ipykernel" in sys.modules or stream.isatty()) if is_wanted is None else is_wanted
    line = Progress(stream, is_shown, seconds)
    try:
        yield line
    finally:
        line.tell("")
        if is_shown:
            stream.write("\r")
            stream.flush()
