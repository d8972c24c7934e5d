"""Runs that `--on` spreads over hosts: one of all hosts, or one of each kind of machine and their joined report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from paragone.cli.app import out
from paragone.cli.display import TerminalDisplay
from paragone.cli.options import PoolOptions
from paragone.cli.report import measured
from paragone.errors import Misuse
from paragone.implementation.plugins import paths_in_variable
from paragone.implementation.registry import Registered, Unusable
from paragone.plan.request import Request
from paragone.task.problem import Data

if TYPE_CHECKING:
    from paragone.analyse.results import Results


class GivenToRun(NamedTuple):
    """What a run is made of, in the order in which `Bench` takes it."""

    request: Request
    registered: Sequence[Registered]
    unusable: Sequence[Unusable]
    data: Data
    results: Path
    command: str
    display: TerminalDisplay
    problem_arguments: dict[str, str]


def run_on_hosts(
    given: GivenToRun, options: PoolOptions, new: bool, verify_again: bool, resume: Path | None
) -> list[tuple[Path, bool]]:
    """Measure on a pool; folder of each run, and True where it is finished. Raises Misuse, HarnessError."""
    from paragone.pool.address import place_of
    from paragone.pool.hosts import by_kind, refuse_unlike
    from paragone.pool.pool import pool_at
    from paragone.pool.pooled_bench import PooledBench

    place = place_of(options.on or "", options.unencrypted)
    if paths_in_variable():
        raise Misuse("--on sends what --plugins names, and not PARAGONE_PLUGINS: name it by --plugins")
    with pool_at(place, given.request, given.data, verify_again, given.display.say) as pool:
        if not options.each_kind:
            refuse_unlike(pool.hosts)
        kinds = by_kind(pool.hosts)
        if len(kinds) > 1 and resume is not None:
            raise Misuse("--resume goes on with one run, and the hosts are of several kinds: leave out --resume")
        return [
            measured(PooledBench(*given, verify_again=verify_again, pool=pool.of_kind(hosts)), new, resume)
            for hosts in kinds
        ]


def write_joined(results: Sequence[Results], runs: Path) -> None:
    """Write the report of several runs side by side, and name it."""
    from paragone.report.write import write_machines_report

    path = write_machines_report([each.run for each in results], runs)
    out.print(f"Side by side: {path}", soft_wrap=True, highlight=False)
