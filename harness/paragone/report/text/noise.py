"""What the A/A control shows, the baseline measured against itself: a section, and a sentence for subtitles."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from paragone.analyse.warnings import smallest_resolvable
from paragone.report.text import formatting, markdown
from paragone.report.text.rows import each_row

if TYPE_CHECKING:
    from paragone.analyse.results import Results


def section(results: Results) -> str:
    control_cells = _control_table(results.summary, results.run.plan.words_of().size)
    if not control_cells:
        return "There was no A/A control."
    sentences = [
        f"{markdown.code(problem)}: a typical cell gets a verdict for differences above "
        f"{formatting.percent(difference)}."
        for problem, difference in smallest_resolvable(results.summary).items()
        if results.run.plan.launches > 1 and not math.isnan(difference)
    ]
    introduction = "The same code ran under two names; what differs here is noise."
    return "\n\n".join(part for part in (introduction, markdown.bullets(sentences), control_cells) if part)


def _control_table(frame: pd.DataFrame, size: str) -> str:
    lines = [
        [
            markdown.code(row.problem),
            row.dtype,
            formatting.size(row.size),
            str(row.threads),
            formatting.ratio_with_interval(row.ratio_to_baseline, row.ratio_low, row.ratio_high),
            row.verdict.removeprefix("A/A: ") or row.status,
        ]
        for row in each_row(frame[frame["control"]])
    ]
    headings = ["problem", "dtype", size, "threads", "ratio to itself", "verdict"]
    return markdown.table(headings, lines) if lines else ""


def noise_sentence(results: Results, problem: str) -> str:
    """Return the A/A margins of a problem in one sentence, or why there are none."""
    frame = results.summary
    controls = frame[frame["control"] & (frame["problem"] == problem)]
    if results.run.plan.launches == 1:
        return "One launch: no intervals and no verdicts."
    if not controls["ratio_low"].notna().any():
        return "Noise unknown, hence no verdicts: there is no A/A interval."
    noisiest = controls.sort_values("margin").iloc[-1]
    typical, largest = (formatting.percent(margin) for margin in (controls["margin"].median(), noisiest["margin"]))
    threads = f", {noisiest['threads']} threads" if noisiest["threads"] > 1 else ""
    at_size = results.run.plan.words_of(problem).at_size
    if typical == largest:
        return f"Noise: the baseline against itself (A/A) stays within ±{largest}."
    return (
        f"Noise: the baseline against itself (A/A) stays within ±{typical} in half of its cells, "
        f"±{largest} in the worst ({noisiest['dtype']}, {at_size} {formatting.size(noisiest['size'])}{threads})."
    )
