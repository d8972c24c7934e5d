"""The glue that the steps share: the biases are a column of W, so there is no b."""

from importlib import import_module
from pathlib import PurePath

import numpy as np

from paragone.adapters.arrays import ArrayImplementation


class BiasNeuron(ArrayImplementation):
    """One whose maths file has W for weights and biases: its functions are those of `arrays` without b and db."""

    layout = "samples in columns, X[idx].T, under the ones of a bias neuron"
    source = "S4"

    def formulas(self):
        return import_module(f".{PurePath(self.maths[0]).stem}", __package__)

    def load(self, problem, images, labels):
        super().load(problem, images, labels)
        self.forward = self._forward

    def _forward(self, X, W, b, activate):
        return self.maths_file.forward(X, W, activate)

    def _loss(self, Z, A, Y, R):
        return super()._loss(Z[-1], A, Y, R)

    def _backward(self, Z, A, Y, R):
        delta = self.output_delta(A[-1], Y)
        return self.maths_file.backward(Z, A, delta, self.W, R, self.problem), None

    def _plain_update(self, dW, db, eta):
        self.maths_file.update(self.W, dW, eta)

    def _full_update(self, dW, db, eta):
        self.maths_file.update_with_momentum(self.W, dW, eta, self.previous[0], self.problem)

    def _stored(self, W, b):
        return [self.maths_file.store_layer(W_l, b_l, self.dtype) for W_l, b_l in zip(W, b, strict=True)], None

    def _canonical(self, W, b):
        layers = [self.maths_file.canonical_layer(W_l) for W_l in W]
        copies = [[np.array(x, dtype=np.float64, order="C") for x in layer] for layer in layers]
        return tuple(zip(*copies, strict=True))
