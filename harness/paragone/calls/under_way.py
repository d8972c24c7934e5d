"""One comparison at a time: another inside it, or beside it in a thread, would disturb its clock."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from paragone.errors import Misuse

_lock = threading.Lock()
_importing = threading.Event()


class ScriptReached(BaseException):
    """A script that a launch imports has come to its own comparison: what is compared is defined by now.

    No Exception, so that the script does not catch it and go on to measure.
    """


@contextmanager
def comparison_under_way() -> Iterator[None]:
    """Raises Misuse where there is one already, and ScriptReached where a launch imports the script."""
    if _importing.is_set():
        raise ScriptReached
    if not _lock.acquire(blocking=False):
        raise Misuse(
            "compare: another comparison is under way in this process, such as around the callable that asked for this "
            "one. Compare one after the other"
        )
    try:
        yield
    finally:
        _lock.release()


@contextmanager
def importing_script() -> Iterator[None]:
    """A comparison that begins in here ends what is imported."""
    _importing.set()
    try:
        yield
    finally:
        _importing.clear()
