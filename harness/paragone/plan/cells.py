"""The contenders of a run and their cells, planned from the request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from paragone.errors import Misuse, UnknownName
from paragone.implementation.contract import FLOATS, Variant, variants
from paragone.implementation.described import difference_from
from paragone.implementation.registry import Registered, find_variant, select
from paragone.implementation.selection import is_selected
from paragone.plan.request import Request
from paragone.store.plan_records import Cell, ContenderKey, DataRecord, VariantRecord
from paragone.task.mlp.data import DataSet
from paragone.task.mlp.problem import Problem
from paragone.worker.budgets import STANDARD, Budgets
from paragone.worker.estimate import MOST_IMAGES, prefix_steps, sample_seconds, sample_steps

# A longer step is sampled once per launch.
ONCE_PER_LAUNCH_SECONDS = 0.25


@dataclass(frozen=True)
class Contender:
    """problem × variant × threads: a line of every chart."""

    problem: Problem
    found: Registered
    variant: Variant
    threads: int

    @property
    def key(self) -> ContenderKey:
        return self.problem.name, self.variant.name, self.threads

    @cached_property
    def difference(self) -> str | None:
        """How the implementation differs from the problem, as a sentence; None where it solves the problem itself."""
        difference = difference_from(self.variant.implementation, self.problem)
        return f"it only comes near this problem: {difference}" if difference else None


def grid(problem: Problem, asked: Sequence[int | str]) -> tuple[int, ...]:
    """The batch sizes for a problem: those asked for, else its own; "full" is the whole training set.

    Raises Misuse where one is larger than the training set.
    """
    sizes = sorted({problem.n_train if size == "full" else int(size) for size in asked}) or problem.batch_sizes
    for size in sizes:
        if not 1 <= size <= problem.n_train:
            raise Misuse(f"--batch-sizes: {size} does not fit {problem.name}: expected 1 to {problem.n_train}, or full")
    return tuple(sizes)


def sizes_of(request: Request, contender: Contender) -> tuple[int, ...]:
    """The batch sizes of a contender: the grid or, with `only`, its chosen cells.

    With `only`, a baseline has the batch sizes of all chosen cells of its dtype.
    """
    asked = grid(contender.problem, request.sizes)
    if not request.only:
        return asked
    problem, name, threads = contender.key
    is_baseline = contender.found.name == request.baseline.partition("[")[0]
    beside = f"dtype={contender.variant.dtype}"
    sizes = {
        int(point[3])
        for point in request.only
        if (point[0], point[2]) == (problem, threads)
        and (point[1] == name or (is_baseline and beside in str(point[1])))
    }
    return tuple(sorted(sizes))


def validate_request(request: Request, everyone: Sequence[Registered]) -> None:
    """Raises Misuse or UnknownName where the request cannot be planned. Needs no data set, so that it fails early."""
    contenders_of(request, select(everyone, request.implementations or ("*",)), everyone)
    for problem in request.problems:
        grid(problem, request.sizes)


def contenders_of(request: Request, chosen: Sequence[Registered], everyone: Sequence[Registered]) -> list[Contender]:
    """The chosen variants, the baseline of every dtype among them, and its A/A control.

    Raises Misuse where nothing is left to measure or the baseline is not an implementation.
    """
    by_name = {found.name: found for found in everyone}
    if request.baseline.partition("[")[0] not in by_name:
        raise UnknownName("baseline", request.baseline, by_name)
    taking_part: dict[ContenderKey, Contender] = {}
    for problem in request.problems:
        for threads in request.threads:
            named = {point[1] for point in request.only if (point[0], point[2]) == (problem.name, threads)}
            wanted = [v for v in chosen_variants(request, chosen) if not request.only or v.name in named]
            for variant in _with_baselines(wanted, request.baseline, everyone):
                contender = Contender(problem, by_name[variant.implementation.name], variant, threads)
                taking_part[contender.key] = contender
    if not taking_part:
        raise Misuse(f"--dtype {', '.join(request.dtypes)}: none of the chosen implementations has it")
    return list(taking_part.values())


def aa_pairs(contenders: Iterable[Contender]) -> dict[str, str]:
    """A/A control → baseline, by variant name."""
    return {each.variant.name: replace(each.variant, control=False).name for each in contenders if each.variant.control}


def own_environments(request: Request, everyone: Sequence[Registered]) -> list[str]:
    """The names of the Python environments in which workers start, without the harness's own."""
    contenders = contenders_of(request, select(everyone, request.implementations or ("*",)), everyone)
    return sorted({each.variant.implementation.environment_name for each in contenders} - {""})


