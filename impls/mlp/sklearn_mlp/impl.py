"""sklearn_mlp: scikit-learn's MLPClassifier, an epoch's mini-batches to a call of partial_fit."""

import importlib.metadata

import numpy as np

from paragone.adapters.packages import PackageImplementation
from paragone.implementation.contract import FLOATS


class SklearnMLP(PackageImplementation):
    """Exact for softmax with cross-entropy; elsewhere it comes near: see `nearest`."""

    package, extra = "sklearn", "sklearn"
    name = "sklearn_mlp"
    language = "scikit-learn"
    layout = "samples in rows"
    source = "scikit-learn: MLPClassifier"
    idea = "The classifier that most people have at hand: what do its checks, its labels and its own loss cost?"
    maths = ("classifier.py",)
    axes = {"dtype": FLOATS}
    hidden_activations = ("sigmoid", "tanh", "relu")

    @classmethod
    def nearest(cls, problem):
        differences = (
            (problem.loss == "quadratic", "it has no quadratic cost, and takes the log loss"),
            (problem.momentum, "its momentum carries on all earlier updates, not the last alone"),
            (problem.l1, "it has no L1 penalty"),
            (problem.l2 and problem.records_loss, "the loss that it tells includes the L2 penalty"),
        )
        return "; ".join(words for differs, words in differences if differs) or None

    def build_info(self):
        return {"scikit-learn": importlib.metadata.version("scikit-learn")}

    def load(self, problem, images, labels):
        from . import classifier

        self.maths_file, self.problem = classifier, problem
        self.X, self.y = np.array(images), classifier.targets(labels, problem)
        self.model = classifier.fresh(problem, self.X, self.y)

    def reset(self, state):
        self.maths_file.store(self.model, state)
        self.step = state.step

    def train(self, order):
        n_steps, batch_size = order.shape
        rates = self.problem.learning_rates(self.step, n_steps, batch_size)
        self.maths_file.prepare(self.model, self.problem, batch_size)
        losses = []
        for rows, eta in self.maths_file.passes(order, rates, self.problem.records_loss):
            losses.append(self.maths_file.train_pass(self.model, self.X, self.y, rows, eta, self.problem))
        self.step += n_steps
        return np.array(losses, dtype=self.dtype) if self.problem.records_loss else None

    def params(self):
        return self.maths_file.canonical(self.model, self.step)
