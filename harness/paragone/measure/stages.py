"""The stages of a run: where its wall time goes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from paragone.store.records import Stage


@contextmanager
def stage(name: str, keep: Callable[[Stage], object], launch: int | None = None) -> Iterator[None]:
    """Keep the time of the block, also where it raises."""
    begin = time.perf_counter()
    try:
        yield
    finally:
        keep(Stage(stage=name, launch=launch, elapsed_s=time.perf_counter() - begin))
