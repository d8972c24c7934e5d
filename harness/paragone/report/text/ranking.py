"""The answer at one point of the grid in words: the fastest, the fastest of each way of writing, the shortest."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from paragone.analyse.ranking import OF_FASTEST
from paragone.analyse.verdicts import ONE_LAUNCH, WITHIN_AA
from paragone.report.text import formatting, markdown
from paragone.report.text.rows import each_row, first_row

if TYPE_CHECKING:
    from paragone.analyse.needs import Needs
    from paragone.task.problem import Words

MOST_NAMED = 3  # variants in one place of a sentence
NOT_TOLD_APART = ("same within", "not enough data", WITHIN_AA)  # how such verdicts against the baseline begin
NOT_VERIFIED = "Nothing that was measured here could be verified, so none is called the fastest."


def fastest(cells: pd.DataFrame, spoken: Words) -> str:
    """Return the fastest, its lead over the baseline, and what cannot be told apart from it.

    `cells` are the rows of one point of `Results.ranking`, each with its `name`.
    """
    verified = cells[cells["beside_fastest"] != ""]
    if verified.empty:
        return NOT_VERIFIED
    best = first_row(verified)
    interval = formatting.rate_interval(best.work_per_second_low, best.work_per_second_high, best.work_per_second)
    speed = f"{formatting.rate_of(best.work_per_second, spoken.rate)} {interval}".strip()
    speed += "" if spoken.rate == "FLOP/s" else f" {spoken.rate}"
    at = f"At {spoken.at_size} {formatting.size(best.size)}, {best.dtype}"
    seen = "" if math.isfinite(best.work_per_second_low) else " seen"
    return f"{at}, **{markdown.code(best.name)} is the fastest{seen}**: {speed}{_lead(best)}.{_tied(best, verified)}"


def _lead(best: Any) -> str:
    if best.verdict == "baseline":
        return ", the baseline"
    if math.isnan(best.ratio_to_baseline):
        return ""
    ratio = formatting.ratio_with_interval(best.ratio_to_baseline, best.ratio_low, best.ratio_high)
    return f", {ratio} the baseline's speed"


def _tied(best: Any, verified: pd.DataFrame) -> str:
    """Return a sentence that names what cannot be told apart from the fastest; "" where all is slower."""
    names = [markdown.code(row.name) for row in each_row(verified) if row.name != best.name and not is_behind(row)]
    if not names:
        return ""
    named = names[:MOST_NAMED] + [f"{len(names) - MOST_NAMED} more"] * (len(names) > MOST_NAMED)
    return f" Not told apart from it: {formatting.listed(named)}."


def is_behind(row: Any) -> bool:
    """Return whether a verified cell is told apart from the fastest: by its verdict, or of one launch by A/A."""
    if row.beside_fastest != ONE_LAUNCH:
        return bool(row.beside_fastest == "slower")
    margin = row.margin if math.isfinite(row.margin) else 0.0
    return bool(row.of_fastest * (1 + margin) < 1)


def legend(cells: pd.DataFrame, spoken: Words) -> list[str]:
    """Return what the chart shows beside the cells: the baseline with its A/A band, and the limit."""
    sentences = []
    for base in each_row(cells[cells["verdict"] == "baseline"]):
        band = f"; the band around it is its noise (A/A), ±{formatting.percent(base.margin)}"
        sentences.append(f"The baseline is {markdown.code(base.name)}{band if math.isfinite(base.margin) else ''}.")
    if cells["verdict"].str.startswith(NOT_TOLD_APART).any():
        sentences.append("≈: not told apart from the baseline.")
    limited = cells[cells["limit_work_per_second"].notna()]
    if len(limited):
        best = first_row(limited)
        limit, share = (
            formatting.rate_of(best.limit_work_per_second, spoken.rate),
            formatting.percent(best.share_of_limit),
        )
        sentences.append(
            f"The line is this machine's limit, {limit}; {markdown.code(best.name)} attains {share} of it."
        )
    return sentences


def ratio_to_baseline(row: Any) -> str:
    """Return "2.57×", "≈ 1.03×" where the two are not told apart, "baseline", or why there is no ratio."""
    if row.verdict == "baseline":
        return "baseline"
    if row.status == "not checked":
        return "not verified"
    within = "≈ " * row.verdict.startswith(NOT_TOLD_APART)
    return f"{within}{formatting.ratio(row.ratio_to_baseline)}" if math.isfinite(row.ratio_to_baseline) else ""


def ways(cells: pd.DataFrame) -> list[str]:
    """Return a sentence for each way of writing: without a compiler, with NumPy alone, and in each language.

    Ways with the same fastest variant share a sentence.
    """
    verified = cells[cells["beside_fastest"] != ""]
    groups = [
        ("without a compiler", verified[~verified["needs_compiler"]]),
        ("with NumPy alone", verified[~verified["needs_more"]]),
        *((f"in {markdown.escaped(name)}", own) for name, own in verified.groupby("language", sort=False)),
    ]
    words_by_best: dict[Any, list[str]] = {}
    for words, own in groups:
        if len(own):
            words_by_best.setdefault(own.index[0], []).append(words)
    return [
        f"{formatting.capitalised(formatting.listed(words))}: {_of_fastest(first_row(verified.loc[[best]]))}."
        for best, words in words_by_best.items()
    ]


def _of_fastest(best: Any) -> str:
    name = markdown.code(best.name)
    if best.beside_fastest == "fastest":
        return f"{name}, the fastest of all"
    speed = formatting.ratio_with_interval(*(getattr(best, column) for column in OF_FASTEST))
    return f"{name}, {speed} of the fastest{'' if is_behind(best) else ', not told apart from it'}"


def what_it_needs(needs: Needs | None) -> str:
    """Return "gcc 12.2.0", "torch (0.79 GB)", "nothing more" beside Python and NumPy; "" where it is not known."""
    if needs is None:
        return ""
    packages = ", ".join(needs.packages)
    size = f" ({formatting.n_bytes(needs.n_bytes)})" if packages and math.isfinite(needs.n_bytes) else ""
    return " + ".join(filter(None, [needs.tool, f"{packages}{size}"])) or "nothing more"


def needs_front(cells: pd.DataFrame) -> str:
    """Return a sentence that names the Pareto front of speed and needs, the slowest first; "" without any."""
    on_front = cells[cells["on_needs_front"]].sort_values("work_per_second", kind="stable")
    named = [
        f"{markdown.code(row.name)} ({markdown.escaped(what_it_needs(row.needs))}, {formatting.ratio(row.of_fastest)})"
        for row in each_row(on_front)
    ]
    return (
        f"No other is faster and needs as little beside Python and NumPy: {formatting.listed(named)}." if named else ""
    )


def front(cells: pd.DataFrame) -> str:
    """Return a sentence that names the Pareto front of speed and lines of maths, the shortest first; "" without any."""
    on_front = cells[cells["on_front"]].sort_values("maths_lines", kind="stable")
    named = [
        f"{markdown.code(row.name)} ({formatting.plural(row.maths_lines, 'line')}, {formatting.ratio(row.of_fastest)})"
        for row in each_row(on_front)
    ]
    return f"No other is faster with as few lines of maths: {formatting.listed(named)}." if named else ""
