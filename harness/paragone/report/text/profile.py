"""profile.md and the figures of a profile, made from its folder alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import pandas as pd

from paragone.analyse.breakdown import Breakdown, breakdowns
from paragone.errors import ResultsUnusable
from paragone.files.atomic import write_files
from paragone.files.schema import shown
from paragone.implementation.contract import PHASES
from paragone.report.figures import phases
from paragone.report.figures.draw import file_name
from paragone.report.figures.figure import Drawn, drawing
from paragone.report.text import formatting
from paragone.report.text.sections import joined, pictures
from paragone.report.text.spreadsheet import csv
from paragone.report.text.tables import pairs, table
from paragone.store.plan_records import ProfilePlan, VariantRecord
from paragone.store.reader import frame_of, read_profile_plan, read_table
from paragone.store.records import Clock, Outcome, Pair
from paragone.store.runs import is_finished

HOW_TO_READ = """\
- Every implementation is loaded twice in one process: as it is measured by `paragone bench`, without any clock, and
  with a clock put around each phase of its step. In every round both take the same steps, one right after the other, in
  an order that changes; all variants take turns in a random order. All numbers are medians over the rounds, each phase
  for itself: where the machine is noisy they need not add up to the whole. ± is half the distance of the quartiles.
- **whole** is the step with its clocks, **without clocks** the plain one, **clocks cost** the median of their ratio in
  a round, less one. What the clocks cost is contained in the phases and in other.
- **other** is the whole less the sum of the phases: the loop around them, the call, and where another program computes
  the pipe to it.
- Both must give the same bits in every round, or the cell fails.
- Where the gradient goes straight to the weights, as in `numpy_tuned`, `c_blas` and `julia_tuned` with a plain update
  of one block, its product counts as update; elsewhere as backward. The output's delta is part of backward."""


@dataclass(frozen=True)
class Profiled:
    """A profile as read back: what was planned, its breakdowns and the reasons of what has none."""

    folder: Path
    plan: ProfilePlan
    cells: list[Breakdown]
    outcomes: list[Outcome]
    reading_ns: float | None  # what a reading of Python's clock costs
    finished: bool


def read_profile(folder: Path) -> Profiled:
    """Return what the folder of a profile holds. Raises ResultsUnusable."""
    readings = [clock.reading_ns for clock in read_table(folder, Clock)]
    plan = read_profile_plan(folder)
    pairs_taken, known = read_table(folder, Pair, plan.problems), {one.variant for one in plan.variants}
    for number, row in enumerate(pairs_taken, start=1):
        if row.variant not in known:
            told = shown(row.variant)
            raise ResultsUnusable(f"{folder}/pairs.jsonl, line {number}: variant: expected one of the plan, got {told}")
    return Profiled(
        folder,
        plan,
        breakdowns(pairs_taken),
        read_table(folder, Outcome, plan.problems),
        median(readings) if readings else None,
        is_finished(folder),
    )


def write_profile(profiled: Profiled) -> Path:
    """Write phases.csv, the figures and profile.md into the folder; return the path of profile.md.

    Raises ResultsUnusable where the folder cannot be written.
    """
    with drawing():
        drawn = list(_figures(profiled))
    files = {f"{figure.name}.{form}": getattr(figure, form) for figure in drawn for form in ("png", "svg")}
    files["phases.csv"] = phases_csv(profiled.cells).encode()
    files["profile.md"] = markdown(profiled, drawn).encode()
    try:
        write_files(profiled.folder, files)
    except OSError as error:
        raise ResultsUnusable(f"{profiled.folder}: the profile cannot be written: {error.strerror}") from None
    return profiled.folder / "profile.md"


def phases_csv(cells: Sequence[Breakdown]) -> str:
    """Return microseconds per step, median and quartiles: a line per cell and phase, part of backward or whole."""
    lines = []
    for cell in cells:
        where = {name: getattr(cell, name) for name in ("problem", "variant", "batch_size", "threads", "rounds")}
        spreads = {**cell.phases, "whole": cell.clocked, "without clocks": cell.plain}
        for what, spread in spreads.items():
            lines.append({**where, "what": what, "median": spread.median, "low": spread.low, "high": spread.high})
        for part, calls in cell.parts.items():
            for call, microseconds in enumerate(calls, start=1):
                lines.append({**where, "what": f"{part}, call {call}", "median": microseconds})
    columns = ["problem", "variant", "batch_size", "threads", "rounds", "what", "median", "low", "high"]
    return csv(pd.DataFrame(lines, columns=columns))


def usual_dtype(profiled: Profiled) -> str:
    """Return the dtype that most variants have, which is told once; a name tells any other."""
    return str(frame_of(VariantRecord, profiled.plan.variants)["dtype"].mode()[0])


def names_of(profiled: Profiled) -> dict[str, str]:
    """Return the names to print, by variant: with the dtype where it is not the usual one."""
    frame = frame_of(VariantRecord, profiled.plan.variants)
    short = formatting.short_names(frame)
    names = short.where(frame["dtype"] == usual_dtype(profiled), short + " " + frame["dtype"])
    return dict(zip(frame["variant"], names, strict=True))


def groups(cells: Sequence[Breakdown]) -> Iterator[tuple[str, int, list[Breakdown]]]:
    """Yield problem, threads and cells of every pair of problem and threads."""
    for problem, threads in dict.fromkeys((cell.problem, cell.threads) for cell in cells):
        yield problem, threads, [c for c in cells if (c.problem, c.threads) == (problem, threads)]