def chosen_variants(request: Request, chosen: Sequence[Registered]) -> list[Variant]:
    """The variants that the request selects; a quick run that names no dtype takes the first dtype of each."""
    every = [variant for found in chosen for variant in variants(found.implementation)]
    if request.implementations:
        every = [variant for variant in every if is_selected(variant, request.implementations)]
    if request.dtypes:
        return [variant for variant in every if variant.dtype in request.dtypes]
    if request.quick:
        first = {variant.implementation.name: variant.dtype for variant in reversed(every)}
        return [variant for variant in every if variant.dtype == first[variant.implementation.name]]
    return every


def _with_baselines(chosen: Sequence[Variant], baseline: str, everyone: Sequence[Registered]) -> Iterator[Variant]:
    yield from chosen
    for dtype in FLOATS:
        if any(variant.dtype == dtype for variant in chosen):
            variant = baseline_variant(baseline, dtype, everyone)
            if variant is not None:
                yield variant
                yield replace(variant, control=True)


def baseline_variant(baseline: str, dtype: str, everyone: Sequence[Registered]) -> Variant | None:
    """The baseline in that dtype, its other axes at their first values; None where it lacks the dtype."""
    name, _, axes = baseline.removesuffix("]").partition("[")
    others = [value for value in axes.split(",") if value and not value.startswith("dtype=")]
    implementation = next(found.implementation for found in everyone if found.name == name)
    if dtype not in implementation.axes["dtype"]:
        return None
    return find_variant(everyone, f"{name}[{','.join([f'dtype={dtype}', *others])}]")


def cell(contender: Contender, size: int, step_seconds: float, budgets: Budgets = STANDARD) -> Cell:
    """The cell, with its steps per sample chosen from the time of one step."""
    once = step_seconds > ONCE_PER_LAUNCH_SECONDS
    wanted = sample_steps(step_seconds, sample_seconds(contender.variant.implementation, budgets))
    n_steps = 1 if once else min(wanted, max(1, MOST_IMAGES // size))
    problem, variant, threads = contender.key
    return Cell(problem, variant, size, threads, n_steps, prefix_steps(n_steps), step_seconds, once)


def describe_variants(contenders: Iterable[Contender]) -> tuple[VariantRecord, ...]:
    """One record per variant, for the report."""
    return tuple(map(_describe, {contender.variant.name: contender for contender in contenders}.values()))


def _describe(contender: Contender) -> VariantRecord:
    implementation = contender.variant.implementation
    axis = dict(contender.variant.axis)
    return VariantRecord(
        variant=contender.variant.name,
        implementation=implementation.name,
        language=implementation.language,
        layout=implementation.layout,
        order=axis.get("order", ""),
        dtype=axis["dtype"],
        control=contender.variant.control,
        source=implementation.source,
        idea=implementation.idea,
        maths_lines=contender.found.maths_lines(),
        deterministic=implementation.deterministic,
    )


def describe_data(data: DataSet) -> DataRecord:
    return DataRecord(
        name=data.name,
        origin=data.origin,
        sha256=data.sha256,
        n_train=len(data.train_labels),
        n_test=len(data.test_labels),
        nonzero_share=float(np.mean(data.train_images != 0)),
    )
