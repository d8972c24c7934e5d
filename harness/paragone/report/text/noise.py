"""What the A/A control shows, the baseline measured against itself: a section, and sentences for what comes first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from paragone.analyse.noise import LARGE_DIFFERENCE, Noise, noises_of_one_launch
from paragone.analyse.warnings import smallest_resolvable
from paragone.plan.power import SMALLEST_MARGIN
from paragone.report.text import formatting, markdown
from paragone.report.text.rows import each_row

if TYPE_CHECKING:
    from paragone.analyse.results import Results


def section(results: Results) -> str:
    one_launch = results.run.plan.launches == 1
    control_cells = _control_table(results.summary, results.run.plan.words_of().size, one_launch)
    if not control_cells:
        return "There was no A/A control."
    sentences = [
        f"{markdown.code(problem)}: a typical cell gets a verdict for differences above "
        f"{formatting.percent(difference)}."
        for problem, difference in smallest_resolvable(results.summary).items()
        if not one_launch and not math.isnan(difference)
    ]
    introduction = "The same code ran under two names; what differs here is noise."
    return "\n\n".join(part for part in (introduction, markdown.bullets(sentences), control_cells) if part)


def _control_table(frame: pd.DataFrame, size: str, one_launch: bool) -> str:
    """Return a row for each A/A cell; of one launch there is a ratio alone, and a verdict on none."""
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
    if one_launch:
        headings, lines = headings[:-1], [line[:-1] for line in lines]
    return markdown.table(headings, lines) if lines else ""


def noise_sentence(results: Results, problem: str) -> str:
    """Return what A/A shows of a problem's noise in one or two sentences, or why that is not known."""
    frame = results.summary
    controls = frame[frame["control"] & (frame["problem"] == problem)]
    if results.run.plan.launches == 1:
        return _of_one_launch(results, problem)
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


def _of_one_launch(results: Results, problem: str) -> str:
    noises = noises_of_one_launch(results, problem)
    if not noises:
        return "One launch, and no A/A: the noise is not known, and nothing is told apart."
    at_size = results.run.plan.words_of(problem).at_size
    return " ".join(_of_one_thread_count(noise, at_size, len(noises) > 1) for noise in noises)


def _of_one_thread_count(noise: Noise, at_size: str, is_one_of_several: bool) -> str:
    at = f" at {formatting.plural(noise.threads, 'thread')}" if is_one_of_several else ""
    if noise.difference <= SMALLEST_MARGIN:
        least = formatting.percent(SMALLEST_MARGIN)
        return f"Noise{at}: the baseline against itself (A/A) stays within ±{least}, in one launch."
    threads = f", {noise.threads} threads" if noise.threads > 1 and not at else ""
    seen = f"{noise.dtype}, {at_size} {formatting.size(noise.size)}{threads}"
    return (
        f"Noise{at}: the baseline differs from itself (A/A) by up to {formatting.ratio(1 + noise.difference)} "
        f"({seen}), in one launch. What differs by less is not told apart."
    )


def too_busy(results: Results) -> list[str]:
    """Return sentences that say why a run of one launch tells next to nothing, and what to do.

    One for each problem; where only A/A says so, for each number of threads. [] where nothing speaks against the
    numbers, or where there are intervals, which say it better.
    """
    if results.run.plan.launches > 1:
        return []
    problems = results.summary["problem"].unique()
    sentences = []
    for problem in problems:
        named = [str(problem)] if len(problems) > 1 else []
        noises = noises_of_one_launch(results, str(problem))
        if noises and noises[0].is_busy:  # the wait is that of the problem
            sentences.append(_too_busy(named, max(noises, key=lambda noise: noise.difference)))
            continue
        several = len(noises) > 1
        for noise in (noise for noise in noises if noise.is_too_large):
            threads = [formatting.plural(noise.threads, "thread")] if several else []
            sentences.append(_too_busy([*named, *threads], noise))
    return sentences


def _too_busy(names: Sequence[str], noise: Noise) -> str:
    on = f"{', '.join(names)}: " if names else ""
    difference = formatting.ratio(1 + noise.difference)
    if not noise.is_busy:
        return (
            f"{on}Too noisy to tell: the same code under two names differed by {difference}. Differences below that "
            "mean nothing. What disturbs, paragone doctor may name; then measure again."
        )
    luck = "" if noise.difference > LARGE_DIFFERENCE else " That it was not more may be luck."
    return (
        f"{on}The machine was too busy to tell: every process waited for a CPU for {formatting.percent(noise.waited)} "
        f"of its time or more, and the same code under two names differed by {difference}.{luck} Close what else runs "
        "(paragone doctor names it), then measure again."
    )
