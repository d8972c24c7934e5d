"""The cluster: connected to, its workers found, orders sent, and their answers taken line by line."""

from __future__ import annotations

import itertools
import json
import queue
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from paragone.errors import HarnessError, Misuse, PoolLost
from paragone.pool import on_host
from paragone.pool.address import Place
from paragone.pool.by_value import by_value
from paragone.pool.cargo import Archive, Cargo
from paragone.pool.clusters import cluster_of
from paragone.pool.orders import Line, Order, from_text

if TYPE_CHECKING:
    from distributed import Client, Future

RESOURCE = "paragone"  # of a Dask worker: one, so that it has one order at a time
CONNECT_S, PATIENCE_S = 10.0, 180.0  # to a scheduler at first, and to one that has gone
WORKER = "dask worker SCHEDULER --nthreads 1 --resources 'paragone=1'"


@dataclass
class Answer:
    """An order under way: the lines that were taken so far, of one execution."""

    key: str
    future: Future
    take: Callable[[Line], None]
    workers: Sequence[str]
    execution: str = ""
    n_taken: int = 0
    ended: str = ""  # "done"; or why it is to be sent again


class Connection:
    """A client of a cluster. Answers are taken in the thread that calls `wait`."""

    def __init__(self, place: Place) -> None:
        """Raises Misuse where Dask is not installed or nothing answers."""
        self.place = place
        self._cluster = cluster_of(place)
        self._topic, self._numbers = f"paragone-{uuid.uuid4().hex}", itertools.count()
        self._news: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self._answers: dict[str, Answer] = {}
        self._archives: dict[str, str] = {}
        self._client = self._connected(CONNECT_S)

    def close(self) -> None:
        for answer in self._answers.values():
            answer.future.cancel()
        self._client.close()
        if self._cluster is not None:
            self._cluster.close()

    def _connected(self, seconds: float) -> Client:
        from distributed import Client

        target = self._cluster if self._cluster is not None else self.place.address
        # Answers are bytes. Nothing that a host computes may be unpickled here.
        families = {"serializers": ["dask", "msgpack", "pickle"], "deserializers": ["dask", "msgpack", "error"]}
        try:
            client = Client(target, timeout=seconds, set_as_default=False, **families)
        except (OSError, TimeoutError, ValueError, TypeError) as error:
            raise PoolLost(
                f"--on {self.place.text}: no scheduler answers there: {error}. To start one: dask scheduler"
            ) from None
        client.subscribe_topic(self._topic, lambda event: self._news.put(("line", event[1])))
        return client

    def workers(self) -> list[str]:
        """The addresses of the workers that have the resource."""
        found = self._client.scheduler_info(n_workers=-1)["workers"]
        return sorted(address for address, about in found.items() if about.get("resources", {}).get(RESOURCE))

    def wait_for_workers(self, fewest: int, seconds: float) -> list[str]:
        """Raises Misuse where none comes that has the resource."""
        until = time.monotonic() + seconds
        while len(found := self.workers()) < fewest and time.monotonic() < until:
            time.sleep(0.2)
        if not found:
            n_others = len(self._client.scheduler_info(n_workers=-1)["workers"])
            what = f"{n_others} workers are there, without the resource paragone" if n_others else "no worker is there"
            raise Misuse(f"--on {self.place.text}: {what}. On each host: {WORKER}")
        return found

    def send_cargo(self, cargo: Cargo, workers: Sequence[str]) -> None:
        """Have each of these workers keep the archives that it lacks. Raises HarnessError."""
        self._archives = dict.fromkeys(cargo.folders, cargo.code.sha256)
        if cargo.data is not None:
            self._archives["@data"] = cargo.data.sha256
        for archive in cargo.archives:
            for address in workers:
                self._send(archive, address)

    def _send(self, archive: Archive, address: str) -> None:
        if json.loads(self._call(on_host.is_kept, address, archive.sha256)):
            return
        try:
            (content,) = self._client.scatter([archive.content], workers=[address], hash=False)
        except (OSError, TimeoutError) as error:
            raise HarnessError(f"the host at {address} does not take what travels: {error}") from None
        if fault := self._call(on_host.keep, address, archive.sha256, content):
            raise HarnessError(fault.decode())

    def _call(self, function: Callable[..., bytes], address: str, *arguments: Any) -> bytes:
        from distributed import KilledWorker

        future = self._client.submit(by_value(function), *arguments, workers=[address], pure=False, retries=0)
        try:
            return bytes(future.result(timeout=PATIENCE_S))
        except (OSError, TimeoutError, CancelledError, KilledWorker) as error:
            raise HarnessError(f"the host at {address} does not answer: {error}") from None

    def send(self, order: Order, take: Callable[[Line], None], workers: Sequence[str]) -> Answer:
        """Send an order to one of these workers; `take` gets each line of its answer once."""
        key = f"{self._topic}-{order.do}-{next(self._numbers)}"
        text = msgspec.json.encode(order).decode()
        future = self._client.submit(
            by_value(on_host.carry_out),
            text,
            self._archives,
            self._topic,
            key,
            key=key,
            workers=list(workers),
            resources={RESOURCE: 1},
            retries=0,
            pure=False,
        )
        answer = self._answers[key] = Answer(key, future, take, workers)
        future.add_done_callback(lambda done: self._news.put(("ended", key)))
        return answer

    def cancel(self, answer: Answer, why: str) -> None:
        """Want no more of an answer; it counts as ended."""
        if self._answers.pop(answer.key, None) is not None:
            answer.ended = why
            answer.future.cancel()

    def wait(self, seconds: float) -> None:
        """Take what arrives, until an answer has ended or so many seconds have passed. Raises PoolLost."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            try:
                what, content = self._news.get(timeout=left)
            except queue.Empty:
                break
            answer = self._answers.get(content["key"] if what == "line" else content)
            if answer is not None and what == "line":
                self._take_event(answer, content)
            elif answer is not None:
                self._end(answer)
                break
        self._see_to_the_connection()

    def _take_event(self, answer: Answer, event: Mapping[str, Any]) -> None:
        answer.execution = answer.execution or event["execution"]
        if answer.execution != event["execution"]:  # Dask repeats what a worker that has gone was at
            self.cancel(answer, "its host has gone")
        elif event["number"] == answer.n_taken:  # one that was lost comes with the whole answer
            answer.n_taken += 1
            answer.take(from_text(event["line"]))

    def _end(self, answer: Answer) -> None:
        if answer.future.status != "finished":
            self.cancel(answer, f"its host has gone ({answer.future.status})")
            return
        whole = json.loads(bytes(answer.future.result(timeout=PATIENCE_S)))
        if answer.execution and answer.execution != whole["execution"]:
            self.cancel(answer, "its host has gone")
            return
        for line in whole["lines"][answer.n_taken :]:
            answer.take(from_text(line))
        del self._answers[answer.key]
        answer.ended = answer.ended or "done"

    def _see_to_the_connection(self) -> None:
        """End the answers whose workers have gone; connect again where the scheduler has."""
        if self._client.status != "running":
            self._connect_again()
            return
        there = {*self.workers()}
        for answer in [each for each in self._answers.values() if there.isdisjoint(each.workers)]:
            self.cancel(answer, "its host has gone")

    def _connect_again(self) -> None:
        for answer in list(self._answers.values()):
            self.cancel(answer, "the scheduler has gone")
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                self._client.close(timeout=1)
                self._client = self._connected(CONNECT_S)
                return
            except PoolLost:
                if time.monotonic() > until:
                    raise
                time.sleep(1)
