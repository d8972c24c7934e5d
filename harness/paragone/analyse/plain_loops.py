"""What a plain loop costs in each language: the implementations that declare it, beside the fastest of them in C."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from paragone.analyse.fastest import RATIO, beside
from paragone.analyse.ratios import UNIT, Rounds
from paragone.analyse.statuses import CELL, accepted
from paragone.analyse.verdicts import ONE_LAUNCH, POINT, WITHIN_AA, unknown_verdict

if TYPE_CHECKING:
    from paragone.store.reader import Run

LANGUAGE = "C"  # what the others are compared with
REFERENCE = "what the others are compared with"  # its verdict


def plain_loops(run: Run, summary: pd.DataFrame, rounds: Rounds, launches: pd.DataFrame) -> pd.DataFrame:
    """The cells of the summary whose implementation declares plain loops, with `ratio` … `verdict` against C.

    At each point (problem, dtype, size, threads) the fastest variant in C is the reference: its ratio is 1. Without a
    C, and for cells that are not verified, there is no ratio and the verdict is "". `maths_lines` is from the plan;
    `warmup_ratio` compares the sample after the first call with the launch's own median, as `cold_ratio` does with the
    first call. The arguments are those of `Results`.
    """
    declared = {each.variant: each.maths_lines for each in run.plan.variants if each.plain_loops and not each.control}
    cells = summary[summary["variant"].isin(declared.keys()) & ~summary["control"]].drop(columns=["verdict"])
    cells = cells.assign(maths_lines=cells["variant"].map(declared))
    compared = _beside_c(cells, rounds, run)
    cells = cells.drop(columns=["ratio_low", "ratio_high"]).merge(compared, on=CELL, how="left")
    cells["verdict"] = cells["verdict"].fillna("")
    return cells.merge(warmup_ratios(run, launches), on=CELL, how="left")


def warmup_ratios(run: Run, launches: pd.DataFrame) -> pd.DataFrame:
    """Per cell the warm-up, which follows the first call, over as many steps at the launch's own median.

    It is the median over launches of `warmup_ratio`.
    """
    samples = accepted(run.samples[run.samples["kind"] == "warmup"], run)
    found = samples.merge(launches[[*CELL, *UNIT, "step_seconds"]], on=[*CELL, *UNIT])
    per_step = found["elapsed_ns"].astype(float) / 1e9 / found["n_steps"].astype(float)
    ratios = found[CELL].assign(warmup_ratio=per_step / found["step_seconds"])
    return ratios.groupby(CELL)["warmup_ratio"].median().reset_index()


def _beside_c(cells: pd.DataFrame, rounds: Rounds, run: Run) -> pd.DataFrame:
    """The verified cells of points with a C, with ratio, interval and verdict against the fastest C there."""
    verified = cells[(cells["status"] == "passed") & cells["work_per_second"].notna()]
    points = [point for _, point in verified.groupby(POINT, sort=False) if (point["language"] == LANGUAGE).any()]
    if not points:
        return pd.DataFrame(columns=[*CELL, *RATIO, "verdict"])
    references = [_fastest_c(point) for point in points]
    found = beside(pd.concat(points), references, points, rounds, unknown_verdict(run))
    margin = found[["margin", "margin_of_other"]].max(axis=1)
    is_within = found["ratio"].map(math.log).abs() <= margin.map(math.log1p)
    found.loc[is_within & (found["verdict"] == ONE_LAUNCH), "verdict"] = WITHIN_AA
    found.loc[found["variant"] == found["other"], "verdict"] = REFERENCE
    return found[[*CELL, *RATIO, "verdict"]]


def _fastest_c(point: pd.DataFrame) -> str:
    in_c = point[point["language"] == LANGUAGE]
    return str(in_c["variant"].iloc[int(in_c["work_per_second"].to_numpy().argmax())])
