"""How often `paragone history` calls a change that is not there, and finds one that is: by simulation.

    python benchmarks/history_alarms.py                 200 series of 50 runs for each kind of machine: three minutes
    python benchmarks/history_alarms.py --series 20     a first look

A run is drawn as `paragone selftest coverage` draws it: five launches of ten rounds, in which a cell, the baseline and
its A/A control are sampled at random moments, with the noise of eight kinds of machine. Beside that each run moves the
cell by 1 % of its own, which no launch of it shows. Ratios, intervals and margins are formed by the functions that a
report uses. The tables are those of docs/history.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np
import pandas as pd

from paragone.analyse.ratios import relative_speeds
from paragone.analyse.verdicts import margins
from paragone.comparison.change_points import Series, change_points
from paragone.selftest.coverage import N_MOMENTS, N_ROUNDS, NOISE_MODELS, Logs, NoiseModel

N_SERIES, N_RUNS, N_LAUNCHES = 200, 50, 5
OF_A_RUN = 0.01  # standard deviation, in logs, of what a run does to a cell
CELL, CONTROL, BASELINE = "cell", "control", "baseline"
VARIANTS = (CELL, CONTROL, BASELINE)
NEAR = 2  # a change counts as found where it is called at most so many runs away
STEPS = (0.05, 0.1)
SHORT, OF_SHORT = (4, 6, 10, 20), ("quiet", "heavy tails")  # runs; machines


def simulated(model: NoiseModel, n_series: int, n_runs: int, seed: int) -> list[Series]:
    """Series of runs without a change."""
    random = np.random.Generator(np.random.PCG64([seed, NOISE_MODELS.index(model), n_runs]))
    return [series_of(simulated_logs(model, n_runs, random)) for _ in range(n_series)]


def simulated_logs(model: NoiseModel, n_runs: int, random: np.random.Generator) -> Logs:
    """The logs of a step's seconds, (run, variant, launch, round), of variants that take equally long."""
    shape = (n_runs, N_LAUNCHES, N_ROUNDS)
    machine = model.machine(random, (n_runs, N_LAUNCHES, N_ROUNDS * N_MOMENTS)).reshape(*shape, N_MOMENTS)
    moments = random.random((*shape, N_MOMENTS)).argsort(axis=-1)[..., : len(VARIANTS)]
    logs = np.moveaxis(np.take_along_axis(machine, moments, axis=-1), -1, 1)
    logs = logs + model.launch(random, (n_runs, len(VARIANTS), N_LAUNCHES, 1))
    logs = logs + model.sample(random, (n_runs, len(VARIANTS), N_LAUNCHES, N_ROUNDS))
    logs[:, 0] += OF_A_RUN * random.standard_normal((n_runs, 1, 1))
    return logs


def series_of(logs: Logs) -> Series:
    """What the reports of these runs would say of the cell; a run has a size of its own in their tables."""
    n_runs, _, n_launches, n_rounds = logs.shape
    names = ["size", "variant", "launch", "round"]
    index = pd.MultiIndex.from_product([range(n_runs), VARIANTS, range(n_launches), range(n_rounds)], names=names)
    samples = pd.DataFrame({"step_seconds": np.exp(logs).ravel()}, index=index).reset_index()
    samples = samples.assign(problem="made up", threads=1, wave=0, attempt=0)
    cells = (
        samples[["problem", "variant", "size", "threads"]].drop_duplicates().assign(status="passed", rounds=n_rounds)
    )
    speeds = relative_speeds(samples, cells, others={CELL: BASELINE, CONTROL: BASELINE})
    speeds = speeds.assign(control=speeds["variant"] == CONTROL, dtype="float64")
    speeds["margin"] = margins(speeds)
    found = speeds[~speeds["control"]].sort_values("size")
    low, high = np.log(found["ratio_low"].to_numpy()), np.log(found["ratio_high"].to_numpy())
    return Series(np.log(found["ratio"].to_numpy()), (high - low) / 2, np.log1p(found["margin"].to_numpy()))


def with_step(series: Series, at: int, step: float) -> Series:
    """The series with a cell that is slower by `step` from that run on."""
    slower = np.where(np.arange(len(series.logs)) >= at, -np.log1p(step), 0.0)
    return Series(series.logs + slower, series.reaches, series.margins)


def alarms(found: Sequence[Series]) -> int:
    """The series in which a change is called faster or slower."""
    return sum(any(change.is_beyond_noise for change in change_points(series)) for series in found)


def small_alarms(found: Sequence[Series]) -> int:
    """The series with a change of any kind, those that are not beyond A/A among them."""
    return sum(bool(change_points(series)) for series in found)


def detections(found: Sequence[Series], at: int, step: float) -> int:
    """The series in which this step is called slower, near its place."""
    called = (change_points(with_step(series, at, step)) for series in found)
    return sum(
        any(change.is_beyond_noise and change.step < 0 and abs(change.at - at) <= NEAR for change in changes)
        for changes in called
    )


def small_detections(found: Sequence[Series], at: int, step: float) -> int:
    """The series in which this step is seen near its place, whether it is beyond A/A or not."""
    called = (change_points(with_step(series, at, step)) for series in found)
    return sum(any(change.step < 0 and abs(change.at - at) <= NEAR for change in changes) for changes in called)


def short(found: Sequence[Series], n_runs: int) -> list[Series]:
    """The first runs of each series."""
    return [Series(each.logs[:n_runs], each.reaches[:n_runs], each.margins[:n_runs]) for each in found]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=int, default=N_SERIES)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    print("| machine | A/A | false, beyond A/A | false, any | 5 % slower | seen | 10 % slower | seen |")
    lines = []
    for model in (each for each in NOISE_MODELS if each.host is None):  # a history is of one host
        found = simulated(model, given.series, N_RUNS, given.seed)
        middle = N_RUNS // 2
        shares = [alarms(found), small_alarms(found)]
        shares += [count(found, middle, step) for step in STEPS for count in (detections, small_detections)]
        margin = np.expm1(np.median([np.median(series.margins) for series in found]))
        print(f"| {model.name} | {100 * margin:.1f} % | {' | '.join(map(str, shares))} |", flush=True)
        if model.name in OF_SHORT:
            lines += [short_line(model.name, found, n_runs) for n_runs in SHORT]
    print(f"\nOf {given.series} series each. Short histories, the change in the middle:")
    print("| machine | runs | false, any | 5 % | 10 % | 20 % |", *lines, sep="\n")


def short_line(name: str, found: Sequence[Series], n_runs: int) -> str:
    few = short(found, n_runs)
    shares = [small_alarms(few), *(detections(few, n_runs // 2, step) for step in (*STEPS, 0.2))]
    return f"| {name} | {n_runs} | {' | '.join(map(str, shares))} |"


if __name__ == "__main__":
    main()
