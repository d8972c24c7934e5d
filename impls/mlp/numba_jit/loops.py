"""One SGD step, one sample after the other, in plain loops: those of c_loops, compiled by Numba.

x is an image, y its label; z, a and delta hold the neurons of each layer, a[0] = x. W[l] is (fan_in, fan_out), in C
order, so that the innermost loops run over neurons that lie side by side. R scales the sum over the mini-batch; φ
is the problem's hidden activation.

Longer than 100 lines: every product is a loop.
"""

from collections import namedtuple
from itertools import pairwise

import numpy as np
from numba import njit

from .output import update

Buffers = namedtuple("Buffers", "a z delta dW db")


def buffers(layers, dtype):
    """a, z, delta of one sample, and the sums of the gradients."""
    fans = list(pairwise(layers))
    a, z, delta, db = (tuple(np.zeros(size, dtype) for size in sizes) for sizes in (layers, *[layers[1:]] * 3))
    return Buffers(a, z, delta, tuple(np.zeros(fan, dtype) for fan in fans), db)


@njit
def train(functions, network, s, X, labels, order, rates, R, coefficients, losses):
    """One step for each row of `order`, and its loss."""
    for k in range(len(order)):
        losses[k] = step(functions, network, s, X, labels, order[k], rates[k], R, coefficients)


@njit
def step(functions, network, s, X, labels, batch, eta, R, coefficients):
    """The images `batch`, each once forward and back, and the update; the loss is that from before it."""
    batch_loss = 0.0
    zero_gradients(s)
    for n in batch:
        gather(X, n, s.a[0])
        forward(network, s, functions.hidden, functions.activate)
        batch_loss += loss(s, labels[n], functions.sample_loss)
        backward(network, s, labels[n], functions.output_delta, functions.times_slope)
    update(functions.rule, network, s.dW, s.db, eta, R, coefficients)
    return R * batch_loss


@njit
def zero_gradients(s):
    """dW, db = 0"""
    for l in range(len(s.dW)):
        s.dW[l][:] = 0
        s.db[l][:] = 0


@njit
def gather(X, n, a):
    """a[0] = X[n]; pixel by pixel, for Numba's assignment of a whole row is three times slower"""
    for i in range(len(a)):
        a[i] = X[n, i]


@njit
def forward(network, s, hidden, activate):
    """z = Wᵀ a + b, a of the next layer = φ(z); the last layer by `activate`"""
    last = len(network.W) - 1
    for l in range(last + 1):
        W, a, z = network.W[l], s.a[l], s.z[l]
        z[:] = network.b[l]
        for i in range(W.shape[0]):
            for j in range(W.shape[1]):
                z[j] += a[i] * W[i, j]
        if l < last:
            hidden(z, s.a[l + 1])
        else:
            activate(z, s.a[l + 1])


@njit
def loss(s, y, sample_loss):
    """ℓ"""
    return sample_loss(s.z[-1], s.a[-1], y)


@njit
def backward(network, s, y, output_delta, times_slope):
    """dW += a deltaᵀ, db += delta, delta of the layer before = (W delta) ∘ φ′"""
    output_delta(s.a[-1], y, s.delta[-1])
    for l in range(len(network.W) - 1, -1, -1):
        W, a, delta, dW, db = network.W[l], s.a[l], s.delta[l], s.dW[l], s.db[l]
        for i in range(W.shape[0]):
            for j in range(W.shape[1]):
                dW[i, j] += a[i] * delta[j]
        for j in range(W.shape[1]):
            db[j] += delta[j]
        if l > 0:
            before = s.delta[l - 1]
            for i in range(W.shape[0]):
                total = a.dtype.type(0)
                for j in range(W.shape[1]):
                    total += W[i, j] * delta[j]
                before[i] = total
            times_slope(a, before)
