"""profile.md, the phases of a step and where its time goes, made from the folder of a profile alone."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import TYPE_CHECKING, Any

import pandas as pd

from paragone.analyse.breakdown import Breakdown
from paragone.analyse.profiled import Profiled
from paragone.implementation.contract import PHASES
from paragone.report.text import formatting, markdown, step_parts
from paragone.report.text.profile_names import by_problem_and_threads, profile_names, usual_dtype
from paragone.report.text.safe_csv import safe_csv
from paragone.store.plan_records import ProfilePlan
from paragone.store.records import Outcome

if TYPE_CHECKING:
    from paragone.report.figures.drawing import Drawing

HOW_TO_READ = """\
- Every implementation is loaded twice in one process: as `paragone bench` measures it, without any clock, and with a
  clock around each phase of its step. In every round both take the same steps, one right after the other, in an order
  that changes; all variants take turns in a random order. All numbers are medians over the rounds, each phase by
  itself: on a noisy machine they need not add up to the whole. ± is half the interquartile range.
- **whole** is the step with its clocks, **without clocks** the plain one, **clocks cost** the median of their ratio in
  a round, less one. The cost of the clocks is contained in the phases and in other.
- **other** is the whole less the sum of the phases: the loop around them, the call, and the pipe to another program if
  one computes.
