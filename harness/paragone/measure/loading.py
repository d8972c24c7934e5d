"""Loading the workers of a launch: several at once, since nothing is timed yet."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from msgspec import structs

from paragone.errors import MeasurementFailed
from paragone.machine.cpus import worker_cpus
from paragone.machine.threads import thread_count_fault
from paragone.measure.untimed import at_once
from paragone.plan.cells import Contender
from paragone.task.problem import Data
from paragone.verify.pilot import OpenWorker, load_worker
from paragone.worker.worker import Worker


@dataclass
class Loading:
    """A worker, columns of its `Launch` row, and why it cannot be sampled, with the stage where that was found."""

    worker: Worker
    facts: dict[str, Any] = field(default_factory=dict)
    stage: str = ""
    fault: MeasurementFailed | None = None


def load_at_once(
    contenders: Sequence[Contender], open_worker: OpenWorker, data: Data, seed: int, most: int | None
) -> Iterator[Loading]:
    """Yield a worker for each contender in turn, loaded on any CPU, then moved to those of a timed worker.

    `most` of them are loaded at once, or as many as there are CPUs for.
    """

    def load(number: int, worker: Worker) -> Loading:
        return _load(worker, contenders[number], data, seed)

    for contender, (worker, loading) in zip(contenders, at_once(contenders, open_worker, load, most), strict=True):
        worker.move_to(worker_cpus(contender.threads))
        yield loading


def _load(worker: Worker, contender: Contender, data: Data, seed: int) -> Loading:
    begin = time.perf_counter()
    try:
        loaded = load_worker(worker, contender, data, seed)
    except MeasurementFailed as error:
        return Loading(worker, stage="load", fault=error)
    elapsed_s = time.perf_counter() - begin
    facts = {
        **structs.asdict(loaded),
        "start_seconds": elapsed_s - loaded.load_seconds,
        "setup_seconds": elapsed_s,
    }
    fault = thread_count_fault(contender.threads, loaded.threads_found)
    return Loading(worker, facts, "threads", MeasurementFailed(fault) if fault else None)
