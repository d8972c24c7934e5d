"""Times to ratios and verdicts, by the functions that a run's are made with: a launch here is a launch there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from paragone.analyse.intervals import intervals
from paragone.analyse.ratios import Rounds, launch_ratios, speeds_over_launches
from paragone.analyse.statuses import CELL
from paragone.analyse.verdicts import (
    ONE_LAUNCH,
    WITHIN_AA,
    control_words,
    margins,
    margins_of_one_launch,
    verdict_words,
)
from paragone.calls.at_size import AtSize
from paragone.calls.launch import Task, Times
from paragone.implementation.variant import CONTROL
from paragone.store.plan_records import FEWEST_LAUNCHES

MOST_WAITED = 0.02  # of a part: beyond this, its time is that of other programs
COLUMNS = (
    *("name", "size", "status", "seconds", "seconds_low", "seconds_high"),
    *("speed", "speed_low", "speed_high", "margin", "verdict", "reason"),
)


def samples_of(task: Task, launches: Sequence[Times]) -> pd.DataFrame:
    """A row for each part: the seconds of a call of `variant` at `size` in this launch and round."""
    rows = [
        (name, point.size, launch, round_, seconds, waited)
        for launch, times in enumerate(launches)
        for point, at_point in zip(task.points, times, strict=True)
        for name, parts in at_point.items()
        for round_, (seconds, waited) in enumerate(parts)
    ]
    samples = pd.DataFrame(rows, columns=["variant", "size", "launch", "round", "step_seconds", "waited"])
    return samples.assign(problem="calls", threads=1, wave=0, attempt=0)


def is_undisturbed(samples: pd.DataFrame) -> pd.Series[bool]:
    """The parts that had their CPU, as the scheduler tells it. No part is chosen by the time that came of it."""
    return samples["waited"] <= MOST_WAITED


def estimates(task: Task, launches: Sequence[Times]) -> pd.DataFrame:
    """A row for each contender at each size, the control too: the columns of COLUMNS and `control`.

    `seconds` is the median over launches of the median within one; `speed` is that of the first callable's time over
    the contender's, formed within rounds; intervals are Student's t over launches. Above 1 is faster.
    Parts that waited for a CPU do not count.
    """
    everything = samples_of(task, launches)
    fewest = everything.groupby("launch")["round"].nunique().min()
    samples = everything[is_undisturbed(everything)]
    n_launches = samples["launch"].nunique()
    if _lacks_a_ratio(samples, task):
        samples, n_launches = everything, min(len(launches), FEWEST_LAUNCHES - 1)  # too busy for any interval
    cells = samples[CELL].drop_duplicates().assign(status="passed", rounds=fewest)
    frame = cells.merge(_seconds(samples), on=CELL).merge(_speeds(samples, cells, task), on=CELL, how="left")
    frame = frame.assign(control=frame["variant"].str.endswith(CONTROL), dtype="")
    return _with_verdicts(frame, n_launches).rename(columns={"variant": "name"}).assign(reason="")


def _lacks_a_ratio(samples: pd.DataFrame, task: Task) -> bool:
    """Whether a contender has no round together with the first at its size."""
    parts = samples.groupby(["size", "variant"])[["launch", "round"]]
    rounds = {cell: set(of_cell.itertuples(index=False, name=None)) for cell, of_cell in parts}
    return any(
        rounds.get((point.size, first.name), set()).isdisjoint(rounds.get((point.size, other.name), set()))
        for point in task.points
        for first, *others in [point.contenders]
        for other in others
    )


def of_first_calls(looked_at: Iterable[AtSize]) -> pd.DataFrame:
    """The same columns of what was called once: a time, a speed, and no interval."""
    rows = [
        (name, at.size, "passed", seconds, at.call_s[first] / seconds if name != first else np.nan)
        for at in looked_at
        for first in [next(iter(at.call_s), "")]
        for name, seconds in at.call_s.items()
    ]
    frame = pd.DataFrame(rows, columns=["name", "size", "status", "seconds", "speed"])
    words = np.where(frame["speed"].isna(), "", "not enough data")
    return frame.assign(verdict=words, reason="", control=False).reindex(columns=[*COLUMNS, "control"])


def _seconds(samples: pd.DataFrame) -> pd.DataFrame:
    per_launch = samples.groupby([*CELL, "launch"])["step_seconds"].median().reset_index()
    logs = per_launch.assign(log=np.log(per_launch["step_seconds"]), enters=True)
    result = intervals(logs).merge(per_launch.groupby(CELL)["step_seconds"].median().reset_index(), on=CELL)
    low, high = np.exp(result["low"]), np.exp(result["high"])
    return result[CELL].assign(seconds=result["step_seconds"], seconds_low=low, seconds_high=high)


def _speeds(samples: pd.DataFrame, cells: pd.DataFrame, task: Task) -> pd.DataFrame:
    rounds = Rounds(samples, cells)
    first = {point.size: point.contenders[0].name for point in task.points}
    others = {cell: first[cell[2]] for cell in rounds.planned if cell[1] != first[cell[2]]}
    return speeds_over_launches(launch_ratios(rounds, others))


def _with_verdicts(frame: pd.DataFrame, n_launches: int) -> pd.DataFrame:
    """The margin of each size, and the word of each row; the first callable, to which all are compared, has none."""
    frame = frame.rename(columns={"ratio": "speed", "ratio_low": "speed_low", "ratio_high": "speed_high"})
    of_run = frame.rename(columns={"speed": "ratio_to_baseline"})
    of_run = of_run.rename(columns={"speed_low": "ratio_low", "speed_high": "ratio_high"})
    margin = (margins if n_launches > 1 else margins_of_one_launch)(of_run)
    if n_launches < FEWEST_LAUNCHES:  # over few, an interval is as wide or as narrow as chance has it
        frame = frame.assign(speed_low=np.nan, speed_high=np.nan)
    words = pd.Series(
        verdict_words(frame["speed_low"], frame["speed_high"], margin, _unknown(n_launches)), index=frame.index
    )
    if n_launches == 1:
        words = words.mask(np.log(frame["speed"]).abs() <= np.log1p(margin), WITHIN_AA)
    else:
        low, high = np.log(frame["speed_low"]), np.log(frame["speed_high"])
        words = words.mask(frame["control"] & low.notna(), pd.Series(control_words(low, high), index=frame.index))
    return frame.assign(margin=margin, verdict=words.mask(frame["speed"].isna(), ""))


def _unknown(n_launches: int) -> str:
    return ONE_LAUNCH if n_launches == 1 else "not enough data"
