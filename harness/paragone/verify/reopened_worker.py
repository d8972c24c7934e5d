"""A worker that is opened when it is needed, and again after it died."""

from __future__ import annotations

from collections.abc import Callable

from paragone.worker.worker import Worker


class ReopenedWorker:
    """A worker opened on first use and reopened after it died, until it fails to load."""

    def __init__(self, open_: Callable[[], Worker | None]) -> None:
        self._open = open_
        self._worker: Worker | None = None
        self._given_up = False

    def worker(self) -> Worker | None:
        """A live worker; None where loading has failed."""
        if not self._given_up and (self._worker is None or not self._worker.alive):
            self._worker = self._open()
            self._given_up = self._worker is None
        return self._worker

    @property
    def live(self) -> Worker | None:
        """The worker that is open, if it lives."""
        return self._worker if self._worker is not None and self._worker.alive else None

    def close(self) -> None:
        if self._worker is not None:
            self._worker.kill()
