"""What Keras lacks or has otherwise, as parts that `compile` and `fit` take: losses, penalty, optimizer, η, record.

W a kernel (fan_in, fan_out); Y (B, C) one-hot; Z logits (B, C); θ any variable, g its gradient. Keras's own losses of
sigmoid outputs are means over the classes, and its momentum carries on all earlier updates; the problems want the sum
over the classes and the last update alone. Its penalty l2 is l2·ΣW², of gradient 2·l2·W, and in float64 it rounds l2 to
float32 first.

Longer than 100 lines: Keras wants a class for each part.
"""

import keras
import numpy as np
import tensorflow as tf
from keras import ops

REDUCTIONS = {"mean": "sum_over_batch_size", "sum": "sum"}


def quadratic_loss(Y, Z):
    """½ Σ_classes (σ(Z) − Y)²"""
    return 0.5 * ops.sum(ops.square(ops.sigmoid(Z) - Y), axis=-1)


def log_loss(Y, Z):
    """Σ_classes log(1 + exp(Z)) − Y∘Z"""
    return ops.sum(ops.binary_crossentropy(Y, Z, from_logits=True), axis=-1)


def cross_entropy(Y, Z):
    """log Σ_classes exp(Z) − Σ_classes Y∘Z"""
    return ops.categorical_crossentropy(Y, Z, from_logits=True)


LOSSES = {"quadratic": quadratic_loss, "log": log_loss, "cross_entropy": cross_entropy}


class Loss(keras.losses.Loss):
    """R Σ_batch ℓ(Y, Z)"""

    def __init__(self, problem, dtype):
        super().__init__(reduction=REDUCTIONS[problem.reduction], dtype=dtype)
        self.formula = LOSSES[problem.loss]

    def call(self, Y, Z):
        return self.formula(Y, Z)


class Penalty(keras.regularizers.Regularizer):
    """λ₁ Σ |W| + ½ λ₂ Σ W²"""

    def __init__(self, l1, l2):
        self.l1, self.l2 = l1, l2

    def __call__(self, W):
        return self.l1 * ops.sum(ops.abs(W)) + 0.5 * self.l2 * ops.sum(ops.square(W))


class MomentumOfLastUpdate(keras.optimizers.Optimizer):
    """Δ = η g, θ ← θ − (Δ + μ Δ_prev), Δ_prev ← Δ"""

    def __init__(self, rates, momentum):
        super().__init__(learning_rate=rates)
        self.momentum = momentum

    def build(self, variables):
        super().build(variables)
        self.previous = self.add_optimizer_variables(variables, "previous")

    def update_step(self, gradient, variable, learning_rate):
        previous = self.previous[self._get_variable_index(variable)]
        update = learning_rate * gradient
        self.assign_sub(variable, update + self.momentum * previous)
        self.assign(previous, update)


class Rates(keras.optimizers.schedules.LearningRateSchedule):
    """η of each step of a call of fit."""

    def __init__(self, dtype):
        self.eta = tf.Variable(np.zeros(1), dtype=dtype, shape=[None])

    def restart(self, rates, optimizer):
        """The first step takes rates[0]."""
        self.eta.assign(rates)
        optimizer.iterations.assign(0)

    def __call__(self, step):
        return tf.gather(self.eta, tf.convert_to_tensor(step))


class LossOfStep(keras.metrics.Metric):
    """The loss of the mini-batch without the penalties; fit's own is the mean since its epoch began, with them."""

    def __init__(self, loss, dtype):
        super().__init__(name="loss_of_step", dtype=dtype)
        self.loss, self.value = loss, self.add_variable((), "zeros", dtype=dtype)

    def update_state(self, Y, Z, sample_weight=None):
        self.value.assign(self.loss(Y, Z))

    def result(self):
        return tf.identity(self.value.value)


class Losses(keras.callbacks.Callback):
    """The loss of every step of the last call of fit."""

    def on_train_begin(self, logs=None):
        self.losses = []

    def on_train_batch_end(self, batch, logs=None):
        self.losses.append(float(logs["loss_of_step"]))
