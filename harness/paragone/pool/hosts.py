"""Whether the hosts of a pool are machines of one kind: hardware, kernels, and versions of what is measured."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from paragone.errors import Misuse
from paragone.machine import environment
from paragone.machine.environment_record import Environment

MOST_NAMED = 5  # differences of one host


@dataclass(frozen=True)
class Host:
    """A host of a pool, and the address of the Dask worker that works on it."""

    name: str
    address: str
    described: Environment

    @property
    def kind(self) -> str:
        return environment.machine_fingerprint(self.described)


def by_kind(hosts: Iterable[Host]) -> list[list[Host]]:
    """The hosts in groups of one kind, the largest first; hosts by name."""
    kinds: dict[str, list[Host]] = {}
    for host in sorted(hosts, key=lambda host: host.name):
        kinds.setdefault(host.kind, []).append(host)
    return sorted(kinds.values(), key=len, reverse=True)


def refuse_unlike(hosts: Sequence[Host]) -> None:
    """Raise Misuse, naming the hosts and what differs, where they are not all of one kind."""
    first, *others = by_kind(hosts)
    if not others:
        return
    sentences = []
    for group in others:
        found = environment.unlike(first[0].described, group[0].described)
        more = f"; {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
        names = ", ".join(host.name for host in group)
        sentences.append(f"{names} differs from {first[0].name}: {'; '.join(found[:MOST_NAMED])}{more}")
    raise Misuse(
        f"the hosts are not machines of one kind, and one run is of one kind. {'. '.join(sentences)}. "
        "A run of each kind, and their report: --each-kind"
    )
