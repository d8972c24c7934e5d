"""A small kernel: its reference, and honest variants of it, each with every way to add up.

A variant gets the arrays in its dtype and a way to add up (`Sums`), and gives what it computes in that dtype.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from kernel_bounds.sums import HONEST_SUMS, Sums
from paragone.task.kernel.reference import Reference
from paragone.task.kernel.spec import ArraySpec, KernelSpec


@dataclass(frozen=True)
class SmallKernel:
    """A kernel with its honest variants: functions of a way to add up, the arrays and the sizes."""

    spec: KernelSpec
    reference: Reference
    variants: dict[str, Callable]
    sums: tuple[Sums, ...] = HONEST_SUMS
    summing: str = ""  # the variant that adds up by Sums, where that is not the first; "none" where there is none
    most: dict[str, int] = field(default_factory=dict)  # the largest size of what is slow

    @property
    def name(self) -> str:
        return self.spec.name

    def compute(self, variant: str, sums: Sums, inputs, size: int, dtype, n_steps: int = 1):
        """What a variant gives by name, reals as float64; a state is stepped n_steps times."""
        dimensions = self.spec.dimensions(size)
        arrays = {name: array.astype(dtype) for name, array in inputs.items()}
        names = [array.name for array in self.spec.outputs_of()]
        for _ in range(n_steps):
            given = self.variants[variant](sums, **arrays, **dimensions)
            outputs = dict(zip(names, given if isinstance(given, tuple) else (given,), strict=True))
            wrong = {name: x.dtype for name, x in outputs.items() if x.dtype.kind == "f" and x.dtype != dtype}
            assert not wrong, f"{self.name}: {variant}, {sums.name}: {wrong}, not {dtype}"
            arrays |= {name: value for name, value in outputs.items() if name in arrays}
        return {name: x.astype(np.float64) if x.dtype.kind == "f" else x for name, x in outputs.items()}

    def ways(self, size: int):
        """Every variant with every way to add up, but for those that are slow at this size."""
        for variant in self.variants:
            for sums in self.sums:
                if all(size <= self.most.get(name, size) for name in (variant, sums.name)):
                    yield variant, sums


def small_kernel(name, grid, arrays, terms, inputs, reference, variants, cases=("normal",), form="calls", **others):
    """A kernel from its parts: `arrays` maps a name to (role, shape)."""
    constants = others.pop("constants", ())
    spec = KernelSpec(
        name=name,
        description=(reference.__doc__ or "").strip(),
        source="",
        form=form,
        grid=grid,
        size_name="n",
        size_names=("n", *(constant for constant, _ in constants)),
        constants=constants,
        arrays=tuple(ArraySpec(array, role, tuple(shape.split())) for array, (role, shape) in arrays.items()),
        work="n",
        unit="numbers",
        flops="",
        values="",
        cases=cases,
        shown=(),
        not_finite=(),
        cache="warm",
        tolerance="auto",
        terms=terms,
        dtypes=("float64", "float32"),
        baseline="",
    )
    return SmallKernel(spec, Reference(inputs, reference), variants, **others)


def numbers(rng, case, shape):
    """Random numbers: of both signs, positive, all the same, or far from 0."""
    if case == "positive":
        return rng.uniform(0, 1, shape)
    if case == "constant":
        return np.full(shape, rng.uniform(0, 1))
    return rng.standard_normal(shape) + (30 if case == "far" else 0)


def drawn(**shapes):
    """A function `inputs` that draws every array in this way; a shape is a function of the sizes."""

    def inputs(rng, case, **sizes):
        return {name: numbers(rng, case, shape(**sizes)) for name, shape in shapes.items()}

    return inputs


CASES = ("normal", "positive", "constant")
