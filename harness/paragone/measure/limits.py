"""The machine's limits, measured once in every launch by a fresh process that loads nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from paragone.errors import MeasurementFailed
from paragone.plan.cells import Contender
from paragone.store.plan_records import Cell
from paragone.store.reader import read_table
from paragone.store.records import Limit
from paragone.store.run_folder import RunFolder
from paragone.verify.pilot import OpenWorker
from paragone.worker.budgets import STANDARD, Budgets
from paragone.worker.commands import MeasureLimits


def record_limits(
    folder: RunFolder,
    contenders: Sequence[Contender],
    cells: Sequence[Cell],
    open_worker: OpenWorker,
    launch: int,
    budgets: Budgets = STANDARD,
) -> None:
    """Append the machine's limits to the run: one measurement for each problem, dtype and number of threads.

    `contenders` and `cells` are those of the run. Limits that this launch has already are not measured again.
    """
    known = {(row.problem, row.dtype, row.threads) for row in read_table(folder.folder, Limit) if row.launch == launch}
    for contender in one_for_each(contenders):
        place = _place(contender)
        if place not in known:
            sizes = sorted({cell.size for cell in cells if cell.problem == contender.problem.name})
            command = MeasureLimits(
                problem=contender.problem,
                dtype=contender.variant.dtype,
                sizes=tuple(sizes),
                budgets=budgets,
            )
            folder.append(*_limits(contender, command, open_worker, launch))


def one_for_each(contenders: Sequence[Contender]) -> list[Contender]:
    """One contender for each problem, dtype and number of threads: the A/A control where there is one."""
    controls_last = sorted(contenders, key=lambda contender: contender.variant.control)
    return list({_place(contender): contender for contender in controls_last}.values())


def _place(contender: Contender) -> tuple[str, str, int]:
    return contender.problem.name, contender.variant.dtype, contender.threads


def _limits(contender: Contender, command: MeasureLimits, open_worker: OpenWorker, launch: int) -> Iterator[Limit]:
    """Yield a row for each limit; none where the process fails, and then the report shows no share of the limit."""
    worker = open_worker(contender)
    try:
        found = worker.call(command)
    except MeasurementFailed:
        return
    finally:
        worker.kill()
    rates: list[tuple[str, int | None, float]] = [("gemm", None, found.gemm), ("read", None, found.read)]
    rates += [("products", size, found.products[size]) for size in command.sizes if size in found.products]
    for what, size, per_second in rates:
        yield Limit(
            problem=contender.problem.name,
            dtype=contender.variant.dtype,
            threads=contender.threads,
            size=size,
            launch=launch,
            what=what,
            per_second=per_second,
        )
