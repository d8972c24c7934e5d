"""One SGD step with samples in rows: products by BLAS, everything else in loops; large mini-batches in blocks.

Of a block of n samples: A[0] (n, D), gathered; Z[l] and delta[l] (n, fan_out), A[l + 1] = φ(Z[l]). np.dot in a compiled
function calls the BLAS that SciPy brings, without Python. R scales the sum over the mini-batch; φ is the problem's
hidden activation.

Longer than 100 lines: the sums over neurons that broadcasting would hide are loops.
"""

from collections import namedtuple
from itertools import pairwise

import numpy as np
from numba import njit

from .output import update

BLOCK_ROWS = 256  # gathered images that stay in the cache from the first product to the last

Buffers = namedtuple("Buffers", "A Z delta dW db part")


def buffers(layers, dtype):
    """A, Z, delta of a block, the sums of the gradients, and the part that one block adds to them."""
    fans = list(pairwise(layers))
    A, Z, delta = (
        tuple(np.zeros((BLOCK_ROWS, size), dtype) for size in sizes) for sizes in (layers, *[layers[1:]] * 2)
    )
    dW, part = (tuple(np.zeros(fan, dtype) for fan in fans) for _ in range(2))
    return Buffers(A, Z, delta, dW, tuple(np.zeros(fan_out, dtype) for _, fan_out in fans), part)


@njit
def train(functions, network, s, X, labels, order, rates, R, coefficients, losses):
    """One step for each row of `order`, and its loss."""
    for k in range(len(order)):
        losses[k] = step(functions, network, s, X, labels, order[k], rates[k], R, coefficients)


@njit
def step(functions, network, s, X, labels, batch, eta, R, coefficients):
    """The images `batch`, block by block forward and back, and the update; the loss is that from before it."""
    batch_loss = 0.0
    for first in range(0, len(batch), BLOCK_ROWS):
        block = batch[first : first + BLOCK_ROWS]
        gather(X, block, s.A[0])
        forward(network, s, len(block), functions.hidden, functions.activate)
        batch_loss = loss(s, labels, block, functions.sample_loss, batch_loss)
        backward(network, s, labels, block, functions.output_delta, functions.times_slope, first == 0)
    update(functions.rule, network, s.dW, s.db, eta, R, coefficients)
    return R * batch_loss


@njit
def gather(X, batch, A):
    """A[0] = X[batch]; pixel by pixel, for Numba's assignment of a whole row is three times slower"""
    for n in range(len(batch)):
        x = X[batch[n]]
        for i in range(len(x)):
            A[n, i] = x[i]


@njit
def forward(network, s, n_rows, hidden, activate):
    """Z = A[l] W[l] + b[l], A[l + 1] = φ(Z); the last layer by `activate`."""
    last = len(network.W) - 1
    for l in range(last + 1):
        Z, A, b = s.Z[l][:n_rows], s.A[l + 1], network.b[l]
        np.dot(s.A[l][:n_rows], network.W[l], Z)
        for n in range(n_rows):
            for j in range(len(b)):
                Z[n, j] += b[j]
            if l < last:
                hidden(Z[n], A[n])
            else:
                activate(Z[n], A[n])


@njit
def loss(s, labels, block, sample_loss, total):
    """total + Σ_block ℓ, added sample by sample"""
    for n in range(len(block)):
        total += sample_loss(s.Z[-1][n], s.A[-1][n], labels[block[n]])
    return total


@njit
def backward(network, s, labels, block, output_delta, times_slope, is_first):
    """dW[l] += A[l]ᵀ delta, db[l] += Σ_block delta, delta ← delta W[l]ᵀ ∘ φ′"""
    n_rows = len(block)
    for n in range(n_rows):
        output_delta(s.A[-1][n], labels[block[n]], s.delta[-1][n])
    for l in range(len(network.W) - 1, -1, -1):
        A, delta, dW, db = s.A[l][:n_rows], s.delta[l][:n_rows], s.dW[l], s.db[l]
        if is_first:
            np.dot(A.T, delta, dW)
            db[:] = 0
        else:
            np.dot(A.T, delta, s.part[l])
            dW += s.part[l]
        for n in range(n_rows):
            for j in range(len(db)):
                db[j] += delta[n, j]
        if l > 0:
            before = s.delta[l - 1][:n_rows]
            np.dot(delta, network.W[l].T, before)
            for n in range(n_rows):
                times_slope(A[n], before[n])
