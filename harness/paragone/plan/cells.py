"""The contenders of a run and their cells, planned from the request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from paragone.errors import Misuse, UnknownName
from paragone.implementation.declared import FLOATS
from paragone.implementation.described import difference_from
from paragone.implementation.registry import Registered, find_variant, select
from paragone.implementation.selection import is_selected
from paragone.implementation.variant import Variant, variants
from paragone.plan.request import Request
from paragone.store.plan_records import Cell, ContenderKey, DataRecord, VariantRecord
from paragone.task.checks import Candidate
from paragone.task.problem import Data, Problem
from paragone.worker.budgets import STANDARD, Budgets
from paragone.worker.estimate import prefix_steps, sample_seconds, sample_steps

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

    @property
    def candidate(self) -> Candidate:
        """What the checks of its family need to know of it."""
        return Candidate(self.problem, self.variant.dtype, self.variant.implementation.deterministic, self.difference)

    @cached_property
    def difference(self) -> str | None:
        """How the implementation differs from the problem, as a sentence; None where it solves the problem itself."""
        difference = difference_from(self.variant.implementation, self.problem)
        return f"it only comes near this problem: {difference}" if difference else None


def grid(problem: Problem, asked: Sequence[int | str]) -> tuple[int, ...]:
    """The sizes for a problem: those asked for, by number or by name, else its own.

    Raises Misuse where the problem cannot have one of them.
    """
    named = problem.named_sizes
    for size in asked:
        if isinstance(size, str) and size not in named:
            raise Misuse(f"{problem.name} has no size called {size!r}: expected whole numbers, separated by commas")
    sizes = sorted({named[size] if isinstance(size, str) else size for size in asked}) or problem.sizes
    for size in sizes:
        if fault := problem.size_fault(size):
            raise Misuse(f"{problem.words.size} {size} does not fit {problem.name}: {fault}")
    return tuple(sizes)


def sizes_of(request: Request, contender: Contender) -> tuple[int, ...]:
    """The sizes of a contender: the grid or, with `only`, its chosen cells.

    With `only`, a baseline has the sizes of all chosen cells of its dtype.
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
    n_steps = 1 if once else min(wanted, contender.problem.most_steps(size))
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
        plain_loops=implementation.plain_loops,
        skips_zeros=implementation.skips_zeros,
    )


def describe_data(data: Data) -> DataRecord:
    return DataRecord(name=data.name, origin=data.origin, sha256=data.sha256, **data.facts())
