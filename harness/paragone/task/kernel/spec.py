"""A kernel as its kernel.toml describes it: sizes, arrays, counts, cases, tolerance.

Every expression in it has been evaluated at every size of the grid when it was read, so evaluating it again raises
nothing.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, dataclass, replace
from typing import Any

from paragone.task.kernel.expressions import evaluate

REAL = "real"  # float32 or float64, as the variant has it
INTEGERS = ("int32", "int64", "uint8")
ITEMSIZE = {"float64": 8, "float32": 4, "int32": 4, "int64": 8, "uint8": 1}
AUTO, COMPONENTWISE = "auto", "componentwise"
CACHES = ("warm", "cold")  # whether the inputs of a call may be in a cache


@dataclass(frozen=True)
class ArraySpec:
    """An array of a kernel: `role` is in, out or inout, `shape` an expression per axis, `dtype` real or an integer."""

    name: str
    role: str
    shape: tuple[str, ...]
    dtype: str = REAL

    @property
    def is_real(self) -> bool:
        return self.dtype == REAL


@dataclass(frozen=True)
class KernelSpec:
    """What kernel.toml says. Expressions are in the names of sizes; "" where one is not given."""

    name: str
    description: str
    source: str
    form: str  # calls: independent calls on a ring of inputs; steps: a state evolves
    grid: tuple[int, ...]
    size_name: str
    size_names: tuple[str, ...]  # all of them, in the order of arguments
    constants: tuple[tuple[str, str], ...]  # name and expression of every size but the grid's
    arrays: tuple[ArraySpec, ...]
    work: str  # units in one step
    unit: str
    flops: str
    values: str  # numbers moved at least
    cases: tuple[str, ...]  # the first is timed
    shown: tuple[str, ...]  # cases whose error is shown and not judged
    not_finite: tuple[str, ...]  # cases whose inputs or results may hold NaN and infinity
    cache: str
    tolerance: str | tuple[tuple[str, float], ...]  # auto, componentwise, or a relative error by dtype
    terms: str  # in the longest sum
    dtypes: tuple[str, ...]
    baseline: str

    def dimensions(self, size: int) -> dict[str, int]:
        """Every size by name, in declared order, where the grid's has this value."""
        expressions = dict(self.constants)
        values: dict[str, int] = {}
        for name in self.size_names:
            values[name] = size if name == self.size_name else evaluate(expressions[name], values)
        return values

    def evaluate(self, expression: str, size: int) -> int:
        return evaluate(expression, self.dimensions(size))

    def shape(self, array: ArraySpec, size: int) -> tuple[int, ...]:
        values = self.dimensions(size)
        return tuple(evaluate(length, values) for length in array.shape)

    def inputs_of(self) -> list[ArraySpec]:
        """The arrays that a step reads: in and inout."""
        return [array for array in self.arrays if array.role != "out"]

    def outputs_of(self) -> list[ArraySpec]:
        """The arrays that a step writes: out and inout."""
        return [array for array in self.arrays if array.role != "in"]

    def n_terms(self, size: int) -> int:
        """The terms of the longest sum, at least 1.

        Where the file does not say, no fewer than there can be: the longest axis of an array, or the operations for
        each number of the results.
        """
        if self.terms:
            return max(1, self.evaluate(self.terms, size))
        longest = max(length for array in self.arrays for length in self.shape(array, size))
        written = sum(math.prod(self.shape(array, size)) for array in self.outputs_of())
        each = -(-self.evaluate(self.flops, size) // written) if self.flops else 1
        return max(1, longest, each)

    def set_bytes(self, size: int, dtype: str) -> int:
        """The bytes of the arrays of one call."""
        return sum(
            math.prod(self.shape(array, size)) * ITEMSIZE[dtype if array.is_real else array.dtype]
            for array in self.arrays
        )

    def moved_bytes(self, size: int, dtype: str) -> int:
        """The bytes that one step moves at least: each array read or written once, unless the file says otherwise."""
        if self.values:
            return self.evaluate(self.values, size) * ITEMSIZE[dtype]
        twice = sum(
            math.prod(self.shape(array, size)) * ITEMSIZE[dtype if array.is_real else array.dtype]
            for array in self.arrays
            if array.role == "inout"
        )
        return self.set_bytes(size, dtype) + twice

    def stated_tolerance(self, dtype: str) -> float | None:
        """The relative error that the file allows, or None where it is calculated."""
        return None if isinstance(self.tolerance, str) else dict(self.tolerance)[dtype]

    def fingerprint(self) -> str:
        """A hash of everything that decides the numbers: not of description, source, grid and baseline."""
        content = asdict(replace(self, description="", source="", grid=(), baseline=""))
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> KernelSpec:
        """The inverse of `to_json`, also of what went through JSON, where tuples are lists."""
        values = {name: _tuples(value) for name, value in data.items() if name != "arrays"}
        arrays = tuple(ArraySpec(**{**array, "shape": tuple(array["shape"])}) for array in data["arrays"])
        return cls(arrays=arrays, **values)


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list | tuple) else value
