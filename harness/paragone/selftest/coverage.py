"""How often the 95 % interval of a ratio holds the true ratio, on simulated samples.

The intervals are formed by the functions that a run's report uses. The simulated logs of a step's time are

    log t = log(true time) + noise of the host + noise of the launch + state of the machine at that moment
            + noise of the sample
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from paragone.analyse.intervals import CONFIDENCE
from paragone.analyse.ratios import relative_speeds

Logs = NDArray[np.float64]
Noise = Callable[[np.random.Generator, tuple[int, ...]], Logs]

N_LAUNCHES = (3, 5, 10, 20)
N_ROUNDS = 10
N_MOMENTS = 40  # samples in a round; the two that are compared are two of them
N_HOSTS = 4  # of a noise model with hosts; launches are handed to them by turns
TRUE_RATIO = 1.07
GOAL = (0.93, 0.97)


@dataclass(frozen=True)
class NoiseModel:
    """A kind of machine: the noise of launches, of the machine's state and of samples, drawn for a shape.

    Shapes: `host` (pair, variant, host, 1), None where all is of one host; `launch` (pair, variant, launch, 1),
    `machine` (pair, launch, moment), `sample` (pair, variant, launch, round).
    """

    name: str
    about: str
    launch: Noise
    machine: Noise
    sample: Noise
    host: Noise | None = None


@dataclass(frozen=True)
class Coverage:
    """The share of intervals that hold the truth, with the 95 % interval of that share."""

    noise_model: str
    n_launches: int
    n_intervals: int
    share: float
    low: float
    high: float

    @property
    def is_kept(self) -> bool:
        return GOAL[0] <= self.share <= GOAL[1]

    @property
    def is_wide(self) -> bool:
        """Intervals wider than needed hide differences, but invent none."""
        return self.share > GOAL[1]


def normal(deviation: float) -> Noise:
    """Noise ~ N(0, deviation²)."""
    return lambda random, shape: deviation * random.standard_normal(shape)


def student_t(deviation: float, freedom: float) -> Noise:
    """Noise ~ deviation · Student's t: heavy tails."""
    return lambda random, shape: deviation * random.standard_t(freedom, shape)


def delays(median: float) -> Noise:
    """Log-normal noise, above 0: interrupts and preemption make a sample slower, never faster."""
    return lambda random, shape: median * np.exp(random.standard_normal(shape))


def two_kinds(random: np.random.Generator, shape: tuple[int, ...]) -> Logs:
    """One launch in eight is 10 % slower: an unlucky memory layout."""
    return 0.01 * random.standard_normal(shape) + math.log(1.1) * (random.random(shape) < 0.125)


def constant(random: np.random.Generator, shape: tuple[int, ...]) -> Logs:
    return np.zeros(shape)


def drift(random: np.random.Generator, shape: tuple[int, ...]) -> Logs:
    """Random walk of 0.4 % a round, plus a trend of up to ±20 % from the first moment to the last."""
    walk = np.cumsum(0.004 / math.sqrt(N_MOMENTS) * random.standard_normal(shape), axis=-1)
    slope = random.uniform(-0.2, 0.2, (*shape[:-1], 1))
    return walk + slope * np.linspace(0, 1, shape[-1])


def bursts(random: np.random.Generator, shape: tuple[int, ...]) -> Logs:
    """Markov chain: 30 % slower for a fifth of the time, half a round a burst; lag-1 correlation 0.94."""
    leave, busy_share = 2 / N_MOMENTS, 0.2
    enter = leave * busy_share / (1 - busy_share)
    busy = random.random(shape[:-1]) < busy_share
    moments = np.empty(shape)
    for moment in range(shape[-1]):
        chance = random.random(shape[:-1])
        busy = np.where(busy, chance >= leave, chance < enter)
        moments[..., moment] = busy
    return math.log(1.3) * moments


def drift_and_bursts(random: np.random.Generator, shape: tuple[int, ...]) -> Logs:
    return drift(random, shape) + bursts(random, shape)


