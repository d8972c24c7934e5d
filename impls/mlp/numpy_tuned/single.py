"""The step of one sample: vectors, and as few calls as can be, for each costs a fifth of a microsecond.

a[0] = x (D + 1), a[l] (fan_out + 1) ends in a constant 1, z[l] and delta[l] (fan_out).
Each z[l] of a hidden layer is the front of a[l+1], so that the activation in place leaves a[l+1] behind.
The activations of all layers lie behind each other, so that φ′ of all of them takes the calls of one.
What a call needs is looked up once, when the buffers are made.
"""

import numpy as np
from scipy.linalg import blas

from .mini_batch import MiniBatch
from .output import quadratic_delta


class OneSample(MiniBatch):
    """A mini-batch of one."""

    def __init__(self, problem, network, X, Y, batch_size):
        super().__init__(problem, network, X, Y, batch_size)
        hidden, n_classes = problem.layers[1:-1], problem.layers[-1]
        ends = np.cumsum([size + 1 for size in hidden])
        self.activations, self.slopes = np.ones((2, sum(hidden) + len(hidden) + n_classes), dtype=X.dtype)
        # Rows of one: the functions of the output layer take mini-batches, and NumPy is slow where shapes differ.
        self.Y = Y[:, None]
        *hidden_a, output = np.split(self.activations, ends)
        *hidden_slopes, output_slope = np.split(self.slopes, ends)
        self.output, self.output_slope = output[None], output_slope[None]
        self.logits, self.last_delta = np.empty((2, 1, n_classes), dtype=X.dtype)
        self.a = [None, *hidden_a]
        delta_above = [np.empty(size + 1, dtype=X.dtype) for size in hidden]
        self.delta = [*(delta[:-1] for delta in delta_above), self.last_delta[0]]
        # Of each hidden layer what a call takes: the product with W, z and a; that of delta of the layer above.
        W = [V.T for V in network.V]
        self.upward = [(W_l.dot, a[:-1], a) for W_l, a in zip(W[:-1], hidden_a, strict=True)]
        self.to_logits, self.last_z = W[-1].dot, self.logits[0]
        if problem.hidden_activation == "sigmoid" and self.output_delta is quadratic_delta:
            self.output_delta = self.delta_from_slope
        layers = zip(self.delta[1:], W[1:], delta_above, self.delta[:-1], hidden_slopes, strict=True)
        self.downward = [(above.dot, W_l, sums, delta, slope[:-1]) for above, W_l, sums, delta, slope in layers][::-1]
        self.ger = blas.get_blas_funcs("ger", dtype=X.dtype)

    def batches(self, order):
        """The numbers of the samples: Python's own are faster as an index than rows of one"""
        return order[:, 0].tolist()

    def gather(self, i):
        """x = X[i], y = Y[i]: views, nothing is copied"""
        self.a[0] = self.X[i]
        self.Y_batch = self.Y[i]

    def forward(self):
        """z[l] = W[l] a[l], a[l+1] = φ(z[l])"""
        a, activate = self.a[0], self.hidden.activate_sample
        for times_W, z, a_next in self.upward:
            times_W(a, z)
            activate(z)
            a = a_next
        self.to_logits(a, self.last_z)
        self.activate(self.logits, self.output)

    def backward(self):
        """delta[l−1] = W[l]ᵀ delta[l] ∘ φ′"""
        self.hidden.write_slope(self.activations, self.slopes)
        self.output_delta(self.output, self.Y_batch, self.last_delta)
        for delta_times, W, sums, delta, slope in self.downward:
            delta_times(W, sums)
            np.multiply(delta, slope, delta)

    def delta_from_slope(self, A, Y, delta):
        """delta = (A − Y) ∘ φ′, where φ is that of the hidden layers"""
        np.subtract(A, Y, delta)
        np.multiply(delta, self.output_slope, delta)

    def plain_update(self, eta):
        """V ← V − η R a[l] delta[l]ᵀ"""
        factor, ger = -eta * self.R, self.ger
        for a, delta, V in zip(self.a, self.delta, self.network.V, strict=True):
            ger(factor, a, delta, 1, 1, V, 1, 1, 1)

    def add_gradient(self, factor, l, target):
        """target ← target + factor · a[l] delta[l]ᵀ: BLAS `ger`, in place"""
        self.ger(factor, self.a[l], self.delta[l], 1, 1, target, 1, 1, 1)
