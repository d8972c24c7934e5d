"""The figures of each kind of report: which there are, their file names, and why one is missing."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from paragone.analyse.profiled import Profiled
from paragone.analyse.roofline import roofline as cells_on_roofline
from paragone.analyse.statuses import TOO_FAST, is_in
from paragone.report.figures import (
    accuracy,
    cold_call,
    heatmap,
    layouts,
    machine_panels,
    memory,
    phases,
    roofline,
    throughput,
)
from paragone.report.figures.drawing import Drawing
from paragone.report.figures.figure import figure_style
from paragone.report.text import formatting
from paragone.report.text.machines import machine_name, problems_of
from paragone.report.text.noise import noise_sentence
from paragone.report.text.profile_names import by_problem_and_threads, profile_names, usual_dtype
from paragone.report.text.rows import first_row
from paragone.store.frames import frame_of
from paragone.store.plan_records import VariantRecord
from paragone.task.problem import Words

if TYPE_CHECKING:
    from paragone.analyse.results import Results
    from paragone.store.reader import Run

CURVE = ["problem", "variant", "size"]
LONGEST_NAME = 80  # characters of a problem's name in a file name; file systems allow 255 in all

Draw = Callable[[pd.DataFrame, str, Words, str], Drawing | None]

# Kind, drawing function, and the reason to give where there is nothing to draw.
PER_GRID: tuple[tuple[str, Draw, str], ...] = (
    ("throughput", throughput.draw, "nothing was measured"),
    ("speedup", heatmap.draw, "no cell could be compared with the baseline"),
    ("layout", layouts.draw, "no implementation was measured in two memory orders"),
    (
        "cold",
        lambda cells, name, spoken, _: cold_call.draw(cells, name, spoken),
        "no first call and steady time of a cell",
    ),
)


def run_figures(results: Results) -> tuple[list[Drawing], list[str]]:
    """Return the figures of a run in the order of the report, and a sentence for each that has no data."""
    figures: list[Drawing] = []
    left_out: list[str] = []
    with figure_style():
        for name, subject, figure, reason in _run_attempts(results):
            if figure is None:
                left_out.append(f"{name}: {reason} ({subject}).")
            else:
                figures.append(figure)
    return figures, left_out


def machine_figures(runs: Sequence[Run], frame: pd.DataFrame) -> list[Drawing]:
    """Return a figure for each problem and thread count that any of the runs measured."""
    machines = dict(zip(formatting.letters(len(runs)), map(machine_name, runs), strict=True))
    problems = problems_of(runs)
    with figure_style():
        figures = [
            machine_panels.draw(
                cells, f"machines-{file_name(str(problem))}-{threads}", problems[str(problem)].words, machines
            )
            for (problem, threads), cells in frame.groupby(["problem", "threads"], sort=False)
        ]
    return [figure for figure in figures if figure is not None]


def profile_figures(profiled: Profiled) -> list[Drawing]:
    """Return a figure for each problem and thread count of a profile."""
    labels = profile_names(profiled)
    figures = []
    with figure_style():
        for problem, threads, cells in by_problem_and_threads(profiled.cells):
            subject = f"{usual_dtype(profiled)}, {formatting.plural(threads, 'thread')}"
            heading = profiled.plan.words_of(problem).size
            title = f"{problem}: where the time of a step goes, {subject}"
            name = f"phases-{file_name(problem)}-{threads}"
            parts = [step for step in profiled.parts if (step.cell.problem, step.cell.threads) == (problem, threads)]
            figures.append(phases.draw(cells, labels, name, title, heading, parts))
    return [figure for figure in figures if figure is not None]


def file_name(problem: str) -> str:
    """Return a problem's name as part of a file name; a name that had to be changed gets a hash, to stay unique."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", problem)[:LONGEST_NAME].strip("-")
    if plain == problem:
        return plain
    digest = hashlib.sha256(problem.encode(errors="backslashreplace")).hexdigest()[:6]
    return f"{plain}-{digest}".strip("-")


def _run_attempts(results: Results) -> Iterator[tuple[str, str, Drawing | None, str]]:
    """Yield name, subject, figure or None, and the reason for None."""
    run, frame = results.run, results.summary
    several = frame["threads"].nunique() > 1
    on_roofline = cells_on_roofline(run, frame)
    for _, cells in frame.groupby(["problem", "threads"], sort=False):
        first = first_row(cells)
        spoken = run.plan.words_of(first.problem)
        suffix = f"{file_name(first.problem)}{f'-{first.threads}-threads' if several else ''}"
        subject = f"{first.problem}, {formatting.plural(first.threads, 'thread')}"
        for kind, draw, reason in PER_GRID:
            name = f"{kind}-{suffix}"
            yield name, subject, draw(cells, name, spoken, noise_sentence(results, first.problem)), reason
        name = f"memory-{suffix}"
        figure = memory.draw(cells, name, run.plan.problems[first.problem])
        yield name, subject, figure, "no peak memory above the loaded state was measured"
        name = f"roofline-{suffix}"
        placed = on_roofline[(on_roofline["problem"] == first.problem) & (on_roofline["threads"] == first.threads)]
        yield name, subject, roofline.draw(placed, name, spoken), "no limit was measured, or no operations are counted"
    variants = frame_of(VariantRecord, run.plan.variants)
    for problem, found in run.plan.problems.items():
        if found.steps_per_pass(found.sizes[0]) is None:
            continue  # without passes over data there are no learning curves
        name = f"accuracy-{file_name(problem)}"
        curves = run.accuracy[run.accuracy["problem"] == problem]
        curves = curves[~is_in(curves, frame[frame["status"] == TOO_FAST], CURVE)]
        figure = None if curves.empty else accuracy.draw(curves.merge(variants, on="variant"), name)
        yield name, problem, figure, "no network was trained for its accuracy"
