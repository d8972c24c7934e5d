"""The step of one sample: vectors, and as few calls as can be, for each costs a quarter of a microsecond.

a[0] = x (D + 1), a[l] (fan_out + 1) ends in a constant 1, z[l] and delta[l] (fan_out).
Each z[l] of a hidden layer is the front of a[l+1], so that the activation in place leaves a[l+1] behind.
"""

import numpy as np
from scipy.linalg import blas

from .mini_batch import MiniBatch


class OneSample(MiniBatch):
    """A mini-batch of one."""

    def __init__(self, problem, network, X, Y, batch_size):
        super().__init__(problem, network, X, Y, batch_size)
        hidden = problem.layers[1:-1]
        # Rows of one: the functions of the output layer take mini-batches.
        self.logits, self.output, self.last_delta = np.empty((3, 1, problem.layers[-1]), dtype=X.dtype)
        self.W = [V.T for V in network.V]
        self.a = [None, *(np.ones(size + 1, dtype=X.dtype) for size in hidden)]
        self.z = [*(a[:-1] for a in self.a[1:]), self.logits[0]]
        self.slope = [np.empty(size, dtype=X.dtype) for size in hidden]
        self.delta_above = [np.empty(size + 1, dtype=X.dtype) for size in hidden]
        self.delta = [*(delta[:-1] for delta in self.delta_above), self.last_delta[0]]
        self.ger = blas.get_blas_funcs("ger", dtype=X.dtype)

    def gather(self, batch):
        """x = X[i], y = Y[i]: views, nothing is copied"""
        i = batch.item()
        self.a[0] = self.X[i]
        self.Y_batch = self.Y[i]

    def forward(self):
        """z[l] = W[l] a[l], a[l+1] = φ(z[l])"""
        for l in range(self.last):
            self.W[l].dot(self.a[l], self.z[l])
            self.hidden.activate_sample(self.z[l])
        self.W[-1].dot(self.a[-1], self.z[-1])
        self.activate(self.logits, self.output)

    def backward(self):
        """delta[l−1] = W[l]ᵀ delta[l] ∘ φ′"""
        self.output_delta(self.output, self.Y_batch, self.last_delta)
        for l in range(self.last, 0, -1):
            self.delta[l].dot(self.W[l], self.delta_above[l - 1])
            self.hidden.times_slope(self.delta[l - 1], self.z[l - 1], self.slope[l - 1])

    def add_gradient(self, factor, l, target):
        """target ← target + factor · a[l] delta[l]ᵀ: BLAS `ger`, in place"""
        self.ger(factor, self.a[l], self.delta[l], 1, 1, target, 1, 1, 1)
