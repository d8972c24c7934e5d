"""A run in a notebook or at a prompt: its results show themselves."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from rich.console import Console

from paragone.analyse.results import Results
from paragone.report.page.build import lead
from paragone.report.page.markdown_html import as_html
from paragone.report.terminal.run import print_summary
from paragone.report.text import formatting, markdown
from paragone.report.text.answer import alarms, is_busy
from paragone.report.text.first_point import cells_of_first_point, with_control
from paragone.report.text.noise import noise_sentence
from paragone.report.text.ranking import fastest, ratio_to_baseline
from paragone.report.text.rows import each_row, shown_rows
from paragone.store.reader import read_run
from paragone.store.runs import find_run, results_folder

WIDTH = 80  # of the text, in characters
HEADINGS = ["implementation", "speed", "of the baseline", "verdict"]


class ShownResults(Results):
    """Results that a notebook displays as tables and charts, and a prompt as text."""

    def __repr__(self) -> str:
        text = io.StringIO()
        print_summary(self, Console(file=text, width=WIDTH, color_system=None))
        return "\n".join(line.rstrip() for line in text.getvalue().splitlines())

    def _repr_html_(self) -> str:
        told = as_html("\n\n".join([*alarms(self), lead(self)]))
        return f"<div>{told}{''.join(_problems(self))}</div>"


def load_run(run: str | Path = "latest") -> ShownResults:
    """The results of a run, by its folder, or by its name in PARAGONE_RESULTS or `./results`.

    `.summary` has a row per cell, `.samples` a row per timed sample, `.launches` the medians of every launch; what was
    stored and not derived (plan, environment, raw tables) is in `.run`. Times end in `_ns`, `_seconds` or `_ms`. As the
    last line of a cell it is displayed: a table of each problem and a chart.
    Raises UnknownName where there is no such run, ResultsUnusable where its folder is damaged.
    """
    return ShownResults(read_run(find_run(results_folder(), str(run))))


def _problems(results: Results) -> Iterator[str]:
    """HTML of each problem and number of threads: the table of its first point, the noise, and the throughput."""
    shown = shown_rows(results.summary)
    for problem, threads in shown[["problem", "threads"]].drop_duplicates().itertuples(index=False):
        parts = [
            f"### {markdown.code(problem)}, {formatting.plural(threads, 'thread')}",
            *_table(results, problem, threads),
        ]
        yield as_html("\n\n".join([*parts, markdown.escaped(noise_sentence(results, problem))]))
        yield _chart(results, problem, threads)


def _table(results: Results, problem: str, threads: int) -> list[str]:
    """The fastest in a sentence, and a table, the fastest first; [] where nothing was verified."""
    cells = cells_of_first_point(results, problem, threads)
    if cells.empty:
        return []
    spoken = results.run.plan.words_of(problem)
    lines = [_line(row, spoken.rate) for row in each_row(with_control(results, cells))]
    told = [] if is_busy(results) else [fastest(cells, spoken)]
    return [*told, markdown.table([HEADINGS[0], f"{HEADINGS[1]}, {spoken.rate}", *HEADINGS[2:]], lines)]


def _line(row: Any, unit: str) -> list[str]:
    speed = formatting.rate_of(row.work_per_second, unit)
    interval = formatting.rate_interval(row.work_per_second_low, row.work_per_second_high, row.work_per_second)
    if row.verdict == "baseline":
        return [markdown.code(row.name), f"{speed} {interval}", "baseline", ""]
    ratio = f"{ratio_to_baseline(row)} {formatting.ratio_interval(row.ratio_low, row.ratio_high)}".strip()
    return [markdown.code(row.name), f"{speed} {interval}", ratio, row.verdict]


def _chart(results: Results, problem: str, threads: int) -> str:
    from paragone.report.figures.figure import figure_style  # Matplotlib takes a second to load
    from paragone.report.figures.throughput import draw

    frame = results.summary
    cells = frame[(frame["problem"] == problem) & (frame["threads"] == threads)]
    with figure_style():
        drawing = draw(cells, "throughput", results.run.plan.words_of(problem), noise_sentence(results, problem))
        if drawing is None:
            return ""
        source = base64.b64encode(drawing.svg).decode()
    return f'<img style="max-width:100%" alt="{escape(drawing.caption)}" src="data:image/svg+xml;base64,{source}">'
