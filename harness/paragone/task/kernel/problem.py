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

from paragone.task.kernel import ring
from paragone.task.kernel.reference import FILE, Arrays, Reference, load_reference
from paragone.task.kernel.spec import KernelSpec

MOST_STEPS = 10**7  # of a sample: its order has 80 MB
MOST_COPIES_BYTES = 1 << 32  # of inputs that each call changes, and so needs for itself


@dataclass(frozen=True, eq=False)
class KernelState:
    """The arrays of a ring by name, each (n_sets, *shape): what a sample starts from, or what it ends with."""

    arrays: Arrays
    size: int
    step: int = 0

    def tensors(self) -> Arrays:
        return self.arrays

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
class KernelProblem:
    """A kernel and the folder of its files; reference.py is imported when it is first needed."""

    spec: KernelSpec
    folder: str

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def family(self) -> str:
        return self.spec.name

    @property
    def sizes(self) -> tuple[int, ...]:
        return self.spec.grid

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

    def flops_per_step(self, size: int) -> float:
        """The floating-point operations of one step; 0 where the kernel does not say."""
        return float(self.spec.evaluate(self.spec.flops, size)) if self.spec.flops else 0.0

    def bytes_per_step(self, size: int, dtype: str) -> float:
        return float(self.spec.moved_bytes(size, dtype))

    def n_sets(self, size: int) -> int:
        """The sets of a ring, the same for every dtype: in a round all variants start from one ring."""
        return ring.n_sets(self.spec, size, "float64")

    def draw_start(self, seed: int, size: int, case: str = "") -> KernelState:
        """A ring of new inputs, of the first case where none is named. Raises Misuse."""
        case = case or self.spec.cases[0]
        return KernelState(ring.ring(self.reference, self.spec, size, case, seed, self.n_sets(size)), size)

    def order(self, seed: int, n_steps: int, size: int) -> NDArray[np.int64]:
        """The set of each call, (n_steps, 1). Its first rows do not depend on `n_steps`."""
        return ring.order(seed, n_steps, self.n_sets(size))

    def state_of(self, arrays: Mapping[str, NDArray[Any]], step: int, size: int) -> KernelState:
        """The inverse of `tensors()`. Arrays do not tell the size: a dot product gives one number at every size."""
        return KernelState(dict(arrays), size, step)

    def most_steps(self, size: int) -> int:
        """The most steps of a sample: where each call changes its input, each needs a copy of it."""
        if self.spec.form == "calls" and any(array.role == "inout" for array in self.spec.arrays):
            return max(1, min(MOST_STEPS, MOST_COPIES_BYTES // self.spec.set_bytes(size, "float64")))
        return MOST_STEPS

    def fingerprint(self) -> str:
        """A hash of everything that decides the numbers: of kernel.toml without its words, and of reference.py."""
        text = (Path(self.folder) / FILE).read_bytes()
        return hashlib.sha256(self.spec.fingerprint().encode() + text).hexdigest()[:16]
