"""The network in Keras: a Sequential model, compiled, its mini-batches, and its state.

X (N, D); Y (N, C) one-hot; kernels W[l] (fan_in, fan_out), biases b[l] (fan_out,). Keras keeps kernel and bias of a
layer side by side. The last layer gives logits, as Keras advises: the loss is computed from them.
"""

import keras
import numpy as np
import tensorflow as tf

from paragone.task.mlp.state import State

from .parts import Loss, Losses, LossOfStep, MomentumOfLastUpdate, Penalty, Rates


def compiled(problem, dtype):
    """The model, the η that its optimizer takes, and the callbacks that `fit` needs."""
    keras.config.set_floatx(dtype)
    penalty = Penalty(problem.l1, problem.l2) if problem.l1 or problem.l2 else None
    activations = [problem.hidden_activation] * (len(problem.layers) - 2) + [None]
    model = keras.Sequential([keras.Input((problem.layers[0],), dtype=dtype)])
    for width, activation in zip(problem.layers[1:], activations, strict=True):
        model.add(keras.layers.Dense(width, activation, kernel_regularizer=penalty, dtype=dtype))
    rates = Rates(dtype)
    optimizer = MomentumOfLastUpdate(rates, problem.momentum) if problem.momentum else keras.optimizers.SGD(rates)
    metrics = [LossOfStep(Loss(problem, dtype), dtype)] if problem.records_loss else None
    model.compile(optimizer, Loss(problem, dtype), metrics=metrics)
    optimizer.build(model.trainable_variables)
    return model, rates, [Losses()] if problem.records_loss else []


def mini_batches(X, Y, order):
    """X[batch], Y[batch] for each row of `order`"""
    rows = tf.data.Dataset.from_tensor_slices(order)
    return rows.map(lambda batch: (tf.gather(X, batch), tf.gather(Y, batch)))


def store(model, state, dtype):
    """W as (fan_in, fan_out), b as (fan_out,), and the previous updates."""
    keras.config.set_floatx(dtype)  # the process's: another model may have changed it
    store_pairs(model.trainable_variables, state.W, state.b)
    if keeps_updates(model):
        store_pairs(model.optimizer.previous, state.dW, state.db)


def store_pairs(variables, matrices, vectors):
    """Kernel, bias, kernel, bias, …"""
    for variable, given in zip(
        variables, [x for pair in zip(matrices, vectors, strict=True) for x in pair], strict=True
    ):
        variable.assign(given.T)


def keeps_updates(model):
    """Whether the optimizer keeps the previous updates."""
    return isinstance(model.optimizer, MomentumOfLastUpdate)


def canonical(model, step):
    """W as (fan_out, fan_in), b as (fan_out,), and the previous updates, float64; at rest without momentum."""
    W, b = canonical_pairs(model.trainable_variables)
    if not keeps_updates(model):
        return State.at_rest(W, b, step)
    return State(W, b, *canonical_pairs(model.optimizer.previous), step)


def canonical_pairs(variables):
    """Kernels transposed, biases; float64."""
    arrays = [np.array(variable.numpy().T, np.float64, order="C") for variable in variables]
    return tuple(arrays[::2]), tuple(arrays[1::2])
