"""A run times one code: the source is compared before and after each load with what it was when the run began."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from paragone.errors import HarnessError, MeasurementFailed
from paragone.files.hashing import changed_files, file_digests
from paragone.files.paths import PACKAGE
from paragone.implementation.registry import Registered
from paragone.plan.cells import Contender
from paragone.task.problem import Data
from paragone.worker.replies import Loaded
from paragone.worker.worker import Worker

# What a worker loads of this harness; the rest may change while a run goes on.
LOADED_BY_WORKERS = ("files", "machine", "task", "implementation", "adapters", "worker")
MOST_NAMED = 3


def load_worker(worker: Worker, contender: Contender, data: Data, seed: int) -> Loaded:
    """Load the contender's variant with its problem, in its problem's data set. Raises as `unchanged_source` does."""
    with unchanged_source(contender.found):
        return worker.load(contender.variant, str(contender.found.folder), contender.problem, str(data.folder), seed)


@contextlib.contextmanager
def unchanged_source(found: Registered) -> Iterator[None]:
    """Refuse what a worker loads in the block where the source has changed since it was first hashed.

    Raises MeasurementFailed where the implementation's has, HarnessError where the harness's has: then no further
    worker would run the code of those before.
    """
    _of_harness()
    _refuse_change(found)
    try:
        yield
    except MeasurementFailed:  # a file that is half written fails to load: the change is the reason
        _refuse_change(found)
        raise
    _refuse_change(found)
    _refuse_change_of_harness()  # the worker loaded it when it started


def _refuse_change_of_harness() -> None:
    if changed := changed_files(_of_harness(), _digests_of_harness(), {".py"}):
        raise HarnessError(
            f"paragone itself was changed during the run: {_named(PACKAGE, changed)}. Another worker would run other "
            "code than those before it. What was measured is kept: once the files are as they were, the same command "
            "goes on. A new run: paragone bench --new"
        )


def _refuse_change(found: Registered) -> None:
    if changed := found.source_changes():
        raise MeasurementFailed(
            f"its source was changed during the run: {_named(found.folder, changed, found.shared_maths())}. What was "
            "timed before is another code than what would be timed from here on, so none of it counts. "
            "Once you have done editing: paragone bench --new"
        )


@cache
def _of_harness() -> dict[str, bytes]:
    """As it was at the first load of this process."""
    return _digests_of_harness()


def _digests_of_harness() -> dict[str, bytes]:
    return {
        f"{part}/{name}": digest
        for part in LOADED_BY_WORKERS
        for name, digest in file_digests(PACKAGE / part).items()
        if name.endswith(".py")
    }


def _named(folder: Path, changed: Sequence[str], elsewhere: dict[str, Path] | None = None) -> str:
    """Such as "maths.py (saved at 14:03:22 UTC)"."""
    named = []
    for name in changed[:MOST_NAMED]:
        path = (elsewhere or {}).get(name, folder / name)
        try:
            saved = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            named.append(f"{name} (saved at {saved:%H:%M:%S} UTC)")
        except OSError:
            named.append(f"{name} (deleted)")
    return ", ".join(named) + (f" and {len(changed) - MOST_NAMED} more" if len(changed) > MOST_NAMED else "")