def _figures(profiled: Profiled) -> Iterator[Drawn]:
    labels = names_of(profiled)
    for problem, threads, cells in groups(profiled.cells):
        said = f"{usual_dtype(profiled)}, {formatting.plural(threads, 'thread')}"
        title = f"{problem}: where the time of a step goes, {said}"
        drawn = phases.draw(cells, labels, f"phases-{file_name(problem)}-{threads}", title)
        if drawn is not None:
            yield drawn


def markdown(profiled: Profiled, drawn: Sequence[Drawn]) -> str:
    """Return the report of a profile."""
    unfinished = "" if profiled.finished else " — interrupted"
    sections = [
        (
            f"# Phases of a step: {formatting.escaped(profiled.plan.run)}{unfinished}",
            f"{cost_of_clocks(profiled)}\n\n{pictures(drawn, folder='')}".strip(),
        ),
        ("## Microseconds per step", _times_tables(profiled)),
        ("## Inside backward, layer by layer", parts_tables(profiled)),
        ("## Doubts", "\n".join(f"- {formatting.escaped(sentence)}" for sentence in doubts(profiled))),
        ("## Without phases", _gaps(profiled.outcomes)),
        ("## How to read this", HOW_TO_READ),
        ("## To repeat it", pairs(_facts(profiled.plan))),
    ]
    return joined([(heading, text) for heading, text in sections if text])


def _times_tables(profiled: Profiled) -> str:
    labels, texts = names_of(profiled), []
    for problem, threads, cells in groups(profiled.cells):
        for size in sorted({cell.batch_size for cell in cells}):
            of_size = sorted((c for c in cells if c.batch_size == size), key=lambda c: c.clocked.median)
            said = f"{usual_dtype(profiled)}, {formatting.plural(threads, 'thread')}"
            texts.append(f"### {formatting.code(problem)}, batch size {formatting.batch(size)}, {said}")
            headings = ["implementation", *PHASES, "other", "whole", "without clocks", "clocks cost"]
            texts.append(table(headings, (_times_row(labels[cell.variant], cell) for cell in of_size)))
    return "\n\n".join(texts) or "Nothing was measured."


def _times_row(label: str, cell: Breakdown) -> list[str]:
    entries = [_entry(cell, phase) for phase in (*PHASES, "other")]
    whole = f"**{formatting.significant(cell.clocked.median)}** ± {cell.clocked.share:.1%}"
    return [formatting.code(label), *entries, whole, formatting.significant(cell.plain.median), f"{cell.cost:+.1%}"]


def _entry(cell: Breakdown, phase: str) -> str:
    if phase not in cell.phases:
        return formatting.MISSING
    return f"{formatting.significant(cell.phases[phase].median)} ({cell.share(phase):.0%})"


def parts_tables(profiled: Profiled) -> str:
    """Return a table for every cell whose backward is told apart: a line a part, a column a layer of weights.

    The first call within a backward is that of the output layer, which is the last.
    """
    labels, problems, texts = names_of(profiled), profiled.plan.problems, []
    for cell in profiled.cells:
        if not cell.parts:
            continue
        depth = max(len(calls) for calls in cell.parts.values())
        where = f"{formatting.code(cell.problem)}, {formatting.code(labels[cell.variant])}"
        texts.append(f"### {where}, batch size {formatting.batch(cell.batch_size)}")
        last = len(problems[cell.problem].layers) - 1  # of the layers of weights
        headings = ["µs per step", *(f"layer {last - call}" for call in range(depth)), "all"]
        lines = []
        for part, calls in cell.parts.items():
            numbers = [formatting.significant(value) for value in calls] + [""] * (depth - len(calls))
            lines.append([formatting.escaped(part), *numbers, f"**{formatting.significant(sum(calls))}**"])
        texts.append(table(headings, lines))
    return "\n\n".join(texts)


def cost_of_clocks(profiled: Profiled) -> str:
    """Return in a sentence what was paid for knowing the phases."""
    if not profiled.cells or profiled.reading_ns is None:
        return ""
    costs = [cell.cost for cell in profiled.cells]
    return (
        f"A reading of Python's clock costs {profiled.reading_ns:.0f} ns here. With all its clocks a step takes "
        f"{median(costs):+.1%} in the median cell, {min(costs):+.1%} to {max(costs):+.1%} in all of them, of the time "
        "that the same process needs without."
    )


def doubts(profiled: Profiled) -> list[str]:
    """Return in words what a reader should not believe without a second look."""
    sentences = [cell.warning for cell in profiled.cells if cell.warning]
    sentences += [
        f"{cell.variant} batch {cell.batch_size}: not deterministic; with clocks its bits differed, as they may"
        for cell in profiled.cells
        if not cell.is_same
    ]
    return sentences


def gaps(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Return the outcomes that say why something has no phases."""
    return [row for row in outcomes if row.status not in ("passed", "not checked")]


def _gaps(outcomes: Sequence[Outcome]) -> str:
    lines = [
        [
            formatting.code(row.variant),
            "" if row.batch_size is None else formatting.batch(row.batch_size),
            row.status,
            formatting.escaped(row.reason or ""),
        ]
        for row in gaps(outcomes)
    ]
    return table(["variant", "batch size", "status", "why"], lines) if lines else ""


def _facts(plan: ProfilePlan) -> list[tuple[str, str]]:
    return [
        ("command", formatting.code(plan.command)),
        ("made", formatting.escaped(plan.created)),
        ("data", formatting.escaped(plan.data.name)),
        ("rounds, seed", f"{plan.rounds}, {plan.seed}"),
    ]
