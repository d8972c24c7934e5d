"""Hoefler and Belli's twelve rules as this run keeps them: each in few words, with the run's own figures.

T. Hoefler and R. Belli, "Scientific Benchmarking of Parallel Computing Systems", SC'15.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from paragone.analyse.normality import scatter_of_launches
from paragone.analyse.summary import CONFIDENCE
from paragone.report.text import formatting, tables

if TYPE_CHECKING:
    from paragone.store.run_folder import Run

GAPS = "Failed, skipped, not measured, not checked"  # the section of that name
INTRODUCTION = "By T. Hoefler and R. Belli, SC'15; how each is kept in general stands in METHODOLOGY.md."


def section(run: Run, frame: pd.DataFrame) -> str:
    """Return the table of the rules: number, rule, how it is kept here."""
    kept = [
        ("name the base case, and its absolute speed", _base_case(frame)),
        ("give the reason for every subset", _subset(run, frame)),
        ("arithmetic means for costs only, harmonic for rates", _means()),
        ("no averaged ratios", "A ratio belongs to one cell; none is averaged over cells or batch sizes."),
        ("say what is nondeterministic, with intervals", _deterministic(run)),
        ("no normality without a check", _normality(run)),
        ("compare soundly", _comparison(frame)),
        ("which percentile, and why", _percentile(frame)),
        ("document all factors and their levels", _factors(run)),
        ("say what is in the clock, and how it is summarised", _clock(run)),
        ("show upper bounds", _bound(frame)),
        ("lines only where between two points there is something", _lines(frame)),
    ]
    lines = [[str(number), rule, said] for number, (rule, said) in enumerate(kept, start=1)]
    return f"{INTRODUCTION}\n\n{tables.table(['', 'rule', 'here'], lines)}"


def _base_case(frame: pd.DataFrame) -> str:
    base = frame[(frame["verdict"] == "baseline") & frame["images_per_second"].notna()]
    smallest = base["batch_size"] == base.groupby("problem")["batch_size"].transform("min")
    speeds = [
        f"{formatting.code(row.problem)} {row.dtype} at batch {formatting.batch(row.batch_size)}: "
        f"{formatting.rate(row.images_per_second)} images/s"
        for row in formatting.rows(base[smallest])
    ]
    threads = ", ".join(map(str, sorted(frame["threads"].unique())))
    said = "; ".join(speeds) or "not measured"
    return f"The baseline, with as many threads as what it is compared with ({threads}); {said}."


def _subset(run: Run, frame: pd.DataFrame) -> str:
    left_out = int((frame["status"] != "passed").sum()) + len(run.plan["broken"])
    return f"Without a full result: {left_out} of the planned cells and implementations; why: see *{GAPS}*."


def _means() -> str:
    return "Times of a cell are summarised by medians; a rate is work over time, batch size over the median step."


def _deterministic(run: Run) -> str:
    free = sorted({v["implementation"] for v in run.plan["variants"] if not v["deterministic"]})
    but = f", but for {', '.join(map(formatting.code, free))}" if free else ""
    intervals = f"hence {formatting.percent(CONFIDENCE)} intervals over launches"
    return f"Times vary, {intervals}. Results do not: the same bits every time{but}."


def _normality(run: Run) -> str:
    scatter = scatter_of_launches(run)
    if scatter is None:
        return "Too few cells or launches to check."
    found = f"{scatter.n_cells} cells: Kolmogorov–Smirnov distance from normal launches {scatter.distance:.3f}"
    chance = f"p = {scatter.p:.2g}"
    if scatter.is_normal:
        return f"{found}, {chance}: nothing speaks against Student's t."
    worth = "what intervals are worth then, `paragone selftest coverage` shows"
    return f"{found}, {chance}: they are not quite normal; {worth}."


def _comparison(frame: pd.DataFrame) -> str:
    margins = frame["margin"].dropna()
    span = (
        f", {formatting.percent(float(margins.min()))} to {formatting.percent(float(margins.max()))}"
        if len(margins)
        else ""
    )
    return f"By intervals of ratios formed within rounds, beyond the margin that A/A shows{span}."


def _percentile(frame: pd.DataFrame) -> str:
    best = (frame["images_per_second_best"] / frame["images_per_second"]).dropna()
    apart = f" (it is {formatting.percent(float(best.median()) - 1)} faster in a typical cell)" if len(best) else ""
    return (
        "The median, since training is many steps and delays only lengthen them; the best sample stands beside it in "
        f"`summary.csv`{apart}."
    )


def _factors(run: Run) -> str:
    inherited = len(run.environment.get("inherited") or [])
    return f"Plan, Data and Machine below; {formatting.plural(inherited, 'environment variable')} inherited that may count."


def _clock(run: Run) -> str:
    return (
        "One `train`: gather, forward, loss where recorded, backward, update, for all steps of a sample; "
        f"{run.plan['launches']} launches × {run.plan['rounds']} rounds, medians of medians."
    )


def _bound(frame: pd.DataFrame) -> str:
    span = _span(frame["share_of_limit"])
    if not span:
        return "The machine's limit was not measured."
    return f"The machine's limit in every figure and table of throughput; the cells attain {span} of it."


def _lines(frame: pd.DataFrame) -> str:
    sizes = formatting.plural(int(frame["batch_size"].nunique()), "size")
    return f"Along batch size ({sizes}), in learning curves along epochs; markers where something was measured."


def _span(shares: pd.Series[float]) -> str:
    """Return "1 % to 5 %" for the smallest and the largest; "" where there is none."""
    known = shares.dropna()
    return f"{formatting.percent(float(known.min()))} to {formatting.percent(float(known.max()))}" if len(known) else ""
