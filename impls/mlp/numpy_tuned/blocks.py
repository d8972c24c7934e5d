"""The step of several samples: one block of rows for a small mini-batch, block after block for a large one.

A[0] = X (B, D + 1), A[l] (B, fan_out + 1) ends in a column of ones, Z[l] and delta[l] (B, fan_out).
Each Z[l] of a hidden layer is the front of A[l+1], so that the activation in place leaves A[l+1] behind.
All are in Fortran order, where BLAS works in place; A[0] is, by being held as Xᵀ (`flip` undoes it).

Longer than 100 lines: all buffers are made here, once for each size.
"""

import numpy as np
from scipy.linalg import blas

from .mini_batch import MiniBatch
from .single import OneSample

BLOCK_BYTES = 600 * 1024  # of images: from the first product to the last they stay in a second-level cache


def mini_batch_for(problem, network, X, Y, batch_size):
    """The fastest kind for this batch size."""
    if batch_size == 1:
        return OneSample(problem, network, X, Y, batch_size)
    block_height = max(1, BLOCK_BYTES // (X.shape[1] * X.itemsize))
    if batch_size <= block_height:
        return OneBlock(problem, network, X, Y, batch_size, batch_size)
    return ManyBlocks(problem, network, X, Y, batch_size, block_height)


class OneBlock(MiniBatch):
    """A mini-batch in one block, or `n_rows` of its samples."""

    def __init__(self, problem, network, X, Y, batch_size, n_rows):
        super().__init__(problem, network, X, Y, batch_size)
        hidden, n_classes = problem.layers[1:-1], problem.layers[-1]

        def buffers(*widths):
            return [np.ones((n_rows, width), dtype=X.dtype, order="F") for width in widths]

        self.X_batch = np.empty((n_rows, X.shape[1]), dtype=X.dtype)
        self.Y_batch = np.empty((n_rows, n_classes), dtype=X.dtype)
        self.A = [self.X_batch.T, *buffers(*(size + 1 for size in hidden))]
        self.flip = [1] + [0] * len(hidden)
        self.logits, self.output, last_delta = buffers(n_classes, n_classes, n_classes)
        self.Z = [*(A[:, :-1] for A in self.A[1:]), self.logits]
        self.slope = buffers(*hidden)
        self.delta_above = buffers(*(size + 1 for size in hidden))
        self.delta = [*(delta[:, :-1] for delta in self.delta_above), last_delta]
        self.gemm = blas.get_blas_funcs("gemm", dtype=X.dtype)

    def gather(self, batch):
        """X[batch], Y[batch]; without "clip", take would go through a buffer of its own"""
        self.X.take(batch, 0, self.X_batch, "clip")
        self.Y.take(batch, 0, self.Y_batch, "clip")

    def forward(self):
        """Z[l] = A[l] V[l], A[l+1] = φ(Z[l])"""
        V, A, Z, flip, hidden = self.network.V, self.A, self.Z, self.flip, self.hidden
        for l in range(self.last):
            self.gemm(hidden.sign, A[l], V[l], 0, Z[l], flip[l], 0, 1)
            hidden.activate(Z[l])
        self.gemm(1, A[-1], V[-1], 0, Z[-1], flip[-1], 0, 1)
        self.activate(self.logits, self.output)

    def backward(self):
        """delta[l−1] = delta[l] V[l]ᵀ ∘ φ′"""
        self.output_delta(self.output, self.Y_batch, self.delta[-1])
        for l in range(self.last, 0, -1):
            self.gemm(1, self.delta[l], self.network.V[l], 0, self.delta_above[l - 1], 0, 1, 1)
            self.hidden.write_slope(self.Z[l - 1], self.slope[l - 1])
            np.multiply(self.delta[l - 1], self.slope[l - 1], self.delta[l - 1])

    def add_gradient(self, factor, l, target):
        """target ← target + factor · A[l]ᵀ delta[l]: BLAS `gemm`, in place"""
        self.gemm(factor, self.A[l], self.delta[l], 1, target, 1 - self.flip[l], 0, 1)


class ManyBlocks(MiniBatch):
    """A mini-batch in several blocks; all of them see the weights from before the step."""

    def __init__(self, problem, network, X, Y, batch_size, height):
        super().__init__(problem, network, X, Y, batch_size)
        full = OneBlock(problem, network, X, Y, batch_size, height)
        self.blocks = [(slice(end - height, end), full) for end in range(height, batch_size + 1, height)]
        if rest := batch_size % height:
            self.blocks.append((slice(-rest, None), OneBlock(problem, network, X, Y, batch_size, rest)))
        self.total, self.part = ([np.empty_like(V) for V in network.V] for _ in range(2))

    def step(self, batch, eta):
        """Gather, forward, loss, backward of every block, the gradients summed; then the update"""
        loss = 0
        for rows, block in self.blocks:
            block.gather(batch[rows])
            block.forward()
            loss += block.loss()
            block.backward()
            self.sum_gradients(block, first=rows.start == 0)
        self.update(eta)
        return loss

    def sum_gradients(self, block, first):
        """total[l] ← total[l] + A[l]ᵀ delta[l]"""
        for l, total in enumerate(self.total):
            A_transposed = block.A[l] if block.flip[l] else block.A[l].T
            np.matmul(A_transposed, block.delta[l], total if first else self.part[l])
            if not first:
                np.add(total, self.part[l], total)

    def add_gradient(self, factor, l, target):
        """target ← target + factor · total[l]"""
        self.add_scaled(factor, self.total[l], target)