- Both must give the same bits in every round, or the cell fails.
- Some implementations add the gradient to the weights within its matrix product (`numpy_tuned`, `c_blas` and
  `julia_tuned` with a plain update of one block). There the product counts as update, elsewhere as backward. The
  delta of the output layer is part of backward."""


def phases_csv(cells: Sequence[Breakdown]) -> str:
    """Return microseconds per step, median and quartiles: a line for each phase and part of a cell, and its whole."""
    lines = []
    for cell in cells:
        where = {name: getattr(cell, name) for name in ("problem", "variant", "size", "threads", "rounds")}
        spreads = {**cell.phases, "whole": cell.clocked, "without clocks": cell.plain}
        for what, spread in spreads.items():
            lines.append({**where, "what": what, "median": spread.median, "low": spread.low, "high": spread.high})
        for part, calls in cell.parts.items():
            for call, microseconds in enumerate(calls, start=1):
                lines.append({**where, "what": f"{part}, call {call}", "median": microseconds})
    columns = ["problem", "variant", "size", "threads", "rounds", "what", "median", "low", "high"]
    return safe_csv(pd.DataFrame(lines, columns=columns))


def profile_report(profiled: Profiled, drawn: Sequence[Drawing]) -> str:
    unfinished = "" if profiled.finished else " — interrupted"
    sections = [
        (
            f"# Phases of a step: {markdown.escaped(profiled.plan.run)}{unfinished}",
            f"{cost_of_clocks(profiled)}\n\n{markdown.figure_links(drawn, folder='')}".strip(),
        ),
        ("## Microseconds per step", _times_tables(profiled)),
        ("## Where the rest goes", step_parts.section(profiled)),
        ("## Inside backward, layer by layer", parts_tables(profiled)),
        ("## Warnings", "\n".join(f"- {markdown.escaped(sentence)}" for sentence in warnings(profiled))),
        ("## Without phases", _gaps(profiled.outcomes, profiled.plan.words_of().size)),
        ("## How to read this", HOW_TO_READ),
        ("## To repeat it", markdown.pairs(_facts(profiled.plan))),
    ]
    return markdown.join_sections([(heading, text) for heading, text in sections if text])


def _times_tables(profiled: Profiled) -> str:
    labels, texts = profile_names(profiled), []
    for problem, threads, cells in by_problem_and_threads(profiled.cells):
        for size in sorted({cell.size for cell in cells}):
            of_size = sorted((c for c in cells if c.size == size), key=lambda c: c.clocked.median)
            subject = f"{usual_dtype(profiled)}, {formatting.plural(threads, 'thread')}"
            spoken = profiled.plan.words_of(problem)
            texts.append(f"### {markdown.code(problem)}, {spoken.size} {formatting.size(size)}, {subject}")
            headings = ["implementation", *PHASES, "other", "whole", "without clocks", "clocks cost"]
            texts.append(markdown.table(headings, (_times_row(labels[cell.variant], cell) for cell in of_size)))
    return "\n\n".join(texts) or "Nothing was measured."


def _times_row(label: str, cell: Breakdown) -> list[str]:
    entries = [_entry(cell, phase) for phase in (*PHASES, "other")]
    whole = f"**{formatting.significant(cell.clocked.median)}** ± {cell.clocked.share:.1%}"
    return [markdown.code(label), *entries, whole, formatting.significant(cell.plain.median), f"{cell.cost:+.1%}"]


def _entry(cell: Breakdown, phase: str) -> str:
    if phase not in cell.phases:
        return formatting.MISSING
    return f"{formatting.significant(cell.phases[phase].median)} ({cell.share(phase):.0%})"


def parts_tables(profiled: Profiled) -> str:
    """Return a table for each cell that times the parts of backward: a row for each part, a column for each layer.

    The first call in a backward pass belongs to the last layer, which is the output.
    """
    labels, texts = profile_names(profiled), []
    for cell in profiled.cells:
        if not cell.parts:
            continue
        depth = max(len(calls) for calls in cell.parts.values())
        where = f"{markdown.code(cell.problem)}, {markdown.code(labels[cell.variant])}"
        texts.append(f"### {where}, {profiled.plan.words_of(cell.problem).size} {formatting.size(cell.size)}")
        problem: Any = profiled.plan.problems[cell.problem]  # a network
        last = len(problem.layers) - 1  # of the layers of weights
        headings = ["µs per step", *(f"layer {last - call}" for call in range(depth)), "all"]
        lines = []
        for part, calls in cell.parts.items():
            numbers = [formatting.significant(value) for value in calls] + [""] * (depth - len(calls))
            lines.append([markdown.escaped(part), *numbers, f"**{formatting.significant(sum(calls))}**"])
        texts.append(markdown.table(headings, lines))
    return "\n\n".join(texts)


def cost_of_clocks(profiled: Profiled) -> str:
    """Return a sentence on the cost of the clocks; "" where nothing was measured."""
    if not profiled.cells or profiled.reading_ns is None:
        return ""
    costs = [cell.cost for cell in profiled.cells]
    return (
        f"A reading of Python's clock costs {profiled.reading_ns:.0f} ns here. With all its clocks a step takes "
        f"{median(costs):+.1%} in the median cell, {min(costs):+.1%} to {max(costs):+.1%} in all of them, of the time "
        "that the same process needs without."
    )


def warnings(profiled: Profiled) -> list[str]:
    told = (cell.warning(profiled.plan.words_of(cell.problem).at_size) for cell in profiled.cells)
    sentences = list(filter(None, told))
    sentences += [
        f"{cell.variant} {profiled.plan.words_of(cell.problem).at_size} {cell.size}: not deterministic; with "
        "clocks its bits differed, as they may"
        for cell in profiled.cells
        if not cell.is_same
    ]
    return sentences


def gaps(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Return the outcomes of the variants and cells without phases."""
    return [row for row in outcomes if row.status not in ("passed", "not checked")]


def _gaps(outcomes: Sequence[Outcome], size: str) -> str:
    lines = [
        [
            markdown.code(row.variant),
            "" if row.size is None else formatting.size(row.size),
            row.status,
            markdown.escaped(row.reason or ""),
        ]
        for row in gaps(outcomes)
    ]
    return markdown.table(["variant", size, "status", "why"], lines) if lines else ""


def _facts(plan: ProfilePlan) -> list[tuple[str, str]]:
    return [
        ("command", markdown.code(plan.command)),
        ("made", markdown.escaped(plan.created)),
        ("data", markdown.escaped(plan.data.name)),
        ("rounds, seed", f"{plan.rounds}, {plan.seed}"),
    ]
