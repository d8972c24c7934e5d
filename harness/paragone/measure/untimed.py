"""Work that nothing times: several workers at once, each on CPUs of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from paragone.machine.slots import untimed_slots
from paragone.plan.cells import Contender
from paragone.verify.pilot import OpenWorker
from paragone.worker.worker import Worker

T = TypeVar("T")


def at_once(
    contenders: Sequence[Contender],
    open_worker: OpenWorker,
    work: Callable[[int, Worker], T],
    most: int | None = None,
) -> Iterator[tuple[Worker, T]]:
    """Yield, for each contender in turn, a fresh worker and what `work(number, worker)` returned.

    In threads of this process, as many workers are at work as there are CPUs for them, `most` where it is given. A
    worker that was yielded is the caller's to kill; all others are killed where the loop is left. What `work` raises
    is raised here.
    """
    slots = untimed_slots(max((contender.threads for contender in contenders), default=1), most)
    with ThreadPoolExecutor(len(slots)) as pool:
        jobs = _Jobs(open_worker, work, pool, slots, iter(enumerate(contenders)))
        try:
            for number in range(len(contenders)):
                while number not in jobs.ended:
                    jobs.begin()
                    jobs.wait()
                result = jobs.ended[number].future.result()
                yield jobs.ended.pop(number).worker, result
        finally:
            jobs.end()


@dataclass
class _Job(Generic[T]):
    number: int
    worker: Worker
    cpus: tuple[int, ...]
    future: Future[T]


@dataclass
class _Jobs(Generic[T]):
    """Those that wait, those at work, and by their numbers those that have ended and were not yielded."""

    open_worker: OpenWorker
    work: Callable[[int, Worker], T]
    pool: Executor
    slots: list[tuple[int, ...]]  # that are free
    waiting: Iterator[tuple[int, Contender]]
    running: list[_Job[T]] = field(default_factory=list)
    ended: dict[int, _Job[T]] = field(default_factory=dict)

    def begin(self) -> None:
        """Begin as many as there are slots for."""
        while self.slots and (entry := next(self.waiting, None)) is not None:
            cpus, (number, contender) = self.slots.pop(0), entry
            # Opened by this thread: Linux ends a worker with the thread that has started it.
            worker = self.open_worker(contender)
            worker.move_to(cpus)
            self.running.append(_Job(number, worker, cpus, self.pool.submit(self.work, number, worker)))

    def wait(self) -> None:
        """Wait until one has ended."""
        wait([job.future for job in self.running], return_when=FIRST_COMPLETED)
        for job in [job for job in self.running if job.future.done()]:
            self.running.remove(job)
            self.ended[job.number] = job
            self.slots.append(job.cpus)

    def end(self) -> None:
        """End what is at work, and kill every worker that was not yielded."""
        for job in self.running:
            job.worker.abandon()
        wait([job.future for job in self.running])
        for job in [*self.running, *self.ended.values()]:
            job.worker.kill()
