"""How often the 95 % interval of a ratio holds the true ratio: on made-up samples, of which the truth is known.

The samples are made as a machine makes them, the intervals by the very functions that a run's report uses.
Times are in logs: log t = log(true time) + launch + machine at that moment + the sample's own noise.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from paragone.analyse.summary import CONFIDENCE, relative_speeds

Logs = NDArray[np.float64]
Noise = Callable[[np.random.Generator, tuple[int, ...]], Logs]

N_LAUNCHES = (3, 5, 10, 20)
N_ROUNDS = 10
N_POSITIONS = 40  # the samples of a round, of which the two compared are two
TRUE_RATIO = 1.07
GOAL = (0.93, 0.97)


@dataclass(frozen=True)
class World:
    """A kind of machine: in words, and its three noises, each a function of random numbers and a shape.

    `launch` gives one value per pair, variant and launch; `machine` one per pair, launch and moment, the moments of a
    launch along the last axis; `sample` one per pair, variant, launch and round.
    """

    name: str
    about: str
    launch: Noise
    machine: Noise
    sample: Noise


@dataclass(frozen=True)
class Coverage:
    """What one world and number of launches gave: the share of intervals that hold the truth, and its own interval."""

    world: str
    n_launches: int
    n_intervals: int
    share: float
    low: float
    high: float

    @property
    def is_kept(self) -> bool:
        """Return whether the share lies within the goal."""
        return GOAL[0] <= self.share <= GOAL[1]

    @property
    def is_wide(self) -> bool:
        """Return whether the intervals hold the truth more often than they say: differences hide, none is made up."""
        return self.share > GOAL[1]


def normal(deviation: float) -> Noise:
    """Return noise ~ N(0, deviation²)."""
    return lambda random, shape: deviation * random.standard_normal(shape)


def heavy(deviation: float, freedom: float) -> Noise:
    """Return noise ~ deviation · Student's t: rare values far out."""
    return lambda random, shape: deviation * random.standard_t(freedom, shape)


def late(median: float) -> Noise:
    """Return noise ≥ 0, log-normal with this median: what happens to a sample makes it slower, never faster."""
    return lambda random, shape: median * np.exp(random.standard_normal(shape))


def unlucky(random: np.random.Generator, shape: tuple[int, ...]) -> Logs:
    """Return launches of two kinds: one in eight is 10 % slower, as where memory was laid out badly."""
    return 0.01 * random.standard_normal(shape) + math.log(1.1) * (random.random(shape) < 0.125)


def calm(random: np.random.Generator, shape: tuple[int, ...]) -> Logs:
    """Return a machine that is the same at every moment."""
    return np.zeros(shape)


def drifting(random: np.random.Generator, shape: tuple[int, ...]) -> Logs:
    """Return a random walk with a trend: 0.4 % a round, and up to ±20 % from the first moment to the last."""
    walk = np.cumsum(0.004 / math.sqrt(N_POSITIONS) * random.standard_normal(shape), axis=-1)
    slope = random.uniform(-0.2, 0.2, (*shape[:-1], 1))
    return walk + slope * np.linspace(0, 1, shape[-1])


def bursting(random: np.random.Generator, shape: tuple[int, ...]) -> Logs:
    """Return bursts: a fifth of the time 30 % slower, each for half a round on average, lag-1 correlation 0.94."""
    leave, busy_share = 2 / N_POSITIONS, 0.2
    enter = leave * busy_share / (1 - busy_share)
    busy = random.random(shape[:-1]) < busy_share
    moments = np.empty(shape)
    for moment in range(shape[-1]):
        chance = random.random(shape[:-1])
        busy = np.where(busy, chance >= leave, chance < enter)
        moments[..., moment] = busy
    return math.log(1.3) * moments


WORLDS = (
    World("quiet", "launches differ by 1 %, samples by 1.5 %", normal(0.01), calm, normal(0.015)),
    World("launches", "launches differ by 5 %, samples by 1.5 %", normal(0.05), calm, normal(0.015)),
    World("drift", "the machine gets slower or faster by up to 20 %", normal(0.02), drifting, normal(0.015)),
    World("bursts", "a neighbour takes 30 % for a fifth of the time", normal(0.02), bursting, normal(0.015)),
    World("heavy tails", "launches and samples with rare values far out", heavy(0.02, 4), calm, heavy(0.015, 2)),
    World("late samples", "delays that only lengthen: log-normal, median 2 %", normal(0.02), calm, late(0.02)),
    World("unlucky launches", "one launch in eight is 10 % slower", unlucky, calm, normal(0.015)),
    World("all at once", "drift, bursts and heavy tails together", heavy(0.02, 4),
          lambda random, shape: drifting(random, shape) + bursting(random, shape), heavy(0.015, 2)),
)  # fmt: skip


def coverage(world: World, n_launches: int, n_pairs: int, seed: int) -> Coverage:
    """Return how many of `n_pairs` intervals hold the true ratio, each of a run of its own with that many launches."""
    random = np.random.Generator(np.random.PCG64([seed, n_launches, WORLDS.index(world)]))
    seconds = sampled_seconds(world, n_launches, n_pairs, random)
    speeds = relative_speeds(*as_tables(seconds), others={"a": "b"})
    speeds = speeds[speeds["variant"] == "a"]
    held = int(((speeds["ratio_low"] <= TRUE_RATIO) & (speeds["ratio_high"] >= TRUE_RATIO)).sum())
    low, high = stats.binomtest(held, n_pairs).proportion_ci(CONFIDENCE)
    return Coverage(world.name, n_launches, n_pairs, held / n_pairs, float(low), float(high))


def sampled_seconds(world: World, n_launches: int, n_pairs: int, random: np.random.Generator) -> Logs:
    """Return the seconds of a step: (pair, variant a or b, launch, round); b takes TRUE_RATIO times as long as a.

    In every round the two are sampled at two of its moments, drawn anew.
    """
    shape = (n_pairs, n_launches, N_ROUNDS)
    machine = world.machine(random, (n_pairs, n_launches, N_ROUNDS * N_POSITIONS)).reshape(*shape, N_POSITIONS)
    first = random.integers(N_POSITIONS, size=shape)
    second = (first + random.integers(1, N_POSITIONS, size=shape)) % N_POSITIONS
    moments = np.take_along_axis(machine, np.stack([first, second], axis=-1), axis=-1)
    logs = np.moveaxis(moments, -1, 1)
    logs = logs + world.launch(random, (n_pairs, 2, n_launches, 1))
    logs = logs + world.sample(random, (n_pairs, 2, n_launches, N_ROUNDS))
    return np.exp(logs + np.log([1.0, TRUE_RATIO])[:, None, None])


def as_tables(seconds: Logs) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the samples and the cells of a run that measured them; a pair is a batch size of its own."""
    n_pairs, _, n_launches, n_rounds = seconds.shape
    index = pd.MultiIndex.from_product(
        [range(n_pairs), ["a", "b"], range(n_launches), range(n_rounds)],
        names=["batch_size", "variant", "launch", "round"],
    )
    samples = pd.DataFrame({"step_seconds": seconds.ravel()}, index=index).reset_index()
    samples = samples.assign(problem="made up", threads=1, wave=0, attempt=0)
    cells = samples[["problem", "variant", "batch_size", "threads"]].drop_duplicates()
    return samples, cells.assign(status="passed", rounds=n_rounds)
