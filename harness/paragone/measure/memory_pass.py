"""The memory pass: memory after loading and at the peak of its steps, each cell in a process of its own.

The pass runs after the last round, so that it disturbs no timed sample, several processes at once: none of them is
timed. Cells share no process because an allocator keeps memory that a smaller size freed, and it would count for a
larger one.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from msgspec.structs import asdict

from paragone.errors import MeasurementFailed
from paragone.measure.resume import remaining_samples
from paragone.measure.untimed import at_once
from paragone.plan.cells import Contender
from paragone.store.plan_records import Cell, ContenderKey
from paragone.store.reader import read_plan, read_table
from paragone.store.records import MemoryRow
from paragone.store.run_folder import RunFolder
from paragone.task.problem import Data
from paragone.verify.display import Display
from paragone.verify.pilot import OpenWorker, load_worker
from paragone.verify.pilot_result import PilotResult
from paragone.worker.commands import MeasureMemory
from paragone.worker.worker import Worker

FEWEST_STEPS = 3


def measure_memory(
    rows: RunFolder,
    contenders: Mapping[ContenderKey, Contender],
    data: Data,
    seed: int,
    open_worker: OpenWorker,
    display: Display,
    most: int | None = None,
) -> None:
    """Append a row for every timed cell that has none yet; a failure is a row with its reason.

    `most` cells are measured at once, or as many as there are CPUs for.
    """
    cells = [cell for cell in cells_without_row(rows.folder) if not contenders[cell.contender].variant.control]
    own = [contenders[cell.contender] for cell in cells]

    def measure(number: int, worker: Worker) -> dict[str, Any]:
        return _measured(worker, cells[number], own[number], data, seed)

    with display.progress("peak memory", len(cells)) as advance:
        for cell, contender, (worker, measured) in zip(
            cells, own, at_once(own, open_worker, measure, most), strict=True
        ):
            worker.kill()
            advance(f"{cell.variant} at {contender.problem.words.at_size} {cell.size}", 1)
            rows.append(
                MemoryRow(
                    problem=cell.problem,
                    variant=cell.variant,
                    size=cell.size,
                    threads=cell.threads,
                    n_steps=memory_steps(cell),
                    **measured,
                )
            )


def _measured(worker: Worker, cell: Cell, contender: Contender, data: Data, seed: int) -> dict[str, Any]:
    """The measured columns of a cell's row, from a fresh worker."""
    begin = time.perf_counter()
    try:
        load_worker(worker, contender, data, seed)
        command = MeasureMemory(size=cell.size, n_steps=memory_steps(cell))
        used = asdict(worker.call_from(contender.problem.draw_start(seed, cell.size), command))
        found = {**used, "status": "measured", "reason": ""}
    except MeasurementFailed as error:
        found = {"status": "failed", "reason": str(error)}
    return {**found, "elapsed_s": time.perf_counter() - begin}


def cells_without_row(folder: Path) -> list[Cell]:
    """The timed cells of a run that have not failed and have no row yet.

    Each comes once, in the order of the plan, though the plan repeats a baseline in every wave.
    """
    plan = read_plan(folder)
    remaining, _ = remaining_samples(folder, plan.rounds)
    timed = {sampled[:4] for sampled in remaining.sampled}
    done = {(row.problem, row.variant, row.threads, row.size) for row in read_table(folder, MemoryRow)}
    cells: dict[tuple[Any, ...], Cell] = {}
    for planned in plan.cells:
        place = (*planned.contender, planned.size)
        dead = {(planned.contender, planned.size), (planned.contender, None)} & remaining.dead
        if place in timed and place not in done and not dead:
            cells.setdefault(place, planned)
    return list(cells.values())


def memory_steps(cell: Cell) -> int:
    """The number of steps in which the peak is measured: those of a timed sample, FEWEST_STEPS at least.

    From the second step on, arrays are allocated while those of the step before are still held, and a heap with a
    garbage collector grows for as many steps as fit between two collections. A step so long that a launch samples it
    once is computed once: its measured peak may be too low by what a step leaves behind.
    """
    return 1 if cell.once_per_launch else max(FEWEST_STEPS, cell.n_steps)


def pass_seconds(results: Iterable[PilotResult]) -> float:
    """About how long the pass takes: for every cell a load and its steps."""
    return sum(
        result.load_seconds + memory_steps(cell) * cell.step_seconds
        for result in results
        if not result.contender.variant.control
        for cell in result.cells
    )
