"""keras_fit: a Sequential model and Model.fit, with TensorFlow underneath."""

import numpy as np

from paragone.adapters.tensorflow_package import TensorflowImplementation
from paragone.implementation.contract import FLOATS


class KerasFit(TensorflowImplementation):
    """One call of `fit` per `train`: it takes about 0.1 s by itself, so that samples are longer than others'."""

    package = "keras"
    name = "keras_fit"
    language = "TensorFlow"
    layout = "samples in rows"
    source = "S4; Keras: Model.fit"
    idea = "Keras as everyone writes it: compile and fit; some 0.1 s a call are fit's own, a tenth of a sample or so."
    maths = ("parts.py", "model.py")
    axes = {"dtype": FLOATS}
    hidden_activations = ("sigmoid", "tanh", "relu")
    call_seconds = 0.1

    def build_info(self):
        import keras

        return {"keras": keras.version(), **super().build_info()}

    def load(self, problem, images, labels):
        tensorflow = self.tensorflow()
        from . import model

        self.maths_file, self.problem = model, problem
        self.X = tensorflow.constant(np.array(images))
        self.Y = tensorflow.one_hot(labels, problem.layers[-1], dtype=self.dtype.name)
        self.model, self.rates, self.history = model.compiled(problem, self.dtype.name)

    def reset(self, state):
        self.maths_file.store(self.model, state, self.dtype.name)
        self.step = state.step

    def train(self, order):
        n_steps, batch_size = order.shape
        self.rates.restart(self.problem.learning_rates(self.step, n_steps, batch_size), self.model.optimizer)
        batches = self.maths_file.mini_batches(self.X, self.Y, order)
        self.model.fit(batches, shuffle=False, verbose=0, callbacks=self.history)
        self.step += n_steps
        return np.array(self.history[0].losses, dtype=self.dtype) if self.problem.records_loss else None

    def params(self):
        return self.maths_file.canonical(self.model, self.step)
