"""The activations, the output layer of one sample, and the update: what both files of formulas share.

z, a, delta of one sample, (C,) in the output layer, y its label. No fastmath: the sums are added up in the order in
which they are written. A Python number beside float32 would make it float64 in Numba, so ones and zeros are given
their dtype.

Longer than 100 lines: all that two maths files share, each sum a loop.
"""

from collections import namedtuple

import numpy as np
from numba import njit


@njit
def sigmoid(z, a):
    """a = 1 / (1 + exp(−z)), in two loops: the second is vectorised"""
    one = z.dtype.type(1)
    for j in range(len(z)):
        a[j] = np.exp(-z[j])
    for j in range(len(z)):
        a[j] = one / (one + a[j])


@njit
def times_sigmoid_slope(a, delta):
    """delta ← delta ∘ a ∘ (1 − a)"""
    one = a.dtype.type(1)
    for j in range(len(a)):
        delta[j] *= a[j] * (one - a[j])


@njit
def tanh(z, a):
    """a = tanh z"""
    for j in range(len(z)):
        a[j] = np.tanh(z[j])


@njit
def times_tanh_slope(a, delta):
    """delta ← delta ∘ (1 − a²)"""
    one = a.dtype.type(1)
    for j in range(len(a)):
        delta[j] *= one - a[j] * a[j]


@njit
def relu(z, a):
    """a = max(z, 0), which leaves NaN as it is"""
    zero = z.dtype.type(0)
    for j in range(len(z)):
        a[j] = zero if z[j] < zero else z[j]


@njit
def times_relu_slope(a, delta):
    """delta ← delta ∘ [a > 0]"""
    one, zero = a.dtype.type(1), a.dtype.type(0)
    for j in range(len(a)):
        delta[j] *= one if a[j] > zero else zero


@njit
def softmax(z, a):
    """a = exp(z) / Σ exp(z), shifted by the largest logit"""
    top, total = z.max(), z.dtype.type(0)
    for j in range(len(z)):
        a[j] = np.exp(z[j] - top)
        total += a[j]
    for j in range(len(z)):
        a[j] /= total


@njit
def difference_delta(a, y, delta):
    """delta = a − Y: sigmoid with log loss, softmax with cross-entropy"""
    delta[:] = a
    delta[y] -= a.dtype.type(1)


@njit
def quadratic_delta(a, y, delta):
    """delta = (a − Y) ∘ a ∘ (1 − a)"""
    difference_delta(a, y, delta)
    times_sigmoid_slope(a, delta)


@njit
def no_loss(z, a, y):
    """0: this problem records none"""
    return 0.0


@njit
def quadratic_loss(z, a, y):
    """½ Σ (a − Y)²"""
    loss = 0.0
    for j in range(len(a)):
        loss += 0.5 * (a[j] - (j == y)) ** 2
    return loss


@njit
def log_loss(z, a, y):
    """Σ log(1 + exp(z)) − z_y, from the logits: log a would be −inf where a rounds to 0"""
    loss = -float(z[y])
    for j in range(len(z)):
        loss += max(z[j], 0) + np.log1p(np.exp(-abs(z[j])))
    return loss


@njit
def cross_entropy(z, a, y):
    """log Σ exp(z) − z_y, shifted by the largest logit"""
    top, total = z.max(), 0.0
    for j in range(len(z)):
        total += np.exp(z[j] - top)
    return top + np.log(total) - z[y]


@njit
def plain(theta, gradient, previous, eta, R, c):
    """θ ← θ − η R Σ ∂ℓ/∂θ; there is neither momentum nor penalty"""
    for k in range(len(theta)):
        theta[k] -= eta * R * gradient[k]


@njit
def with_momentum(theta, gradient, previous, eta, R, c):
    """Δ = η (R Σ ∂ℓ/∂θ + λ₂ θ + λ₁ sign θ), θ ← θ − (Δ + μ Δ_prev), Δ_prev ← Δ"""
    for k in range(len(theta)):
        step = eta * (R * gradient[k] + c.l2 * theta[k] + c.l1 * np.sign(theta[k]))
        theta[k] -= step + c.momentum * previous[k]
        previous[k] = step


@njit
def update(rule, network, dW, db, eta, R, coefficients):
    """Every layer; biases without the penalties"""
    for l in range(len(network.W)):
        W, dW_previous = network.W[l].reshape(-1), network.dW[l].reshape(-1)
        rule(W, dW[l].reshape(-1), dW_previous, eta, R, coefficients.weights)
        rule(network.b[l], db[l], network.db[l], eta, R, coefficients.biases)


HIDDEN = {
    "sigmoid": (sigmoid, times_sigmoid_slope),
    "tanh": (tanh, times_tanh_slope),
    "relu": (relu, times_relu_slope),
}
OUTPUTS = {
    ("sigmoid", "quadratic"): (sigmoid, quadratic_delta, quadratic_loss),
    ("sigmoid", "log"): (sigmoid, difference_delta, log_loss),
    ("softmax", "cross_entropy"): (softmax, difference_delta, cross_entropy),
}


Functions = namedtuple("Functions", "hidden times_slope activate output_delta sample_loss rule")


def functions_of(problem):
    """What the problem makes of the layers and of the update; it is compiled into the loop over the steps."""
    activate, output_delta, sample_loss = OUTPUTS[problem.output_activation, problem.loss]
    loss = sample_loss if problem.records_loss else no_loss
    hidden = HIDDEN[problem.hidden_activation]
    return Functions(*hidden, activate, output_delta, loss, plain if problem.has_plain_update else with_momentum)
