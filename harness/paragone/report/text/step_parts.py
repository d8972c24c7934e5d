"""The section of a profile on where the rest goes: what the time of a step is beside its arithmetic."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from paragone.analyse.breakdown import OTHER
from paragone.analyse.profiled import Profiled
from paragone.analyse.step_parts import (
    ARITHMETIC,
    EXP,
    GATHER,
    LOSS,
    PARTS,
    REST_OF_BACKWARD,
    REST_OF_FORWARD,
    StepParts,
)
from paragone.report.text import formatting, markdown
from paragone.report.text.profile_names import by_problem_and_threads, profile_names, usual_dtype

EXPLANATION = """\
The share of the limit is that of `paragone bench`: the step's products and update at the speed of a large matrix
product, over the step without clocks. The columns behind it are parts of the step with its clocks, in microseconds;
they add up to its phases and what is outside them. **arithmetic** is the limit's own time, **exp** the step's
exponentials at the speed of NumPy's; both are counted from the layers, measured on this machine in the same profile,
and at most as long as their phases. **gather** and **loss** are phases. The **rest** of forward, and of backward and
update together, is what these phases take beyond that: products of small or narrow matrices, new arrays, passes over
memory, calls; code that is faster than these speeds, or leaves work out, has none. **other** is outside all phases:
the loop, the call, the pipe to another program."""
HEADINGS = {
    **{ARITHMETIC: "arithmetic", EXP: "exp", GATHER: "gather", REST_OF_FORWARD: "rest of forward", LOSS: "loss"},
    **{REST_OF_BACKWARD: "rest of backward, update", OTHER: "other"},
}
# What a part is called in a narrow column: forward and backward are their rests.
NARROW = {**HEADINGS, ARITHMETIC: "arith", REST_OF_FORWARD: "forward", REST_OF_BACKWARD: "back+upd"}
# What a part is called in a sentence.
SPOKEN = {
    **{EXP: "exp at the speed of NumPy's", GATHER: "gathering", LOSS: "the loss"},
    **{REST_OF_FORWARD: "the rest of forward", REST_OF_BACKWARD: "the rest of backward and update"},
    **{OTHER: "outside all phases: the call, the loop, the pipe to another program"},
}
NEARLY_ALL = 0.95  # of a step
LEAST_SLOWER = 1.2  # a gather that takes less than so many times what NumPy's take would is not compared with it


def section(profiled: Profiled) -> str:
    """Return sentences, speeds and tables; "" where the machine's speeds are unknown, as in old profiles."""
    if not profiled.parts:
        return ""
    parts = [markdown.bullets(sentences(profiled)), EXPLANATION, *_tables(profiled), _speeds(profiled)]
    return "\n\n".join(parts)


def sentences(profiled: Profiled) -> list[str]:
    """Return a sentence for each variant and problem that names its largest loss at each size."""
    labels, several = profile_names(profiled), len(profiled.plan.problems) > 1
    found: dict[tuple[str, str, int], list[StepParts]] = {}
    for step in profiled.parts:
        found.setdefault((step.cell.problem, step.cell.variant, step.cell.threads), []).append(step)
    lines = []
    for (problem, variant, _), steps in found.items():
        where = f"{markdown.code(problem)}, " if several else ""
        said = "; ".join(_losses(steps, profiled.plan.words_of(problem).at_size))
        lines.append(f"{where}{markdown.code(labels[variant])}, {said}.")
    return lines


def _losses(steps: Sequence[StepParts], at_size: str) -> Iterator[str]:
    """Yield "n = 10: 61 % of a step is none of its arithmetic, and the largest part is the loss, 25 %" and so on."""
    words = " of a step is none of its arithmetic"
    for step in steps:
        at, part = f"{at_size} {formatting.size(step.cell.size)}", step.largest_loss
        if step.share(ARITHMETIC) > NEARLY_ALL:
            yield f"{at}: nearly all of a step is its arithmetic{_passing(step)}"
            continue
        largest = f"the largest part is {SPOKEN[part]}, {_percent(step.share(part))}{_beside_take(step, part)}"
        yield f"{at}: {_percent(1 - step.share(ARITHMETIC))}{words}, and {largest}{_passing(step)}"
        words = ""


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _passing(step: StepParts) -> str:
    """Return by how much the step passes the limit, where it does."""
    return f", at {step.share_of_limit:.2f} times the limit" if step.share_of_limit > 1 else ""


def _beside_take(step: StepParts, part: str) -> str:
    if part != GATHER or step.parts[GATHER] < LEAST_SLOWER * step.usual_gather:
        return ""
    return f" ({step.parts[GATHER] / step.usual_gather:.1f} times what `np.take` would need)"


def _tables(profiled: Profiled) -> Iterator[str]:
    labels = profile_names(profiled)
    by_cell = {step.cell.key: step for step in profiled.parts}
    for problem, threads, cells in by_problem_and_threads(profiled.cells):
        known = [by_cell[cell.key] for cell in cells if cell.key in by_cell]
        spoken = profiled.plan.words_of(problem)
        for size in sorted({step.cell.size for step in known}):
            subject = f"{usual_dtype(profiled)}, {formatting.plural(threads, 'thread')}"
            yield f"### {markdown.code(problem)}, {spoken.size} {formatting.size(size)}, {subject}"
            yield parts_table([step for step in known if step.cell.size == size], labels)


def parts_table(steps: Sequence[StepParts], labels: dict[str, str]) -> str:
    ordered = sorted(steps, key=lambda step: step.cell.plain.median)
    lines = [
        [
            markdown.code(labels[step.cell.variant]),
            formatting.percent(step.share_of_limit),
            *(f"{formatting.significant(step.parts[part])} ({step.share(part):.0%})" for part in PARTS),
        ]
        for step in ordered
    ]
    return markdown.table(["implementation", "of the limit", *(HEADINGS[part] for part in PARTS)], lines)


def _speeds(profiled: Profiled) -> str:
    lines = [
        [
            markdown.code(problem),
            dtype,
            str(threads),
            f"{formatting.significant(speeds.product / 1e9)} GFLOP/s",
            f"{formatting.significant(speeds.read / 1e9)} GB/s",
            f"{formatting.significant(speeds.exp / 1e6)} million/s",
            f"{formatting.significant(speeds.gather / 1e9)} GB/s",
        ]
        for (problem, dtype, threads), speeds in profiled.speeds.items()
    ]
    measured = ["matrix product", "reading memory", "exponentials, NumPy", "rows at random, `np.take`"]
    return f"The speeds:\n\n{markdown.table(['problem', 'dtype', 'threads', *measured], lines)}"
