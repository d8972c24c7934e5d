"""The machine's limits, measured once in every launch by a fresh process for each number of threads.

They are the speeds of a large matrix product, of reading memory and of reading a cache, and where a problem's steps are
made of matrix products, the speed of those alone. A profile asks for the speeds of other parts of a step too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from paragone.errors import MeasurementFailed
from paragone.machine.hardware import second_cache_bytes
from paragone.measure.yardstick import YardstickPass, in_place_of, step_seconds
from paragone.plan.cells import Contender
from paragone.store.plan_records import Cell
from paragone.store.reader import read_table
from paragone.store.records import Limit
from paragone.store.run_folder import RunFolder
from paragone.task.families import family_of
from paragone.worker.worker import Worker

Place = tuple[str, str, int]  # problem, dtype, threads
# Folder and name of each kernel: those of the roofline, and those of the parts that a profile tells apart.
PRODUCT, READ, CACHE = ("product", "numpy_matmul"), ("read", "numpy_dot"), ("cache", "numpy_cached_dot")
EXP, GATHER = ("exp", "numpy_exp"), ("gather", "numpy_take")
PARTS = {"exp": EXP, "gather": GATHER}
BYTES_PER_INDEX = 16  # of the two vectors that CACHE reads


@dataclass(frozen=True)
class LimitsOfLaunch(YardstickPass):
    """Measures the limits of one launch; `parts` are kernels whose speeds are wanted in each dtype too, by name."""

    parts: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def record(self, folder: RunFolder, contenders: Sequence[Contender], cells: Sequence[Cell], launch: int) -> None:
        """Append the limits to the run: for each problem, dtype and number of threads of its contenders.

        What this launch has already is not measured again. Where a process fails, what it has not measured yet has no
        row, and the report shows no share of the limit.
        """
        known = {place_of_row(row) for row in read_table(folder.folder, Limit) if row.launch == launch}
        left = [each for each in one_for_each(contenders) if place(each) not in known]
        for threads in sorted({contender.threads for contender in left}):
            asked = [contender for contender in left if contender.threads == threads]
            rows: list[Limit] = []
            with suppress(MeasurementFailed):
                rows.extend(self._limits(asked, cells, launch))
            folder.append(*rows)

    def _limits(self, contenders: Sequence[Contender], cells: Sequence[Cell], launch: int) -> Iterator[Limit]:
        """Yield the limits of contenders with the same number of threads, all measured in one process."""
        worker = self.open_worker(in_place_of(contenders[0], *READ))
        try:
            of_machine = {
                "read": self._rate_of_kernel(worker, in_place_of(contenders[0], *READ)),
                "cache": self._rate_of_kernel(worker, in_place_of(contenders[0], *CACHE), cached_length(contenders[0])),
            }
            of_dtype: dict[str, dict[str, float]] = {}
            for contender in contenders:
                problem, dtype, threads = place(contender)
                if dtype not in of_dtype:
                    kernels = {"gemm": PRODUCT, **self.parts}
                    of_dtype[dtype] = {
                        what: self._rate_of_kernel(worker, in_place_of(contender, *kernel))
                        for what, kernel in kernels.items()
                    }
                row = partial(Limit, problem=problem, dtype=dtype, threads=threads, launch=launch)
                for what, per_second in (of_dtype[dtype] | of_machine).items():
                    yield row(what=what, per_second=per_second)
                sizes = sorted({cell.size for cell in cells if cell.problem == problem})
                for size, per_second in self._products(worker, contender, sizes):
                    yield row(what="products", size=size, per_second=per_second)
        finally:
            worker.kill()

    def _rate_of_kernel(self, worker: Worker, yardstick: Contender, size: int | None = None) -> float:
        """Work per second of a kernel among the yardsticks, at this size or the only one of its grid."""
        self.load(worker, yardstick)
        return self._rate(worker, size or yardstick.problem.sizes[0])

    def _products(self, worker: Worker, contender: Contender, sizes: Sequence[int]) -> Iterator[tuple[int, float]]:
        """Yield the sizes, and the work per second of a step's matrix products alone; nothing without any."""
        if name := family_of(contender.problem).products:
            self.load(worker, in_place_of(contender, name, name))
            yield from ((size, self._rate(worker, size)) for size in sizes)

    def _rate(self, worker: Worker, size: int) -> float:
        groups = self.budgets.limit_groups, self.budgets.limit_group_seconds
        return worker.problem.work(size) / step_seconds(worker, size, self.seed, *groups)


def cached_length(contender: Contender) -> int:
    """The length of two vectors of float64 that fill half of the second cache of every CPU."""
    return contender.threads * second_cache_bytes() // 2 // BYTES_PER_INDEX


def one_for_each(contenders: Sequence[Contender]) -> list[Contender]:
    """One contender for each problem, dtype and number of threads: the A/A control where there is one."""
    controls_last = sorted(contenders, key=lambda contender: contender.variant.control)
    return list({place(contender): contender for contender in controls_last}.values())


def place(contender: Contender) -> Place:
    return contender.problem.name, contender.variant.dtype, contender.threads


def place_of_row(row: Limit) -> Place:
    return row.problem, row.dtype, row.threads
