"""What both files of formulas work on: the training set, the network, and what the problem asks of a step.

All arrays of a kind have one type, so that a compiled loop may run over the layers of any network.
"""

from collections import namedtuple

import numpy as np

# W[l] (fan_in, fan_out), b[l] (fan_out,), the previous updates dW[l] and db[l]
Network = namedtuple("Network", "W b dW db")
# momentum μ, penalties λ₁ and λ₂
Terms = namedtuple("Terms", "momentum l1 l2")
Coefficients = namedtuple("Coefficients", "weights biases")


def coefficients(problem, dtype):
    """μ, λ₁, λ₂ in the variant's dtype, for float64 beside float32 makes float64; biases have no penalties."""
    momentum, l1, l2 = map(dtype.type, (problem.momentum, problem.l1, problem.l2))
    return Coefficients(Terms(momentum, l1, l2), Terms(momentum, dtype.type(0), dtype.type(0)))


def stored(state, dtype):
    """The state with W as (fan_in, fan_out), in arrays of its own."""
    W, b, dW, db = (
        tuple(np.array(x.T, dtype=dtype, order="C") for x in tensors)
        for tensors in (state.W, state.b, state.dW, state.db)
    )
    return Network(W, b, dW, db)


def canonical(network):
    """W, b, dW, db with W as (fan_out, fan_in), float64, in arrays of their own."""
    return [tuple(np.array(x.T, dtype=np.float64, order="C") for x in tensors) for tensors in network]
