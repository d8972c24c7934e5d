"""The matrix products of a step alone: the gate would refuse it, so no comparison has it."""

import numpy as np

from paragone.implementation.contract import FLOATS, Implementation

from .products import step_products


class StepProducts(Implementation):
    """Each step makes its products, in NumPy and in the problem's own shapes, and nothing else."""

    name = "step_products"
    language = "NumPy"
    layout = "samples in rows"
    source = "the project's own"
    idea = "How fast are the matrix products of a step by themselves?"
    maths = ("products.py",)
    axes = {"dtype": FLOATS}

    def load(self, problem, images, labels):
        self.layers = problem.layers
        self.batch_size = None

    def reset(self, state):
        """Nothing: the products are of constants."""

    def train(self, order):
        if self.batch_size != order.shape[1]:
            self.batch_size = order.shape[1]
            self.products = list(step_products(self.layers, self.batch_size, self.dtype))
        for _ in order:
            for left, right, result in self.products:
                np.matmul(left, right, out=result)

    def params(self):
        raise NotImplementedError("its steps train nothing")
