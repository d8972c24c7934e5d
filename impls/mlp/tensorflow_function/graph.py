"""The training step as a graph of TensorFlow's: loss forward, gradients by the tape, update in place.

X (N, D); Y (N, C) one-hot; W[l] (fan_in, fan_out); b[l] (fan_out,); Z logits (B, C); φ the problem's hidden activation;
all constants and variables on the CPU, which is named. `steps` is traced once, for any number of steps and any batch
size.

Longer than 100 lines: TensorFlow's graph of many steps, its signature and its variables are made here, too.
"""

import numpy as np
import tensorflow as tf

from paragone.task.mlp.state import State

DEVICE = "/CPU:0"


def quadratic_loss(Z, Y):
    """½ Σ (σ(Z) − Y)²"""
    return 0.5 * tf.reduce_sum(tf.square(tf.sigmoid(Z) - Y))


def log_loss(Z, Y):
    """Σ log(1 + exp(Z)) − Y∘Z"""
    return tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(labels=Y, logits=Z))


def cross_entropy(Z, Y):
    """Σ log Σ_classes exp(Z) − Y∘Z"""
    return tf.reduce_sum(tf.nn.softmax_cross_entropy_with_logits(labels=Y, logits=Z))


LOSSES = {"quadratic": quadratic_loss, "log": log_loss, "cross_entropy": cross_entropy}


HIDDEN = {"sigmoid": tf.sigmoid, "tanh": tf.tanh, "relu": tf.nn.relu}


def gather(X, Y, batch):
    """X[batch], Y[batch]"""
    return tf.gather(X, batch), tf.gather(Y, batch)


def forward(X, W, b, hidden):
    """Z = A W + b, A = φ(Z) in the hidden layers; Z of the last layer."""
    A = X
    for W_l, b_l in zip(W[:-1], b[:-1], strict=True):
        A = hidden(A @ W_l + b_l)
    return A @ W[-1] + b[-1]


def backward(tape, loss, W, b):
    """∂loss/∂W, ∂loss/∂b"""
    return tape.gradient(loss, [W, b])


def plain_update(theta, gradient, eta):
    """θ ← θ − η g"""
    theta.assign_sub(eta * gradient)


def update_with_momentum(theta, gradient, previous, eta, mu):
    """Δ = η g, θ ← θ − (Δ + μ Δ_prev), Δ_prev ← Δ"""
    step = eta * gradient
    theta.assign_sub(step + mu * previous)
    previous.assign(step)


class Network(tf.Module):
    """The training set, the variables, and the graph of many steps."""

    def __init__(self, problem, images, labels, dtype):
        self.problem, self.loss, self.hidden = problem, LOSSES[problem.loss], HIDDEN[problem.hidden_activation]
        with tf.device(DEVICE):
            self.X = tf.constant(np.array(images))
            self.Y = tf.one_hot(labels, problem.layers[-1], dtype=dtype)
            zeros = [(np.zeros(fans, dtype), np.zeros(fans[1], dtype)) for fans in problem.fans]
            self.W, self.b, self.dW, self.db = ([tf.Variable(z[i]) for z in zeros] for i in (0, 1, 0, 1))
            signature = [tf.TensorSpec((None, None), tf.int64), tf.TensorSpec((None,), dtype)]
            self.steps = tf.function(self._steps, input_signature=signature, jit_compile=False)
            self.steps.get_concrete_function()

    def _steps(self, order, rates):
        """A step for each row of `order`; the losses (n_steps,) where they are wanted, else none."""
        with tf.device(DEVICE):
            n_steps = tf.shape(order)[0]
            size = n_steps if self.problem.records_loss else 0
            losses = tf.TensorArray(self.X.dtype, size, element_shape=())
            for t in tf.range(n_steps):
                loss = self.step(order[t], rates[t])
                if self.problem.records_loss:
                    losses = losses.write(t, loss)
            return losses.stack()

    def step(self, batch, eta):
        """The images `batch`, once forward and back, and the update; the loss is that from before it."""
        X, Y = gather(self.X, self.Y, batch)
        R = 1 / tf.cast(tf.size(batch), X.dtype) if self.problem.reduction == "mean" else 1
        with tf.GradientTape() as tape:
            Z = forward(X, self.W, self.b, self.hidden)
            batch_loss = R * self.loss(Z, Y)
        dW, db = backward(tape, batch_loss, self.W, self.b)
        self.update(dW, db, eta)
        return batch_loss

    def update(self, dW, db, eta):
        """The penalties λ₂ W + λ₁ sign(W) on the weights, then the update of each variable."""
        problem = self.problem
        if problem.l1 or problem.l2:
            dW = [g + problem.l2 * W_l + problem.l1 * tf.sign(W_l) for g, W_l in zip(dW, self.W, strict=True)]
        for theta, gradient, previous in zip(self.W + self.b, dW + db, self.dW + self.db, strict=True):
            if problem.has_plain_update:
                plain_update(theta, gradient, eta)
            else:
                update_with_momentum(theta, gradient, previous, eta, problem.momentum)

    def store(self, state):
        """W as (fan_in, fan_out), b as (fan_out,), and the previous updates."""
        for kind in ("W", "b", "dW", "db"):
            for variable, given in zip(getattr(self, kind), getattr(state, kind), strict=True):
                variable.assign(given.T)

    def state(self, step):
        """W as (fan_out, fan_in), b as (fan_out,), and the previous updates, float64."""
        kinds = ([x.numpy().T for x in kind] for kind in (self.W, self.b, self.dW, self.db))
        return State(*(tuple(np.array(x, dtype=np.float64, order="C") for x in kind) for kind in kinds), step)
