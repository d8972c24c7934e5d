"""The stress problem of a problem: the same network and loss with every term of the update large enough to be missed.

A problem without momentum cannot show that momentum is wrong, and one whose η decays by a millionth cannot show that
the decay is. So every implementation is also checked on a stress problem: none of its coefficients is 0 or that of a
shipped problem, and it starts from a state in which each of them moves the result.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from paragone.task.mlp.problem import NetworkProblem, rounded_to_float32
from paragone.task.mlp.state import State

SUFFIX = " (stress problem)"

# A factor that is cut to 8, 11, 16 or 17 bits shows most where the bits behind the cut are worth half its last bit.
LAST_BITS = 2.0**-8 + 2.0**-11 + 2.0**-16 + 2.0**-17

MOMENTUM = 0.5 * (1.375 + LAST_BITS)
DECAY = 0.1

# "mean": 20 steps shrink the weights by about a third, and the gradient moves them about as much.
MEAN_RATE, MEAN_L1, MEAN_L2 = (power * (1 + LAST_BITS) for power in (2.0**-1, 2.0**-10, 2.0**-4))

# Activations with a steeper slope have larger gradients: η shrinks by this factor, and the penalties grow by it.
GENTLER = {"sigmoid": 1, "tanh": 4, "relu": 64}

# "sum": gradients grow with the batch size, penalties do not. η = 0.5/B keeps large batches stable; at small batches
# η is at most SUM_RATE, which keeps the penalties stable, and they are as large as that allows.
SUM_RATE, SUM_L1, SUM_L2 = (power * (1 + LAST_BITS) for power in (2.0**-8, 2.0**-4, 4.0))

# The start, in units of the standard deviation of each layer's weights.
SIGN_MARGIN = 0.5  # added to every |W|: at 0, λ₁·sign(W) would turn an honest rounding error into a jump
PREVIOUS_UPDATE = 0.01
BIAS_SIZE = 0.5  # absolute: large enough that a penalty on biases shows

# What a head check compares.
MAX_STEPS = 20
MAX_IMAGES = 40_000


def check_steps(batch_size: int) -> int:
    """How many steps a head check compares: at most 20, at most 40,000 images, at least one."""
    return max(1, min(MAX_STEPS, MAX_IMAGES // batch_size))


def is_stress_problem(problem: NetworkProblem) -> bool:
    return problem.name.endswith(SUFFIX)


def stress_problem(problem: NetworkProblem) -> NetworkProblem:
    """The problem with the coefficients above and its losses recorded; a stress problem is its own stress problem.

    Network, loss, reduction and data stay.
    """
    if is_stress_problem(problem):
        return problem
    gentler = GENTLER[problem.hidden_activation]
    rates: tuple[tuple[int, float], ...] = ((1, MEAN_RATE / gentler),)
    l1, l2 = gentler * MEAN_L1, gentler * MEAN_L2
    if problem.reduction == "sum":
        powers_of_two = [2**k for k in range(problem.n_train.bit_length())]
        rates = tuple((size, min(SUM_RATE, MEAN_RATE / gentler / size)) for size in powers_of_two)
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


def stress_state(problem: NetworkProblem, seed: int, batch_size: int) -> State:
    """A state from the middle of a training: large biases, previous updates, and a step of epoch 1.

    Half of the checked steps lie in epoch 1 and half in epoch 2 where epochs are long enough, so η has decayed before
    the first step and decays again on the way. All values are exact in float32.
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


def _late_step(problem: NetworkProblem, batch_size: int) -> int:
    """The step of epoch 1 from which the checked steps cross into epoch 2 halfway; its first where epochs are short."""
    per_epoch = problem.steps_per_epoch(batch_size)
    return max(per_epoch, 2 * per_epoch - check_steps(batch_size) // 2)
