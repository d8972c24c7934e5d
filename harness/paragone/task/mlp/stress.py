"""The stress problem of a problem: the same network and loss, with every term of the update large enough to be missed.

A problem without momentum cannot show that momentum is wrong, and one whose η decays by a millionth
cannot show that the decay is. So each implementation is checked on a stress problem as well: its coefficients
are all at work and differ from any that ships, and its start state makes each of them count.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from paragone.task.mlp.problem import Problem, rounded_to_float32
from paragone.task.mlp.state import State

SUFFIX = " (stress problem)"

MOMENTUM = 0.7
DECAY = 0.1

# "mean": 20 steps shrink the weights by about a third, and the gradient moves them about as much.
MEAN_RATE, MEAN_L1, MEAN_L2 = 0.5, 0.001, 0.05

# "sum": gradients grow with the batch size and penalties do not. η is 1/B of 0.5 so that large batches stay
# tame, and at small ones no more than SUM_RATE, so that the penalties do; they are as large as that permits.
SUM_RATE, SUM_L1, SUM_L2 = 0.005, 0.08, 4.0

# The start, in units of the standard deviation of each layer's weights.
SIGN_MARGIN = 0.5  # weights keep off 0, where λ₁·sign(W) would make an honest rounding error jump
PREVIOUS_UPDATE = 0.01
BIAS_SIZE = 0.5  # absolute: large enough that a penalty on biases shows


MAX_STEPS = 20
MAX_IMAGES = 40_000


def check_steps(batch_size: int) -> int:
    """Return how many steps are compared: at most 20 and at most 40,000 images, at least one step."""
    return max(1, min(MAX_STEPS, MAX_IMAGES // batch_size))


def is_stress_problem(problem: Problem) -> bool:
    """Return whether this is the stress problem of some problem."""
    return problem.name.endswith(SUFFIX)


def stress_problem(problem: Problem) -> Problem:
    """Return the problem with other coefficients and its losses recorded; network, loss, reduction, data stay."""
    if is_stress_problem(problem):
        return problem
    rates: tuple[tuple[int, float], ...] = ((1, MEAN_RATE),)
    l1, l2 = MEAN_L1, MEAN_L2
    if problem.reduction == "sum":
        powers_of_two = [2**k for k in range(problem.n_train.bit_length())]
        rates = tuple((size, min(SUM_RATE, MEAN_RATE / size)) for size in powers_of_two)
        l1, l2 = SUM_L1, SUM_L2
    return replace(
        problem,
        name=problem.name + SUFFIX,
        learning_rate=rates,
        learning_rate_decay=DECAY,
        momentum=MOMENTUM,
        l1=l1,
        l2=l2,
        records_loss=True,
    )


def stress_state(problem: Problem, seed: int, batch_size: int) -> State:
    """Return a state in the middle of a training: biases and previous updates at work, a late epoch.

    The step count stands before the end of epoch 1, half of the checked steps before it where epochs
    are that long, so that the learning rate has decayed and decays again. All values are float32's.
    """
    random = np.random.Generator(np.random.PCG64([seed, len(problem.layers)]))

    def drawn(scale: float, shape: tuple[int, ...]) -> NDArray[np.float64]:
        return rounded_to_float32(scale * random.standard_normal(shape))

    start = problem.start_state(seed)
    sizes = [float(weights.std()) for weights in start.W]
    layers = list(zip(start.W, sizes, strict=True))
    return State(
        W=tuple(rounded_to_float32(weights + SIGN_MARGIN * size * np.sign(weights)) for weights, size in layers),
        b=tuple(drawn(BIAS_SIZE, biases.shape) for biases in start.b),
        dW=tuple(drawn(PREVIOUS_UPDATE * size, weights.shape) for weights, size in layers),
        db=tuple(drawn(PREVIOUS_UPDATE, biases.shape) for biases in start.b),
        step=_late_step(problem, batch_size),
    )


def _late_step(problem: Problem, batch_size: int) -> int:
    """Return a step of epoch 1 from which the checked steps cross into epoch 2 halfway; 2 if there is but one."""
    per_epoch = problem.steps_per_epoch(batch_size)
    return max(per_epoch, 2 * per_epoch - check_steps(batch_size) // 2)
