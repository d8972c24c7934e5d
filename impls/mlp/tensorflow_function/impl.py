"""tensorflow_function: TensorFlow's training step as a graph, GradientTape in a tf.function."""

from paragone.adapters.tensorflow_package import TensorflowImplementation
from paragone.implementation.contract import FLOATS


class TensorflowFunction(TensorflowImplementation):
    """All steps of a `train` in one call of one graph, traced once in `load` for any number of steps and any batch."""

    name = "tensorflow_function"
    language = "TensorFlow"
    layout = "samples in rows"
    source = "S4; TensorFlow: custom training loops"
    idea = "The training step as TensorFlow's users write it, gradients by the tape, the loop within the graph."
    maths = ("graph.py",)
    axes = {"dtype": FLOATS}
    hidden_activations = ("sigmoid", "tanh", "relu")

    def load(self, problem, images, labels):
        self.tensorflow()
        from . import graph

        self.problem = problem
        self.network = graph.Network(problem, images, labels, self.dtype.name)

    def reset(self, state):
        self.network.store(state)
        self.step = state.step

    def train(self, order):
        n_steps, batch_size = order.shape
        rates = self.problem.learning_rates(self.step, n_steps, batch_size)
        losses = self.network.steps(order, rates.astype(self.dtype)).numpy()
        self.step += n_steps
        return losses if self.problem.records_loss else None

    def params(self):
        return self.network.state(self.step)
