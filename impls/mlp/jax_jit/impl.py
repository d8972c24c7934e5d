"""jax_step and jax_scan: the same formulas in JAX; the loop over the steps is Python's, or compiled with them."""

from importlib import import_module

import numpy as np

from paragone.adapters.packages import PackageImplementation
from paragone.implementation.contract import FLOATS
from paragone.task.mlp.state import State


class JaxStep(PackageImplementation):
    """JAX as most people write it: one step is compiled, and called in a loop."""

    name = "jax_step"
    language = "JAX"
    layout = "samples in rows"
    source = "JAX's documentation"
    idea = "NumPy's formulas as pure functions, compiled into one program, which is called for every step."
    maths = ("formulas.py", "loop.py")
    axes = {"dtype": FLOATS}
    hidden_activations = ("sigmoid", "tanh", "relu")
    package, extra = "jax", "jax"

    def load(self, problem, images, labels):
        from . import device

        device.settle()
        self.problem, self.device = problem, device
        self.X = device.put(images, self.dtype)
        self.Y = device.put(np.eye(problem.layers[-1])[labels], self.dtype)
        self.loop = import_module("." + self.maths[1].removesuffix(".py"), __package__).Loop(problem)

    def reset(self, state):
        W, b, dW, db = ([self.device.put(x.T, self.dtype) for x in xs] for xs in (state.W, state.b, state.dW, state.db))
        self.network = W, b, () if self.problem.has_plain_update else (dW, db)
        self.steps_taken = state.step

    def train(self, order):
        rates = self.problem.learning_rates(self.steps_taken, *order.shape).astype(self.dtype)
        self.network, losses = self.loop.train(self.network, self.X, self.Y, order.astype(np.int32), rates)
        self.steps_taken += len(order)
        return np.array(losses) if self.problem.records_loss else None

    def params(self):
        W, b, previous = self.network
        tensors = [tuple(self.device.fetch(x.T) for x in xs) for xs in (W, b, *previous)]
        return State(*tensors, self.steps_taken) if previous else State.at_rest(*tensors, self.steps_taken)

    def build_info(self):
        return {**super().build_info(), **self.device.build_info(self.X)}

    def threads(self):
        return self.device.threads()


class JaxScan(JaxStep):
    """A whole train is one program."""

    name = "jax_scan"
    idea = "jax_step with the loop over the steps compiled too: what does calling every step from Python cost?"
    maths = ("formulas.py", "scan.py")
