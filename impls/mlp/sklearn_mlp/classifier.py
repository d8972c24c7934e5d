"""scikit-learn's MLPClassifier as it comes; mini-batches, state and learning rate are set from outside.

X (N, D); y the labels (N,), for which scikit-learn makes the output softmax, or one-hot (N, C), for which it makes it
sigmoid with log loss. Inside, `coefs_` are W[l] (fan_in, fan_out) and `intercepts_` b[l] (fan_out,), and a step is

    v ← μ v − η (Σ_batch ∂ℓ/∂W + α W) / B,   W ← W + v

partial_fit makes one pass over the data that it is given, in slices of `batch_size` rows: the steps of equal η in one
call, whose mini-batches are gathered together, checked and made one-hot once. It tells the mean loss of a pass, so
that where the loss of every step is wanted a pass has one step.

The state and η have no public way in after the first pass: `_optimizer` is scikit-learn's own.
"""

import numpy as np
from sklearn.neural_network import MLPClassifier

from paragone.task.mlp.state import State

HIDDEN = {"sigmoid": "logistic", "tanh": "tanh", "relu": "relu"}  # the problem's word: scikit-learn's


def targets(labels, problem):
    """y, as scikit-learn wants it for the output of this problem."""
    if problem.output_activation == "softmax":
        return np.array(labels)
    return np.eye(problem.layers[-1], dtype=np.uint8)[labels]


def fresh(problem, X, y):
    """A classifier of the problem's layers after a first pass over one sample, which makes its weights."""
    model = MLPClassifier(
        hidden_layer_sizes=problem.layers[1:-1],
        activation=HIDDEN[problem.hidden_activation],
        solver="sgd",
        alpha=0.0,
        momentum=problem.momentum,
        nesterovs_momentum=False,
        shuffle=False,
        batch_size=1,
        random_state=0,
    )
    return model.partial_fit(X[:1], y[:1], classes=np.arange(problem.layers[-1]))


def store(model, state):
    """W.T, b, and v = −Δ_prev, in place: the optimizer holds these very arrays."""
    for inside, given in zip(model.coefs_, state.W, strict=True):
        inside[...] = given.T
    for inside, given in zip(model.intercepts_, state.b, strict=True):
        inside[...] = given
    dtype = model.coefs_[0].dtype
    velocities = [-dW.T for dW in state.dW] + [-db for db in state.db]
    model._optimizer.velocities = [np.array(v, dtype=dtype, order="C") for v in velocities]


def canonical(model, step):
    """W as (fan_out, fan_in), b as (fan_out,), Δ_prev = −v, float64."""
    v, depth = model._optimizer.velocities, len(model.coefs_)

    def copies(arrays, sign=1):
        return tuple(np.array(sign * x.T, dtype=np.float64, order="C") for x in arrays)

    return State(copies(model.coefs_), copies(model.intercepts_), copies(v[:depth], -1), copies(v[depth:], -1), step)


def prepare(model, problem, batch_size):
    """α = λ₂ / R: scikit-learn divides the penalty by B with all the rest, the problems do not."""
    model.set_params(batch_size=batch_size, alpha=problem.l2 / problem.batch_scale(batch_size))


def passes(order, rates, every_loss):
    """The rows of one pass and their η, pass by pass: the steps of equal η, or one step where every loss is wanted."""
    changes = range(1, len(order)) if every_loss else np.flatnonzero(np.diff(rates)) + 1
    for rows, etas in zip(np.split(order, changes), np.split(rates, changes), strict=True):
        yield rows, float(etas[0])


def train_pass(model, X, y, rows, eta, problem):
    """One pass over X[rows], y[rows]; its mean loss, scaled by R."""
    batch_size = rows.shape[1]
    scale = batch_size * problem.batch_scale(batch_size)  # scikit-learn's mean, or the problem's sum
    model._optimizer.learning_rate = eta * scale
    order = rows.ravel()
    model.partial_fit(X[order], y[order])
    return scale * model.loss_
