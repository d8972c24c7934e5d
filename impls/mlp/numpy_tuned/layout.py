"""How the numbers lie in memory.

The bias is the weight of a constant 1: images carry a 1 behind their last pixel and V[l] is the
(fan_in + 1, fan_out) matrix of weights over biases, so that one product serves both, forward and
back. Rows of images and the first V are filled up with zeros to whole cache lines, which BLAS
likes; these weights meet only zeros and stay zero. V is in Fortran order, as BLAS works in place
only there.
"""

import numpy as np

from paragone.task.mlp.state import State

CACHE_LINE = 64  # bytes


def store_images(images, dtype):
    """X = images | 1 | 0 … 0, (N, width), C order."""
    n, pixels = images.shape
    per_line = CACHE_LINE // dtype.itemsize
    width = -(-(pixels + 1) // per_line) * per_line
    X = np.zeros((n, width), dtype=dtype)
    X[:, :pixels] = images
    X[:, pixels] = 1
    return X


def store_labels(labels, n_classes, dtype):
    """Y = one-hot rows, (N, C)."""
    return np.eye(n_classes, dtype=dtype)[labels]


class Network:
    """The weights V, the previous updates, and a buffer for the update in the making."""

    def __init__(self, problem, width, dtype):
        self.fans = problem.fans
        rows = [width] + [fan_in + 1 for fan_in, _ in self.fans[1:]]
        shapes = [(n_rows, fan_out) for n_rows, (_, fan_out) in zip(rows, self.fans, strict=True)]
        self.V, self.previous, self.update = (
            [np.zeros(shape, dtype=dtype, order="F") for shape in shapes] for _ in range(3)
        )

    def store(self, state):
        """V ← W over b, previous ← dW over db"""
        for l, (fan_in, _) in enumerate(self.fans):
            for stored, weights, biases in ((self.V, state.W, state.b), (self.previous, state.dW, state.db)):
                stored[l][:fan_in] = weights[l].T
                stored[l][fan_in] = biases[l]

    def state(self, step):
        """W, b, dW, db as (fan_out, fan_in) and (fan_out,), float64."""

        def canonical(stored):
            layers = [V_l.astype(np.float64, order="F") for V_l in stored]
            W = tuple(V_l[:fan_in].T.copy() for V_l, (fan_in, _) in zip(layers, self.fans, strict=True))
            b = tuple(V_l[fan_in].copy() for V_l, (fan_in, _) in zip(layers, self.fans, strict=True))
            return W, b

        return State(*canonical(self.V), *canonical(self.previous), step)