SAMPLE = normal(0.015)
LAUNCH = normal(0.01)
HEAVY_LAUNCH, HEAVY_SAMPLE = student_t(0.02, 4), student_t(0.015, 2)
NOISE_MODELS = (
    NoiseModel("quiet", "launches differ by 1 %, samples by 1.5 %", normal(0.01), constant, SAMPLE),
    NoiseModel("launches", "launches differ by 5 %, samples by 1.5 %", normal(0.05), constant, SAMPLE),
    NoiseModel("drift", "the machine gets slower or faster by up to 20 %", normal(0.02), drift, SAMPLE),
    NoiseModel("bursts", "a neighbour takes 30 % for a fifth of the time", normal(0.02), bursts, SAMPLE),
    NoiseModel("heavy tails", "launches and samples with rare values far out", HEAVY_LAUNCH, constant, HEAVY_SAMPLE),
    NoiseModel(
        "late samples", "log-normal delays, median 2 %: they only lengthen", normal(0.02), constant, delays(0.02)
    ),
    NoiseModel("unlucky launches", "one launch in eight is 10 % slower", two_kinds, constant, SAMPLE),
    NoiseModel("all at once", "drift, bursts and heavy tails together", HEAVY_LAUNCH, drift_and_bursts, HEAVY_SAMPLE),
    NoiseModel("alike hosts", "4 hosts that differ by nothing, launches by 1 %", LAUNCH, constant, SAMPLE, constant),
    NoiseModel("hosts", "4 hosts that differ by 2 %, launches by 1 %", LAUNCH, constant, SAMPLE, normal(0.02)),
)


def coverage(model: NoiseModel, n_launches: int, n_pairs: int, seed: int) -> Coverage:
    """Form the intervals of `n_pairs` simulated runs with that many launches; count those that hold the true ratio."""
    random = np.random.Generator(np.random.PCG64([seed, n_launches, NOISE_MODELS.index(model)]))
    seconds = simulated_seconds(model, n_launches, n_pairs, random)
    n_hosts = N_HOSTS if model.host else 1
    speeds = relative_speeds(*as_tables(seconds, n_hosts), others={"a": "b"})
    speeds = speeds[speeds["variant"] == "a"]
    held = int(((speeds["ratio_low"] <= TRUE_RATIO) & (speeds["ratio_high"] >= TRUE_RATIO)).sum())
    low, high = stats.binomtest(held, n_pairs).proportion_ci(CONFIDENCE)
    return Coverage(model.name, n_launches, n_pairs, held / n_pairs, float(low), float(high))


def simulated_seconds(model: NoiseModel, n_launches: int, n_pairs: int, random: np.random.Generator) -> Logs:
    """Seconds of a step, (pair, variant a or b, launch, round); b takes TRUE_RATIO times as long as a.

    In every round a and b are sampled at two random moments: rounds run in random order.
    """
    shape = (n_pairs, n_launches, N_ROUNDS)
    machine = model.machine(random, (n_pairs, n_launches, N_ROUNDS * N_MOMENTS)).reshape(*shape, N_MOMENTS)
    first = random.integers(N_MOMENTS, size=shape)
    second = (first + random.integers(1, N_MOMENTS, size=shape)) % N_MOMENTS
    moments = np.take_along_axis(machine, np.stack([first, second], axis=-1), axis=-1)
    logs = np.moveaxis(moments, -1, 1)
    if model.host is not None:
        logs = logs + model.host(random, (n_pairs, 2, N_HOSTS, 1))[:, :, np.arange(n_launches) % N_HOSTS]
    logs = logs + model.launch(random, (n_pairs, 2, n_launches, 1))
    logs = logs + model.sample(random, (n_pairs, 2, n_launches, N_ROUNDS))
    return np.exp(logs + np.log([1.0, TRUE_RATIO])[:, None, None])


def as_tables(seconds: Logs, n_hosts: int = 1) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The tables of samples and cells of a run with these samples; each pair gets a batch size of its own."""
    n_pairs, _, n_launches, n_rounds = seconds.shape
    index = pd.MultiIndex.from_product(
        [range(n_pairs), ["a", "b"], range(n_launches), range(n_rounds)],
        names=["size", "variant", "launch", "round"],
    )
    samples = pd.DataFrame({"step_seconds": seconds.ravel()}, index=index).reset_index()
    samples = samples.assign(problem="made up", threads=1, wave=0, attempt=0)
    if n_hosts > 1:
        samples["host"] = (samples["launch"] % n_hosts).astype(str)
    cells = samples[["problem", "variant", "size", "threads"]].drop_duplicates()
    return samples, cells.assign(status="passed", rounds=n_rounds)
