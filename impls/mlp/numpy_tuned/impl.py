"""numpy_tuned: the best that NumPy, with SciPy's door to BLAS, can do on one core."""

from importlib.util import find_spec

import numpy as np

from paragone.implementation.contract import FLOATS, Implementation


class NumpyTuned(Implementation):
    """A kind of mini-batch per size: one sample, a few at once, or many in blocks; see mini_batch.py."""

    name = "numpy_tuned"
    language = "NumPy"
    layout = "samples in rows, padded and with a constant 1; gathered into blocks that stay in the cache"
    source = "the project's own; bias as a weight of a constant 1 from S4"
    idea = "The same sums as numpy_rows with no temporary arrays, few calls and BLAS updates in place."
    maths = ("layout.py", "hidden.py", "output.py", "mini_batch.py", "single.py", "blocks.py")
    axes = {"dtype": FLOATS}
    hidden_activations = ("sigmoid", "tanh", "relu")

    @classmethod
    def missing(cls):
        return None if find_spec("scipy") else "SciPy is not installed. Install: pip install scipy"

    def load(self, problem, images, labels):
        from .blocks import mini_batch_for
        from .layout import Network, store_images, store_labels

        self.problem = problem
        self.mini_batch_for = mini_batch_for
        self.X = store_images(images, self.dtype)
        self.Y = store_labels(labels, problem.layers[-1], self.dtype)
        self.network = Network(problem, self.X.shape[1], self.dtype)
        self.mini_batch, self.batch_size = None, 0

    def load_clocked(self, problem, images, labels):
        from .phases import clocked

        self.load(problem, images, labels)
        self.phase_times = clocked(self)

    def reset(self, state):
        self.network.store(state)
        self.steps_taken = state.step

    def train(self, order):
        n_steps, batch_size = order.shape
        if batch_size != self.batch_size:  # buffers are kept from call to call
            self.mini_batch = self.mini_batch_for(self.problem, self.network, self.X, self.Y, batch_size)
            self.batch_size = batch_size
        rates = self.problem.learning_rates(self.steps_taken, n_steps, batch_size).tolist()
        with np.errstate(over="ignore"):  # exp(−z) of a saturated neuron is inf, and 1/(1 + inf) is right
            batches = self.mini_batch.batches(order)
            losses = [self.mini_batch.step(batch, eta) for batch, eta in zip(batches, rates, strict=True)]
        self.steps_taken += n_steps
        return np.array(losses, dtype=self.dtype) if self.problem.records_loss else None

    def params(self):
        return self.network.state(self.steps_taken)
