"""Launches handed to hosts, one at a time to each, and begun again elsewhere where a host has gone or is busy."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from paragone.errors import HarnessError
from paragone.files.json_lines import read_json, read_rows
from paragone.machine.conditions import BUSY_WORTH_A_NOTE
from paragone.measure.resume import remaining_samples
from paragone.pool.connection import Answer
from paragone.pool.orders import Line, rows_of
from paragone.pool.pool import LOOK_S, Pool
from paragone.store.reader import read_plan
from paragone.store.records import HostedLaunch, Sample
from paragone.store.run_folder import RunFolder
from paragone.verify.display import Advance

MOST_TRIES = 5  # of a launch, in a row, that bring no sample
OF_A_LAUNCH = ("samples", "limits")  # tables of which a host needs the rows of its launch


@dataclass
class Try:
    """One attempt at a launch: what its host has said of it."""

    launch: int
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
    attempts: dict[int, int] = field(default_factory=dict)  # launch → the last one
    fruitless: dict[int, int] = field(default_factory=dict)  # launch → tries in a row without a sample
    found_busy: dict[int, set[str]] = field(default_factory=dict)  # launch → names of hosts

    def __post_init__(self) -> None:
        self.plan = read_json(self.rows.folder / "plan.json")
        self.environment = read_json(self.rows.folder / "environment.json")
        self.created = datetime.fromisoformat(self.plan["created"]).timestamp()
        for table in ("hosts", "samples"):
            for row in read_rows(self.rows.folder / f"{table}.jsonl"):
                self.attempts[row["launch"]] = max(self.attempts.get(row["launch"], -1), row["attempt"])

    def run_launches(self) -> None:
        """Run what is missing of the launches. Raises HarnessError where one ends on no host."""
        plan = read_plan(self.rows.folder)
        remaining, _ = remaining_samples(self.rows.folder, plan.rounds)
        waiting = [n for n in range(plan.launches) if any(remaining.wants_any(cell, n) for cell in plan.cells)]
        running: list[tuple[Try, Answer]] = []
        lacked_hosts = False
        while waiting or running:
            hosts = self.pool.there()
            if not hosts and not running and not lacked_hosts:
                self.say("No host is there any more: waiting for one. Ctrl-C keeps what was measured.")
            lacked_hosts = not hosts
            while waiting and len(running) < len(hosts):
                running.append(self._begin(waiting.pop(0)))
            self.pool.connection.wait(LOOK_S)
            for one in [each for each in running if each[1].ended]:
                running.remove(one)
                if not self._is_through(*one):
                    waiting.insert(0, one[0].launch)

    def run_passes(self) -> None:
        """Measure, on one host, what is missing of the passes after the launches."""
        tables = {table: read_rows(self.rows.folder / f"{table}.jsonl") for table in ("memory", "accuracy", "outcomes")}
        for _ in range(MOST_TRIES):
            one = Try(-1, 0)
            answer = self._ask(one, do="passes", tables=tables)
            while not answer.ended:
                self.pool.connection.wait(LOOK_S)
            if one.is_done:
                return
            tables = {table: read_rows(self.rows.folder / f"{table}.jsonl") for table in tables}
        raise HarnessError(f"the passes after the launches ended on no host: {one.refused or answer.ended}")

    def _begin(self, launch: int) -> tuple[Try, Answer]:
        one = Try(launch, self.attempts.get(launch, -1) + 1)
        self.attempts[launch] = one.attempt
        busy = self.found_busy.get(launch, set())
        others = [host for host in self.pool.hosts if host.name not in busy]
        most = BUSY_WORTH_A_NOTE if self.refuses_busy and others else None
        order = {"launch": launch, "attempt": one.attempt, "most_busy_cpus": most, "tables": self._tables(launch)}
        return one, self._ask(one, do="launch", **order)

    def _ask(self, one: Try, **order: Any) -> Answer:
        return self.pool.ask(lambda line: self._take(one, line), plan=self.plan, environment=self.environment, **order)

    def _tables(self, launch: int) -> dict[str, list[dict[str, Any]]]:
        """The rows that a host needs to go on with a launch."""
        tables = {table: read_rows(self.rows.folder / f"{table}.jsonl") for table in (*OF_A_LAUNCH, "outcomes")}
        of_launch = {table: [row for row in tables[table] if row["launch"] == launch] for table in OF_A_LAUNCH}
        return {**of_launch, "outcomes": tables["outcomes"]}

    def _take(self, one: Try, line: Line) -> None:
        one.host = line.host or one.host
        one.refused = line.refused or one.refused
        one.is_done = one.is_done or line.is_done
        if line.is_busy:
            one.is_busy = True
        elif one.launch >= 0 and not one.began and (line.busy_cpus is not None or line.table):
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
            launch=one.launch,
            attempt=one.attempt,
            host=one.host,
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
        if one.launch >= 0 and any(getattr(row, "launch", None) not in (None, one.launch) for row in rows):
            raise HarnessError(f"host {one.host} sent rows of another launch than that which it was asked for")
        self.rows.append(*rows)
        one.n_samples += sum(isinstance(row, Sample) for row in rows)

    def _is_through(self, one: Try, answer: Answer) -> bool:
        """False where the launch has to begin again. Raises HarnessError where it was tried too often."""
        if one.is_done:
            return True
        if one.is_busy:
            self.found_busy.setdefault(one.launch, set()).add(one.host)
            self._note(one, one.busy_cpus, "others keep the host busy")
            return False
        why = one.refused or (answer.ended if answer.ended != "done" else "it ended early")
        if not one.began:
            self._note(one, None, why)
        self.fruitless[one.launch] = 0 if one.n_samples else self.fruitless.get(one.launch, 0) + 1
        name = f"launch {one.launch + 1} on {one.host or 'a host'}"
        if self.fruitless[one.launch] >= MOST_TRIES:
            raise HarnessError(f"{name}: {why}. It was tried {MOST_TRIES} times; what was measured is kept")
        self.say(f"{name[0].upper()}{name[1:]}: {why}. It goes on elsewhere, from what has arrived.")
        return False
