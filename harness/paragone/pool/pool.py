"""The pool: hosts of a cluster that have the cargo and have said what machines they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import msgspec

from paragone.errors import HarnessError
from paragone.machine import environment
from paragone.machine.environment_record import Environment
from paragone.plan.request import Request
from paragone.pool.address import Place
from paragone.pool.cargo import Cargo, cargo_of, with_paths
from paragone.pool.connection import Answer, Connection
from paragone.pool.hosts import Host
from paragone.pool.orders import Line, Order
from paragone.task.problem import Data

FIRST_WORKER_S, SLURM_S = 20.0, 600.0  # until the first worker is there; a job may have to wait for its nodes
LOOK_S = 0.5


@dataclass
class Pool:
    """The hosts of one kind that a run may use; those that join later are added if they are of that kind."""

    connection: Connection
    cargo: Cargo
    order: Order  # with what all orders have in common
    say: Callable[[str], None]
    hosts: list[Host] = field(default_factory=list)
    passed_over: set[str] = field(default_factory=set)  # addresses of workers

    @cached_property
    def marks(self) -> dict[str, str]:
        """Folder of this machine → mark; the innermost folders first."""
        found = {str(folder): mark for mark, folder in self.cargo.folders.items()}
        return dict(sorted(found.items(), key=lambda each: -len(each[0])))

    def there(self) -> list[Host]:
        """The hosts that are there, those that have just joined among them."""
        workers = self.connection.workers()
        known = {host.address for host in self.hosts} | self.passed_over
        if new := [address for address in workers if address not in known]:
            self.join(new)
        return [host for host in self.hosts if host.address in workers]

    def join(self, addresses: list[str]) -> None:
        """Take up the hosts of these workers; another kind of machine, or a second worker of a host, is passed over."""
        try:
            found = self._described(addresses)
        except HarnessError as error:  # the others go on without it
            self.passed_over |= {*addresses}
            self.say(f"What has joined is passed over: {error}")
            return
        for host in found:
            there = {*self.connection.workers()}
            same_host = [each for each in self.hosts if each.name == host.name and each.address in there]
            if same_host or (self.hosts and host.kind != self.hosts[0].kind):
                self.passed_over.add(host.address)
                differs = "it is another kind of machine: " + "; ".join(
                    environment.unlike(self.hosts[0].described, host.described)
                )
                why = "it has a worker already, and measures one thing at a time" if same_host else differs
                self.say(f"Host {host.name} is passed over: {why}.")
            else:
                self.hosts = [each for each in self.hosts if each.name != host.name] + [host]

    def _described(self, addresses: list[str]) -> list[Host]:
        self.connection.send_cargo(self.cargo, addresses)
        found: list[Host] = []
        orders = [(address, Description()) for address in addresses]
        answers = [
            self.connection.send(msgspec.structs.replace(self.order, do="describe"), description.take, [address])
            for address, description in orders
        ]
        while any(not answer.ended for answer in answers):
            self.connection.wait(LOOK_S)
        for address, description in orders:
            if description.refused:
                raise HarnessError(f"a host cannot measure: {description.refused}")
            if description.environment is not None:  # else it has gone again
                found.append(Host(description.host, address, description.environment))
        return found

    def of_kind(self, hosts: list[Host]) -> Pool:
        """The pool without the other hosts."""
        others = {host.address for host in self.hosts if host not in hosts}
        return Pool(self.connection, self.cargo, self.order, self.say, hosts, self.passed_over | others)

    def ask(self, take: Callable[[Line], None], hosts: Sequence[Host] = (), **order: Any) -> Answer:
        """Send an order to one of the hosts, of all that are there unless some are named; paths become marks."""
        content = {name: with_paths(value, self.marks) for name, value in order.items()}
        addresses = [host.address for host in hosts or self.there()]
        return self.connection.send(msgspec.structs.replace(self.order, **content), take, addresses)

    def with_own_paths(self, content: Any) -> Any:
        """What a host has answered, with folders of this machine in the place of marks."""
        return with_paths(content, {mark: folder for folder, mark in self.marks.items()})


@dataclass
class Description:
    """What a host says of itself."""

    host: str = ""
    environment: Environment | None = None
    refused: str = ""

    def take(self, line: Line) -> None:
        self.host = line.host or self.host
        self.environment = line.environment or self.environment
        self.refused = line.refused or self.refused


@contextmanager
def pool_at(
    place: Place, request: Request, data: Data, verify_again: bool, say: Callable[[str], None]
) -> Iterator[Pool]:
    """Yield all hosts of a cluster, of whatever kind; a cluster that was started for it ends with the block.

    Raises Misuse, HarnessError.
    """
    connection = Connection(place)
    try:
        seconds = SLURM_S if place.kind == "slurm" else FIRST_WORKER_S
        n_expected = place.n_hosts or int(place.options.get("jobs", "1"))
        addresses = connection.wait_for_workers(n_expected, seconds)
        cargo = cargo_of(request.plugins, data)
        order = Order(do="describe", request={}, source_hash=environment.source_hash(), data=data.sha256)
        pool = Pool(connection, cargo, order, say)
        asked: Mapping[str, Any] = with_paths(msgspec.to_builtins(request), pool.marks)
        pool.order = msgspec.structs.replace(order, request=asked, verify_again=verify_again)
        pool.hosts = _one_of_each(pool._described(addresses), pool)
        say(f"{place.text}: {len(pool.hosts)} hosts: {', '.join(sorted(host.name for host in pool.hosts))}.")
        yield pool
    finally:
        connection.close()


def _one_of_each(hosts: list[Host], pool: Pool) -> list[Host]:
    by_name = {host.name: host for host in reversed(hosts)}
    pool.passed_over = {host.address for host in hosts if by_name[host.name] is not host}
    return list(by_name.values())
