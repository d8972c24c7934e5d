"""The noise of a run of one launch: by how much the baseline differs from itself, and how long processes waited."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from paragone.analyse.results import Results

# Beyond these the machine was too busy: most differences that one asks about are smaller.
LARGE_DIFFERENCE = 0.10
LARGE_WAIT = 0.10


@dataclass(frozen=True)
class Noise:
    """The noise of one problem and number of threads, in one launch.

    `difference` is the largest by which A/A lies off 1 in either direction, 0.53 for 1.53× or 1/1.53; it was seen at
    `dtype` and `size`. `waited` is the share of the problem's timed samples for which the processes had no CPU, of the
    variant that waited least; NaN where that is not known.
    """

    difference: float
    dtype: str
    size: int
    threads: int
    waited: float

    @property
    def is_busy(self) -> bool:
        """True where every process had to wait for a CPU."""
        return self.waited > LARGE_WAIT

    @property
    def is_too_large(self) -> bool:
        return self.is_busy or self.difference > LARGE_DIFFERENCE


def noises_of_one_launch(results: Results, problem: str) -> list[Noise]:
    """The noise of a problem at each number of threads with an A/A, the fewest first."""
    frame = results.summary
    controls = frame[frame["control"] & (frame["problem"] == problem)].dropna(subset=["ratio_to_baseline"])
    waited = least_wait(results.samples[results.samples["problem"] == problem])
    return [_noise(cells, waited) for _, cells in controls.groupby("threads")]


def _noise(controls: pd.DataFrame, waited: float) -> Noise:
    reach = controls["ratio_to_baseline"].map(math.log).abs()
    worst = controls.iloc[int(reach.argmax())]
    return Noise(
        difference=math.expm1(reach.max()),
        dtype=str(worst["dtype"]),
        size=int(worst["size"]),
        threads=int(worst["threads"]),
        waited=waited,
    )


def least_wait(samples: pd.DataFrame) -> float:
    """The share of its samples' time for which a process had no CPU, of the variant that waited least.

    Where nothing else runs, it is about 0: a process of one thread that computes has a CPU all the time. One that
    computes elsewhere, as on a GPU, may wait by nature; so the least counts. Left out are samples of several threads,
    and those without any CPU time, which is then not known.
    """
    alone = samples[(samples["threads"] == 1) & (samples["cpu_ns"] > 0)]
    if alone.empty:
        return math.nan
    times = alone.groupby("variant")[["cpu_ns", "elapsed_ns"]].sum().astype(float)
    return float((1 - times["cpu_ns"] / times["elapsed_ns"]).clip(lower=0).min())
