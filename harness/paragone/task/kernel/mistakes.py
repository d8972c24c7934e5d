"""What wrong results look like: mistakes that need no author, and those that a reference names.

Each is a sentence that follows "it looks as if", and the results with this one mistake in them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from paragone.task.kernel.perturbation import Expected, evolved
from paragone.task.kernel.reference import Arrays, Reference
from paragone.task.kernel.spec import KernelSpec

Edit = Callable[[NDArray[np.float64]], NDArray[np.float64]]


@dataclass(frozen=True)
class Mistake:
    """`kind` is the same for all kernels, `sentence` names the array; `results` computes them, or raises Misuse."""

    kind: str
    sentence: str
    results: Callable[[], Arrays]


@dataclass(frozen=True)
class Computation:
    """One call, or some steps of a state: what is to be computed, from what, and what is right."""

    spec: KernelSpec
    reference: Reference
    inputs: Arrays
    size: int
    expected: Expected
    other_results: Sequence[Arrays] = ()  # those of the other sets of a ring

    def results(self, inputs: Arrays | None = None, n_steps: int | None = None) -> Arrays:
        n_steps = self.expected.n_steps if n_steps is None else n_steps
        return evolved(self.reference, self.spec, self.inputs if inputs is None else inputs, self.size, n_steps)


def mistakes_of(computation: Computation) -> Iterator[Mistake]:
    """Every mistake that can be made in this computation; some may have no effect. Those of the author come first."""
    yield from _named_by_the_author(computation)
    yield from _in_calls(computation)
    for name, array in computation.expected.outputs.items():
        if array.dtype.kind == "f":
            yield from _in_output(computation, name, array)
    for name, array in computation.inputs.items():
        if array.dtype.kind == "f":
            yield from _in_input(computation, name, array)
    yield from _in_precision(computation)


def _named_by_the_author(computation: Computation) -> Iterator[Mistake]:
    reference = computation.reference
    for sentence, function in reference.mistakes.items():
        wrong = Computation(
            computation.spec,
            Reference(reference.inputs_function, function, {}, reference.path),
            computation.inputs,
            computation.size,
            computation.expected,
        )
        yield Mistake(sentence, sentence, wrong.results)


def _in_calls(computation: Computation) -> Iterator[Mistake]:
    right, inputs, n_steps = computation.expected.outputs, computation.inputs, computation.expected.n_steps
    for other in computation.other_results:
        yield Mistake("results of another call", "these were the results of another call", partial(dict, other))
    state = [name for name in right if name in inputs]
    if state:
        kept = {name: inputs.get(name, np.zeros_like(array)) for name, array in right.items()}
        yield Mistake("no step taken", f"{' and '.join(state)} were left as before", partial(dict, kept))
    if computation.spec.form == "steps":
        fewer, more = (partial(computation.results, n_steps=n) for n in (n_steps - 1, n_steps + 1))
        if n_steps > 1:
            yield Mistake("one step too few", "one step were missing", fewer)
        yield Mistake("one step too many", "one step too many were taken", more)
    alike = [(a, b) for a, b in permutations(right, 2) if a < b and right[a].shape == right[b].shape]
    for a, b in alike:
        swapped = {**right, a: right[b], b: right[a]}
        yield Mistake("outputs swapped", f"{a} and {b} were swapped", partial(dict, swapped))
    for a, b in permutations(inputs, 2):
        if a < b and inputs[a].shape == inputs[b].shape and inputs[a].dtype == inputs[b].dtype:
            swapped = {**inputs, a: inputs[b], b: inputs[a]}
            yield Mistake("inputs swapped", f"{a} and {b} were swapped", partial(computation.results, swapped))


def _in_output(computation: Computation, name: str, right: NDArray[np.float64]) -> Iterator[Mistake]:
    outputs = computation.expected.outputs
    edits: list[tuple[str, str, Edit]] = [("all 0", f"{name} were left at 0", np.zeros_like)]
    for axis, word in _axes(right):
        edits += [
            ("last missed", f"the last {word} of {name} were left at 0", _without(axis, -1)),
            ("first missed", f"the first {word} of {name} were left at 0", _without(axis, 0)),
            ("border from its neighbour", f"the last {word} of {name} were that before it", _repeated(axis)),
            ("shifted", f"{name} were shifted by one {word}", partial(np.roll, shift=1, axis=axis)),
            ("shifted", f"{name} were shifted back by one {word}", partial(np.roll, shift=-1, axis=axis)),
        ]
    if right.ndim > 1:
        edits.append(("transposed", f"{name} were written in the memory order of its transpose", misread))
    edits.append(("sign", f"the sign of {name} were wrong", np.negative))
    if np.all(right >= 0):
        edits.append(("root missing", f"the root of {name} were forgotten", np.square))
        edits.append(("root too many", f"there were a root too many in {name}", np.sqrt))
    for kind, sentence, edit in edits:
        yield Mistake(kind, sentence, partial(_edited, outputs, name, edit))
    for source, array in computation.inputs.items():
        if array.shape == right.shape and array.dtype == right.dtype and source != name:
            copied: Callable[[], Arrays] = partial(dict, {**outputs, name: array})
            yield Mistake("output is an input", f"{name} were a copy of {source}", copied)


def _in_input(computation: Computation, name: str, array: NDArray[np.float64]) -> Iterator[Mistake]:
    edits: list[tuple[str, str, Edit]] = []
    for axis, word in _axes(array):
        edits += [
            ("last of an input missed", f"the last {word} of {name} were missed", _without(axis, -1)),
            ("first of an input missed", f"the first {word} of {name} were missed", _without(axis, 0)),
            ("input shifted", f"{name} were read from the next {word} on", partial(np.roll, shift=-1, axis=axis)),
            ("input shifted", f"{name} were read from the {word} before", partial(np.roll, shift=1, axis=axis)),
        ]
    if array.ndim > 1:
        edits.append(("input transposed", f"{name} were read in the memory order of its transpose", misread))
    for kind, sentence, edit in edits:
        changed = partial(_edited, computation.inputs, name, edit)
        yield Mistake(kind, sentence, partial(_results_of, computation, changed))


def _in_precision(computation: Computation) -> Iterator[Mistake]:
    for kind, sentence, edit in (
        ("half precision inside", "the inputs were rounded to half precision", to_half),
        ("bfloat16 inside", "the inputs were rounded to bfloat16", to_bfloat16),
    ):
        rounded = {name: edit(x) if x.dtype.kind == "f" else x for name, x in computation.inputs.items()}
        yield Mistake(kind, sentence, partial(computation.results, rounded))


def _results_of(computation: Computation, inputs: Callable[[], Arrays]) -> Arrays:
    return computation.results(inputs())


def _edited(arrays: Arrays, name: str, edit: Edit) -> Arrays:
    return {**arrays, name: edit(arrays[name])}


def _axes(array: NDArray[np.float64]) -> list[tuple[int, str]]:
    """Every axis that has more than one index, with the word for one of them."""
    words = {1: ["number"], 2: ["row", "column"]}.get(array.ndim) or [f"index of axis {i}" for i in range(array.ndim)]
    return [(axis, word) for axis, word in enumerate(words) if array.shape[axis] > 1]


def _without(axis: int, place: int) -> Edit:
    def edit(x: NDArray[np.float64]) -> NDArray[np.float64]:
        x = x.copy()
        np.moveaxis(x, axis, 0)[place] = 0
        return x

    return edit


def _repeated(axis: int) -> Edit:
    def edit(x: NDArray[np.float64]) -> NDArray[np.float64]:
        x = x.copy()
        moved = np.moveaxis(x, axis, 0)
        moved[-1] = moved[-2]
        return x

    return edit


def misread(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """The numbers in column-major order, taken for row-major order: of a square matrix, its transpose."""
    return np.ascontiguousarray(x.T).reshape(x.shape)


def to_half(x: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(over="ignore"):
        return x.astype(np.float16).astype(np.float64)


def to_bfloat16(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """x in the 8 binary digits of bfloat16, rounded to the nearest."""
    significand, exponent = np.frexp(x)
    return np.asarray(np.ldexp(np.round(np.ldexp(significand, 8)), exponent - 8))
