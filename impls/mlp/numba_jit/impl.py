"""numba_blas and numba_loops: a whole train compiled by Numba, its products by BLAS or in loops of our own."""

from importlib import import_module

import numpy as np

from paragone.adapters.packages import PackageImplementation
from paragone.implementation.contract import FLOATS
from paragone.task.mlp.state import State


class NumbaBlas(PackageImplementation):
    """Numba as its documentation advises for linear algebra: np.dot into buffers, loops around it."""

    name = "numba_blas"
    language = "Numba"
    layout = "samples in rows, gathered in blocks"
    source = "Numba's documentation"
    idea = "The products are BLAS's, the rest is loops, and no step passes through Python."
    maths = ("blas.py", "output.py")
    axes = {"dtype": FLOATS}
    hidden_activations = ("sigmoid", "tanh", "relu")
    package, extra = "numba", "numba"

    def load(self, problem, images, labels):
        from . import network, output

        self.problem, self.layout_of = problem, network
        self.maths_file = import_module("." + self.maths[0].removesuffix(".py"), __package__)
        self.X, self.labels = np.array(images, self.dtype, order="C"), np.array(labels)
        self.functions = output.functions_of(problem)
        self.coefficients = network.coefficients(problem, self.dtype)
        self.buffers = self.maths_file.buffers(problem.layers, self.dtype)
        self.reset(problem.start_state(0))
        self.train(np.empty((0, 1), np.int64))  # compiles; every call has the same types

    def reset(self, state):
        self.network, self.steps_taken = self.layout_of.stored(state, self.dtype), state.step

    def train(self, order):
        order = np.ascontiguousarray(order).view()
        order.flags.writeable = False  # always: an array that may be written to is another type, and compiles anew
        rates = self.problem.learning_rates(self.steps_taken, *order.shape).astype(self.dtype)
        R, losses = self.dtype.type(self.problem.batch_scale(order.shape[1])), np.zeros(len(order))
        data = self.buffers, self.X, self.labels
        self.maths_file.train(self.functions, self.network, *data, order, rates, R, self.coefficients, losses)
        self.steps_taken += len(order)
        return losses if self.problem.records_loss else None

    def params(self):
        return State(*self.layout_of.canonical(self.network), self.steps_taken)


class NumbaLoops(NumbaBlas):
    """The loops of c_loops, in Python and compiled by Numba."""

    name = "numba_loops"
    layout = "one sample at a time"
    idea = "Plain loops in Python, compiled: how near to C do they come?"
    maths = ("loops.py", "output.py")
    plain_loops = True
