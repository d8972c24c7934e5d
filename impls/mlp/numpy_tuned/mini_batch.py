"""The step, and what every size of mini-batch has in common: the update.

A step keeps all its deltas until the update, so no weight changes before the delta below has used it.
`add_gradient` then adds the scaled gradient of a layer straight to an array: to the weights where the
update is plain, else to the update in the making.
"""

import numpy as np
from scipy.linalg import blas

from .hidden import HIDDEN
from .output import OUTPUTS


class MiniBatch:
    """Mini-batches of one size: their buffers, and the phases of a step on them."""

    def __init__(self, problem, network, X, Y, batch_size):
        self.problem, self.network, self.X, self.Y = problem, network, X, Y
        self.R = problem.batch_scale(batch_size)
        self.last = len(problem.fans) - 1  # index of the output layer
        self.hidden = HIDDEN[problem.hidden_activation](X.dtype)
        self.activate, self.output_delta, self.batch_loss = OUTPUTS[problem.output_activation, problem.loss]
        self.loss = self.recorded_loss if problem.records_loss else self.no_loss
        self.update = self.plain_update if problem.has_plain_update else self.full_update
        self.axpy = blas.get_blas_funcs("axpy", dtype=X.dtype)

    def batches(self, order):
        """What a step is given of each mini-batch of the order"""
        return order

    def step(self, batch, eta):
        """The images `batch`, once forward and back, and the update; the loss is that from before it."""
        self.gather(batch)
        self.forward()
        loss = self.loss()
        self.backward()
        self.update(eta)
        return loss

    def recorded_loss(self):
        """R Σ_batch ℓ"""
        return self.R * self.batch_loss(self.logits, self.output, self.Y_batch)

    def no_loss(self):
        """0: this problem records none"""
        return 0

    def plain_update(self, eta):
        """V ← V − η R A[l−1]ᵀ delta"""
        for l, V in enumerate(self.network.V):
            self.add_gradient(-eta * self.R, l, V)

    def full_update(self, eta):
        """Δ = η (R A[l−1]ᵀ delta + λ₂ W + λ₁ sign W), V ← V − (Δ + μ Δ_prev), Δ_prev ← Δ"""
        problem, network = self.problem, self.network
        for l, (fan_in, _) in enumerate(network.fans):
            V, previous, update = network.V[l], network.previous[l], network.update[l]
            np.sign(V, update)
            np.multiply(update, eta * problem.l1, update)
            self.add_scaled(eta * problem.l2, V, update)
            update[fan_in] = 0  # no penalty on the biases
            self.add_gradient(eta * self.R, l, update)
            self.add_scaled(-1, update, V)
            self.add_scaled(-problem.momentum, previous, V)
            network.previous[l], network.update[l] = update, previous

    def add_scaled(self, factor, x, y):
        """y ← y + factor x, in one pass; both in Fortran order"""
        self.axpy(x.T.reshape(-1), y.T.reshape(-1), x.size, factor)
