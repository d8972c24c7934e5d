"""One SGD step with samples in rows, as pure functions: XLA makes one program of a whole step.

X (B, D), Y (B, C), W[l] (fan_in, fan_out), b[l] (fan_out,), A[l] and delta (B, fan_out).
R scales the sum over the mini-batch; eta is the learning rate; `previous` is (dW, db), or () with the plain update; φ
is the problem's hidden activation.

Longer than 100 lines: three hidden layers and three outputs, each with its formulas.
"""

from collections import namedtuple

import jax
import jax.numpy as jnp


def step(problem, network, X, Y, batch, eta):
    """The images `batch`, once forward and back, and the update; the network after it, and the loss from before it."""
    W, b, previous = network
    R, hidden = problem.batch_scale(len(batch)), HIDDEN[problem.hidden_activation]
    output = OUTPUTS[problem.output_activation, problem.loss]
    X, Y = gather(X, Y, batch)
    Z, A = forward(X, W, b, hidden, output)
    batch_loss = loss(Z, A[-1], Y, R, output) if problem.records_loss else None
    dW, db = backward(A, Y, W, R, hidden, output)
    return update(problem, W, b, dW, db, eta, previous), batch_loss


def gather(X, Y, batch):
    """X[batch], Y[batch]"""
    return X[batch], Y[batch]


def forward(X, W, b, hidden, output):
    """Z = A[l−1] W[l] + b[l], A[l] = φ(Z); the last layer by the problem's output"""
    A = [X]
    for W_l, b_l in zip(W[:-1], b[:-1], strict=True):
        A.append(hidden.activation(A[-1] @ W_l + b_l))
    Z = A[-1] @ W[-1] + b[-1]
    return Z, [*A, output.activation(Z)]


def loss(Z, A, Y, R, output):
    """R Σ_batch ℓ"""
    return R * output.loss(Z, A, Y)


def backward(A, Y, W, R, hidden, output):
    """dW[l] = R A[l−1]ᵀ delta, db[l] = R Σ_batch delta, delta ← delta W[l]ᵀ ∘ φ′(Z[l−1])"""
    delta, dW, db = output.delta(A[-1], Y), [], []
    for l in range(len(W) - 1, -1, -1):
        dW.insert(0, R * (A[l].T @ delta))
        db.insert(0, R * delta.sum(axis=0))
        if l > 0:
            delta = (delta @ W[l].T) * hidden.slope(A[l])
    return dW, db


def update(problem, W, b, dW, db, eta, previous):
    """W − η dW, b − η db; another rule where the problem has momentum or penalties"""
    if not problem.has_plain_update:
        return update_with_momentum(problem, W, b, dW, db, eta, previous)
    return [W[l] - eta * dW[l] for l in range(len(W))], [b[l] - eta * db[l] for l in range(len(b))], previous


def update_with_momentum(problem, W, b, dW, db, eta, previous):
    """Δ = η (dW + λ₂ W + λ₁ sign W), W − (Δ + μ Δ_prev), Δ is the next Δ_prev; biases without the penalties"""
    DW = [eta * (dW[l] + problem.l2 * W[l] + problem.l1 * jnp.sign(W[l])) for l in range(len(W))]
    Db = [eta * db[l] for l in range(len(b))]
    W = [W[l] - (DW[l] + problem.momentum * previous[0][l]) for l in range(len(W))]
    b = [b[l] - (Db[l] + problem.momentum * previous[1][l]) for l in range(len(b))]
    return W, b, (DW, Db)


def sigmoid_slope(A):
    """A ∘ (1 − A)"""
    return A * (1 - A)


def tanh_slope(A):
    """1 − A²"""
    return 1 - A**2


def relu_slope(A):
    """1 where A > 0, else 0"""
    return A > 0


def quadratic_delta(A, Y):
    """(A − Y) ∘ A ∘ (1 − A)"""
    return (A - Y) * A * (1 - A)


def difference_delta(A, Y):
    """A − Y: sigmoid with log loss, softmax with cross-entropy"""
    return A - Y


def quadratic_loss(Z, A, Y):
    """½ Σ (A − Y)²"""
    return 0.5 * jnp.sum((A - Y) ** 2)


def log_loss(Z, A, Y):
    """−Σ (Y log A + (1 − Y) log(1 − A)) = Σ log(1 + exp(Z)) − Y∘Z, from the logits"""
    return jnp.sum(jax.nn.softplus(Z) - Y * Z)


def cross_entropy(Z, A, Y):
    """−Σ Y log A = Σ log Σ_classes exp(Z) − Y∘Z, from the logits"""
    return jnp.sum(jax.nn.logsumexp(Z, axis=1)) - jnp.sum(Y * Z)


Hidden = namedtuple("Hidden", "activation slope")
HIDDEN = {
    "sigmoid": Hidden(jax.nn.sigmoid, sigmoid_slope),
    "tanh": Hidden(jnp.tanh, tanh_slope),
    "relu": Hidden(jax.nn.relu, relu_slope),
}
Output = namedtuple("Output", "activation delta loss")
OUTPUTS = {
    ("sigmoid", "quadratic"): Output(jax.nn.sigmoid, quadratic_delta, quadratic_loss),
    ("sigmoid", "log"): Output(jax.nn.sigmoid, difference_delta, log_loss),
    ("softmax", "cross_entropy"): Output(jax.nn.softmax, difference_delta, cross_entropy),
}
