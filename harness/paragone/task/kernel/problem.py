"""A kernel as the core sees it: sizes, work, what a sample starts from, and the order of its calls."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paragone.machine.hardware import last_cache_bytes
from paragone.task.kernel import ring
from paragone.task.kernel.kernel_file import read_kernel
from paragone.task.kernel.reference import FILE, Arrays, Reference, load_reference
from paragone.task.kernel.spec import KernelSpec
from paragone.task.problem import Problem, Words

COLD_CACHES = 2  # inputs that no cache holds are so many times the last one
SIZE = "size"  # travels as an array beside the others
MOST_STEPS = 10**6  # of a sample: its order, 8 MB, crosses before its time is accounted for
MOST_BYTES_OF_NEW_INPUTS, MOST_NEW_INPUTS = 2_000_000, 1000  # where many are drawn at once, results included
MOST_COPIES_BYTES = 1 << 32  # of inputs that each call changes, and so needs for itself


@dataclass(frozen=True, eq=False)
class KernelState:
    """The arrays of a ring by name, each (n_sets, *shape): what a sample starts from, or what it ends with."""

    arrays: Arrays
    size: int
    step: int = 0

    def tensors(self) -> Arrays:
        """The arrays, and the size as one of them: a dot product gives one number at every size."""
        return {**self.arrays, SIZE: np.array([self.size])}

    def one_set(self, number: int) -> Arrays:
        """The arrays of one set, as views."""
        return ring.one_set(self.arrays, number)

    def digest(self) -> str:
        """A hash of every bit of the arrays, and of the size and the steps."""
        content = hashlib.sha256(f"{self.size} {self.step}".encode())
        for name, array in sorted(self.arrays.items()):
            content.update(f"{name} {array.dtype} {array.shape}".encode())
            content.update(array.tobytes())
        return content.hexdigest()[:16]


@dataclass(frozen=True)
class KernelProblem(Problem):
    """A kernel and the folder of its files; reference.py is imported when it is first needed."""

    name: str
    description: str
    source: str
    spec: KernelSpec
    folder: str

    @classmethod
    def of(cls, folder: Path) -> KernelProblem:
        """The kernel in a folder. Raises Misuse with every mistake of its kernel.toml."""
        spec = read_kernel(folder)
        return cls(spec.name, spec.description, spec.source, spec, str(folder.resolve()))

    @property
    def family(self) -> str:
        return self.spec.name

    @property
    def words(self) -> Words:
        size, unit = self.spec.size_name, self.spec.unit
        rate = "FLOP/s" if unit == "FLOP" else f"{unit}/s"
        return Words(
            size=size,
            sizes=f"values of {size}",
            one_size=f"value of {size}",
            column=size,
            at_size=f"{size} =",
            symbol=size,
            unit=unit,
            rate=rate,
            per_second="FLOP per second" if unit == "FLOP" else rate,  # "1.5 G" on an axis stands below it
            step="call" if self.spec.form == "calls" else "step",
            one_step="one call" if self.spec.form == "calls" else "one step in time",
            beyond_limit="by code that makes no more than the operations which kernel.toml counts",
            step_is_whole="whether every call computes all of its results",
        )

    @property
    def sizes(self) -> tuple[int, ...]:
        return self.spec.grid

    @property
    def quick_sizes(self) -> tuple[int, ...]:
        """One in the lower half of the grid, and one in the upper."""
        grid = self.spec.grid
        return tuple(sorted({grid[len(grid) // 4], grid[(3 * len(grid)) // 5]}))

    @property
    def baseline(self) -> str:
        return self.spec.baseline

    @property
    def results_differ(self) -> bool:
        """True where a result holds reals; whole numbers may come again."""
        return any(array.is_real for array in self.spec.outputs_of())

    @cached_property
    def reference(self) -> Reference:
        """Raises Misuse where reference.py is wrong."""
        return load_reference(Path(self.folder), self.spec)

    def size_fault(self, size: int) -> str | None:
        """Why the kernel cannot have this size, or None."""
        try:
            values = {name: value for name, value in self.spec.dimensions(size).items() if value < 1}
            shapes = {array.name: self.spec.shape(array, size) for array in self.spec.arrays}
            for expression in filter(None, (self.spec.work, self.spec.flops, self.spec.values, self.spec.terms)):
                self.spec.evaluate(expression, size)
        except ValueError as error:
            return str(error)
        values |= {f"an axis of {name}": min(shape) for name, shape in shapes.items() if min(shape) < 1}
        wrong = next(iter(values.items()), None)
        return f"{wrong[0]} would be {wrong[1]} where {self.spec.size_name} = {size}" if wrong else None

    def work(self, size: int) -> float:
        return float(self.spec.evaluate(self.spec.work, size))

    def flops_per_step(self, size: int, nonzero: float = 1.0) -> float:
        """The floating-point operations of one step; 0 where the kernel does not say."""
        return float(self.spec.evaluate(self.spec.flops, size)) if self.spec.flops else 0.0

    def bytes_per_step(self, size: int, dtype: str, cache_bytes: int = 0) -> float:
        """What a step moves at least; nothing where a cache holds the whole ring."""
        ring_bytes = self.n_sets(size) * self.spec.set_bytes(size, dtype)
        if self.spec.cache == "warm" and ring_bytes <= cache_bytes:
            return 0.0
        return float(self.spec.moved_bytes(size, dtype))

    def touched_bytes(self, size: int, dtype: str) -> float:
        """What a step moves at least, wherever it lies."""
        return float(self.spec.moved_bytes(size, dtype))

    def n_sets(self, size: int) -> int:
        """The sets of a ring, the same for every dtype: in a round all variants start from one ring."""
        return ring.n_sets(self.spec, size, "float64")

    @property
    def calls_in_a_loop(self) -> bool:
        return True

    def steps_on_new_inputs(self, size: int) -> int | None:
        """A call on each set of the ring."""
        return None if self.spec.form == "steps" else self.n_sets(size)

    def new_inputs(self, size: int, most: int) -> int:
        """As many sets as MOST_BYTES_OF_NEW_INPUTS hold, those of a ring at least."""
        held = MOST_BYTES_OF_NEW_INPUTS // self.spec.set_bytes(size, "float64")
        return max(self.n_sets(size), min(most, held, MOST_NEW_INPUTS))

    def bytes_of_a_call(self, size: int) -> int:
        """Those of float64, inputs and results."""
        return self.spec.set_bytes(size, "float64")

    def draw_inputs(self, seed: int, size: int, n_inputs: int) -> KernelState:
        """So many new inputs of the first case. Raises Misuse."""
        return self._drawn(seed, size, n_inputs)

    def copied_bytes(self, size: int, n_steps: int) -> int:
        """The arrays of the ring, poison included; more of them where no cache is to hold them, or each call needs its
        own because it changes them.
        """
        set_bytes = self.spec.set_bytes(size, "float64")
        if self.spec.form == "steps":
            return set_bytes
        cold = COLD_CACHES * last_cache_bytes() if self.spec.cache == "cold" else 0
        return max(cold, set_bytes * max(self.n_sets(size), n_steps if self._changes_its_input else 0))

    @property
    def _changes_its_input(self) -> bool:
        return any(array.role == "inout" for array in self.spec.arrays)

    def held_bytes(self, size: int) -> int:
        """A ring of inputs and its results in the harness, on their way, and in the worker."""
        return 3 * self.n_sets(size) * self.spec.set_bytes(size, "float64")

    def draw_start(self, seed: int, size: int, case: str = "") -> KernelState:
        """A ring of new inputs, of the first case where none is named. Raises Misuse."""
        return self._drawn(seed, size, self.n_sets(size), case)

    def order(self, seed: int, n_steps: int, size: int) -> NDArray[np.int64]:
        """The set of each call, (n_steps, 1). Its first rows do not depend on `n_steps`."""
        return ring.order(seed, n_steps, self.n_sets(size))

    def state_of(self, arrays: Mapping[str, NDArray[Any]], step: int) -> KernelState:
        """The inverse of `tensors()`. Raises KeyError where the size is missing."""
        return KernelState({name: a for name, a in arrays.items() if name != SIZE}, int(arrays[SIZE][0]), step)

    def most_steps(self, size: int) -> int:
        """The most steps of a sample: where each call changes its input, each needs a copy of it."""
        if self.spec.form == "calls" and self._changes_its_input:
            return max(1, min(MOST_STEPS, MOST_COPIES_BYTES // self.spec.set_bytes(size, "float64")))
        return MOST_STEPS

    def _drawn(self, seed: int, size: int, n_sets: int, case: str = "") -> KernelState:
        case = case or self.spec.cases[0]
        return KernelState(ring.ring(self.reference, self.spec, size, case, seed, n_sets), size)

    def fault(self) -> str | None:
        return None

    def definition(self) -> dict[str, Any]:
        words = ("description", "source", "grid", "baseline")
        return {key: value for key, value in self.spec.to_json().items() if key not in words}

    def fingerprint(self) -> str:
        """A hash of everything that decides the numbers: of kernel.toml without its words, and of reference.py."""
        text = (Path(self.folder) / FILE).read_bytes()
        return hashlib.sha256(self.spec.fingerprint().encode() + text).hexdigest()[:16]
