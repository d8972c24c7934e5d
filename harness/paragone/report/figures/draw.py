"""Which figures a run has, what each is called, and why one is missing."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pandas as pd

from paragone.report.figures import accuracy, cold_call, heatmap, layouts, memory, throughput
from paragone.report.figures.figure import Drawn, drawing
from paragone.report.text import formatting
from paragone.store.plan_records import VariantRecord
from paragone.store.reader import frame_of

if TYPE_CHECKING:
    from paragone.analyse.results import Results

MOST_CHARACTERS = 80  # of a problem's name in a file name, which may have 255

Draw = Callable[[pd.DataFrame, str, str], Drawn | None]

# Kind, how it is drawn, and why it is missing where it cannot be.
PER_GRID: tuple[tuple[str, Draw, str], ...] = (
    ("throughput", throughput.draw, "nothing was measured"),
    ("speedup", heatmap.draw, "no cell could be compared with the baseline"),
    ("layout", layouts.draw, "no implementation was measured in two memory orders"),
    ("cold", lambda cells, name, _: cold_call.draw(cells, name), "no first call and steady time of a cell"),
)


def figures(results: Results) -> tuple[list[Drawn], list[str]]:
    """Return the figures of a run, in the order of the report, and a sentence for each that has no data."""
    drawn: list[Drawn] = []
    left_out: list[str] = []
    with drawing():
        for name, what, figure, reason in _attempts(results):
            if figure is None:
                left_out.append(f"{name}: {reason} ({what}).")
            else:
                drawn.append(figure)
    return drawn, left_out


def _attempts(results: Results) -> Iterator[tuple[str, str, Drawn | None, str]]:
    """Yield name, subject, figure or None, and the reason that holds where it is None."""
    run, frame = results.run, results.summary
    several = frame["threads"].nunique() > 1
    for _, cells in frame.groupby(["problem", "threads"], sort=False):
        problem, threads = str(cells["problem"].iloc[0]), int(cells["threads"].iloc[0])
        ending = f"{file_name(problem)}{f'-{threads}-threads' if several else ''}"
        what = f"{problem}, {formatting.plural(threads, 'thread')}"
        for kind, draw, reason in PER_GRID:
            name = f"{kind}-{ending}"
            yield name, what, draw(cells, name, noise_sentence(results, problem)), reason
        pixels = run.plan.problems[problem].layers[0]
        name = f"memory-{ending}"
        yield name, what, memory.draw(cells, name, pixels), "no peak memory above the loaded state was measured"
    variants = frame_of(VariantRecord, run.plan.variants)
    for problem in run.plan.problems:
        name = f"accuracy-{file_name(problem)}"
        curves = run.accuracy[run.accuracy["problem"] == problem]
        figure = None if curves.empty else accuracy.draw(curves.merge(variants, on="variant"), name)
        yield name, problem, figure, "no network was trained for its accuracy"


def file_name(problem: str) -> str:
    """Return a problem's name as a part of a file name; one that had to change gets a hash of its own."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", problem)[:MOST_CHARACTERS].strip("-")
    return (
        plain
        if plain == problem
        else f"{plain}-{hashlib.sha256(problem.encode(errors='backslashreplace')).hexdigest()[:6]}".strip("-")
    )


def noise_sentence(results: Results, problem: str) -> str:
    """Return what A/A says about a problem, in a sentence short enough for a subtitle."""
    frame = results.summary
    controls = frame[frame["control"] & (frame["problem"] == problem)]
    if results.run.plan.launches == 1:
        return "One launch: no intervals and no verdicts."
    if not controls["ratio_low"].notna().any():
        return "Noise unknown, hence no verdicts: there is no A/A interval."
    noisiest = controls.sort_values("margin").iloc[-1]
    typical, most = (formatting.percent(margin) for margin in (controls["margin"].median(), noisiest["margin"]))
    threads = f", {noisiest['threads']} threads" if noisiest["threads"] > 1 else ""
    if typical == most:
        return f"Noise: the baseline against itself (A/A) stays within ±{most}."
    return (
        f"Noise: the baseline against itself (A/A) stays within ±{typical} in half of its cells, "
        f"±{most} in the worst ({noisiest['dtype']}, batch {formatting.batch(noisiest['batch_size'])}{threads})."
    )
