"""Launches handed to hosts, a wave at a time to each, and begun again elsewhere where a host has gone or is busy.

A wave of a launch is what stays whole on one host: it has its own baseline and A/A. Most plans have one wave; one of
several problems or numbers of threads has as many at least, and so more than its launches to share out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from paragone.errors import HarnessError
from paragone.files.json_lines import read_json, read_rows
from paragone.machine.conditions import BUSY_WORTH_A_NOTE
from paragone.measure.resume import remaining_samples
from paragone.pool.connection import Answer
from paragone.pool.hosts import Host
from paragone.pool.orders import Line, rows_of
from paragone.pool.pool import LOOK_S, Pool
from paragone.store.reader import read_plan
from paragone.store.records import HostedLaunch, Sample
from paragone.store.run_folder import RunFolder
from paragone.verify.display import Advance

MOST_TRIES = 5  # of a launch, in a row, that bring no sample
Part = tuple[int, int]  # launch, wave
PASSES = (-1, -1)


@dataclass
class Try:
    """One attempt at a part: what its host has said of it."""

    part: Part
    attempt: int
    host: str = ""
    began: bool = False
    busy_cpus: float | None = None
    is_busy: bool = False
    refused: str = ""
    is_done: bool = False
    n_samples: int = 0


@dataclass
class Dispatch:
    """Hands out what a run lacks. Rows are appended as they arrive."""

    pool: Pool
    rows: RunFolder
    say: Callable[[str], None]
    advance: Advance
    refuses_busy: bool = True
    attempts: dict[Part, int] = field(default_factory=dict)  # the last ones
    fruitless: dict[Part, int] = field(default_factory=dict)  # tries in a row without a sample
    found_busy: dict[Part, set[str]] = field(default_factory=dict)  # names of hosts

    def __post_init__(self) -> None:
        self.plan = read_json(self.rows.folder / "plan.json")
        self.environment = read_json(self.rows.folder / "environment.json")
        self.first_wave = min((cell["wave"] for cell in self.plan["cells"]), default=0)
        self.created = datetime.fromisoformat(self.plan["created"]).timestamp()
        for table in ("hosts", "samples"):
            for row in read_rows(self.rows.folder / f"{table}.jsonl"):
                part = row["launch"], row["wave"]
                self.attempts[part] = max(self.attempts.get(part, -1), row["attempt"])

    def run_launches(self) -> None:
        """Run what is missing of the launches. Raises HarnessError where one ends on no host."""
        plan = read_plan(self.rows.folder)
        remaining, _ = remaining_samples(self.rows.folder, plan.rounds)
        parts = ((n, cell.wave, cell) for n in range(plan.launches) for cell in plan.cells)
        waiting = sorted({(n, wave) for n, wave, cell in parts if remaining.wants_any(cell, n)})
        running: list[tuple[Try, Answer]] = []
        lacked_hosts = False
        while waiting or running:
            hosts = self.pool.there()
            if not hosts and not running and not lacked_hosts:
                self.say("No host is there any more: waiting for one. Ctrl-C keeps what was measured.")
            lacked_hosts = not hosts
            while waiting and len(running) < len(hosts):
                running.append(self._begin(waiting.pop(0), hosts))
            self.pool.connection.wait(LOOK_S)
            for one in [each for each in running if each[1].ended]:
                running.remove(one)
                if not self._is_through(*one):
                    waiting.insert(0, one[0].part)

    def run_passes(self) -> None:
        """Measure, on one host, what is missing of the passes after the launches."""
        tables = {table: read_rows(self.rows.folder / f"{table}.jsonl") for table in ("memory", "accuracy", "outcomes")}
        for _ in range(MOST_TRIES):
            one = Try(PASSES, 0)
            answer = self._ask(one, do="passes", tables=tables)
            while not answer.ended:
                self.pool.connection.wait(LOOK_S)
            if one.is_done:
                return
            tables = {table: read_rows(self.rows.folder / f"{table}.jsonl") for table in tables}
        raise HarnessError(f"the passes after the launches ended on no host: {one.refused or answer.ended}")

    def _begin(self, part: Part, hosts: Sequence[Host]) -> tuple[Try, Answer]:
        one = Try(part, self.attempts.get(part, -1) + 1)
        self.attempts[part] = one.attempt
        others = [host for host in hosts if host.name not in self.found_busy.get(part, set())]
        most = BUSY_WORTH_A_NOTE if self.refuses_busy and others else None
        (launch, wave), attempt = part, one.attempt
        asked = {"launch": launch, "wave": wave, "attempt": attempt, "measures_limits": wave == self.first_wave}
        answer = self._ask(
            one, do="launch", hosts=others or hosts, most_busy_cpus=most, tables=self._tables(part), **asked
        )
        return one, answer

    def _ask(self, one: Try, **order: Any) -> Answer:
        return self.pool.ask(lambda line: self._take(one, line), plan=self.plan, environment=self.environment, **order)

    def _tables(self, part: Part) -> dict[str, list[dict[str, Any]]]:
        """The rows that a host needs to go on with a part."""
        samples, limits, outcomes = (
            read_rows(self.rows.folder / f"{table}.jsonl") for table in ("samples", "limits", "outcomes")
        )
        return {
            "samples": [row for row in samples if (row["launch"], row["wave"]) == part],
            "limits": [row for row in limits if row["launch"] == part[0]],
            "outcomes": outcomes,
        }

    def _take(self, one: Try, line: Line) -> None:
        one.host = line.host or one.host
        one.refused = line.refused or one.refused
        one.is_done = one.is_done or line.is_done
        if line.is_busy:
            one.is_busy, one.busy_cpus = True, line.busy_cpus
        elif one.part != PASSES and not one.began and (line.busy_cpus is not None or line.table):
            one.began = True
            self._note(one, line.busy_cpus)
        if line.table:
            self._append(one, line.table, line.rows)
        if line.said:
            self.say(line.said)
        if line.what is not None:
            self.advance(f"{one.host} {line.what}", line.seconds)

    def _note(self, one: Try, busy_cpus: float | None, reason: str | None = None) -> None:
        started_s = time.time() - self.created
        row = HostedLaunch(
            launch=one.part[0],
            wave=one.part[1],
            attempt=one.attempt,
            host=one.host or "unknown",  # it went before it had said a word
            busy_cpus=busy_cpus,
            started_s=started_s,
            reason=reason,
        )
        self.rows.append(row)

    def _append(self, one: Try, table: str, content: list[dict[str, Any]]) -> None:
        """Append rows that a host has sent, once it is clear that they are rows of what it was asked."""
        try:
            rows = rows_of(table, content)
        except (msgspec.MsgspecError, KeyError) as error:
            raise HarnessError(f"host {one.host} sent what is no row: {error}") from None
        launch, wave = one.part
        if one.part != PASSES and any(
            getattr(row, "launch", launch) not in (None, launch) or getattr(row, "wave", wave) not in (None, wave)
            for row in rows
        ):
            raise HarnessError(f"host {one.host} sent rows of another launch than that which it was asked for")
        self.rows.append(*rows)
        one.n_samples += sum(isinstance(row, Sample) for row in rows)

    def _is_through(self, one: Try, answer: Answer) -> bool:
        """False where the launch has to begin again. Raises HarnessError where it was tried too often."""
        if one.is_done and not one.is_busy:
            return True
        if one.is_busy:
            self.found_busy.setdefault(one.part, set()).add(one.host)
            self._note(one, one.busy_cpus, "others keep the host busy")
            return False
        why = one.refused or (answer.ended if answer.ended != "done" else "it ended early")
        if not one.began:
            self._note(one, None, why)
        self.fruitless[one.part] = 0 if one.n_samples else self.fruitless.get(one.part, 0) + 1
        name = f"launch {one.part[0] + 1} on {one.host or 'a host'}"
        if self.fruitless[one.part] >= MOST_TRIES:
            raise HarnessError(f"{name}: {why}. It was tried {MOST_TRIES} times; what was measured is kept")
        self.say(f"{name[0].upper()}{name[1:]}: {why}. It goes on elsewhere, from what has arrived.")
        return False
