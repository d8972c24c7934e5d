"""A run whose pilot, launches and passes are made by the hosts of a pool, and written here."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import msgspec
from msgspec import structs

from paragone.errors import HarnessError
from paragone.machine import environment
from paragone.machine.environment_record import Environment
from paragone.measure.bench import Bench
from paragone.measure.planning import Planned
from paragone.measure.resume import RunIdentity, remaining_samples
from paragone.plan.power import minimum_detectable_difference
from paragone.pool.dispatch import MOST_TRIES, Dispatch
from paragone.pool.orders import Line
from paragone.pool.pool import LOOK_S, Pool
from paragone.store.plan_records import Plan
from paragone.store.reader import read_plan
from paragone.store.run_folder import RunFolder
from paragone.task.families import decode
from paragone.verify.display import Advance

PLACE = "hosts of a pool (--on)"


@dataclass(frozen=True)
class PooledBench(Bench):
    """Each launch is whole on one host, with its baseline and its A/A; hosts are machines of one kind."""

    pool: Pool = field(kw_only=True)

    @cached_property
    def described(self) -> Environment:
        """The kind of machine; the revision is that of the code here, which travels."""
        return structs.replace(self.pool.hosts[0].described, revision=environment.revision())

    @cached_property
    def identity(self) -> RunIdentity:
        return RunIdentity(self.request, self.contenders.values(), self.data.sha256, self.described, PLACE)

    def plan(self) -> Planned:
        """The plan as a host makes it. Raises HarnessError."""
        with self.display.progress("verifying", 1) as advance:
            planned = self._planned(advance)
        known = {
            "command": self.command,
            "problem_arguments": dict(self.problems),
            "identity": self.identity.identity,
            "request": self.request.stored(),
        }
        return structs.replace(planned, plan=structs.replace(self._spread(planned.plan), **known))

    def _planned(self, advance: Advance) -> Planned:
        """Raises HarnessError."""
        why = ""
        for _ in range(MOST_TRIES):
            lines: list[Line] = []

            def take(line: Line, lines: list[Line] = lines) -> None:
                lines.append(line)
                if line.said:
                    self.display.say(line.said)
                if line.what:
                    advance(line.what, 0)

            answer = self.pool.ask(take, do="plan")
            while not answer.ended:
                self.pool.connection.wait(LOOK_S)
            for line in lines:
                if line.planned is not None:
                    return msgspec.convert(self.pool.with_own_paths(line.planned), Planned, dec_hook=decode)
            why = next((line.refused for line in lines if line.refused), answer.ended)
        raise HarnessError(f"no host made the plan: {why}")

    def _spread(self, plan: Plan) -> Plan:
        """The plan with the time that it takes on several hosts, and what it finds there."""
        n_hosts = min(len(self.pool.hosts), plan.launches)
        passes = plan.memory_seconds or 0.0
        changes: dict[str, Any] = {"eta_seconds": (plan.eta_seconds - passes) / n_hosts + passes}
        if n_hosts > 1 and plan.launch_deviation is not None:
            of_host = plan.launch_deviation / (plan.launches / n_hosts) ** 0.5
            changes["minimum_detectable_difference"] = minimum_detectable_difference(of_host, n_hosts)
        return structs.replace(plan, **changes)

    def run_launches(self, rows: RunFolder) -> None:
        plan = read_plan(rows.folder)
        remaining, _ = remaining_samples(rows.folder, plan.rounds)
        seconds = sum(remaining.seconds(cell, plan.launches) for cell in plan.cells)
        with self.display.progress("measuring", seconds) as advance:
            self._dispatch(rows, advance).run_launches()

    def run_passes(self, rows: RunFolder) -> None:
        if self.request.memory or self.request.curves:
            with self.display.progress("passes", 1) as advance:
                self._dispatch(rows, lambda what, seconds: advance(what, 0)).run_passes()

    def _dispatch(self, rows: RunFolder, advance: Advance) -> Dispatch:
        is_alone = self.pool.connection.place.kind != "local"  # else its hosts are busy with each other
        return Dispatch(self.pool, rows, self.display.say, advance, refuses_busy=is_alone)
