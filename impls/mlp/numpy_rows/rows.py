"""One SGD step with samples in rows.

X (B, D), Y (B, C), W[l] (fan_in, fan_out), b[l] (fan_out,), A[l] and delta (B, fan_out).
R scales the sum over the mini-batch; eta is the learning rate.
"""

import numpy as np


def store_images(images, dtype, order):
    """X = images, (N, D), in memory order C or F."""
    return np.array(images, dtype=dtype, order=order)


def store_labels(labels, dtype):
    """Y = one-hot rows, (N, C)."""
    return np.eye(10, dtype=dtype)[labels]


def store_layer(W, b, dtype):
    """W as (fan_in, fan_out), b as (fan_out,)."""
    return np.array(W.T, dtype=dtype, order="C"), np.array(b, dtype=dtype)


def canonical_layer(W, b):
    """W as (fan_out, fan_in), b as (fan_out,)."""
    return W.T, b


def sigmoid(Z):
    """1 / (1 + exp(−Z))"""
    return 1 / (1 + np.exp(-Z))


def softmax(Z):
    """exp(Z) / Σ_classes exp(Z), shifted by the largest logit of each sample."""
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)


def quadratic_delta(A, Y):
    """(A − Y) ∘ A ∘ (1 − A)"""
    return (A - Y) * A * (1 - A)


def difference_delta(A, Y):
    """A − Y: sigmoid with log loss, softmax with cross-entropy."""
    return A - Y


def quadratic_loss(Z, A, Y):
    """½ Σ (A − Y)²"""
    return 0.5 * np.sum((A - Y) ** 2)


def log_loss(Z, A, Y):
    """−Σ (Y log A + (1 − Y) log(1 − A)) = Σ log(1 + exp(Z)) − Y∘Z, from the logits"""
    return np.sum(np.logaddexp(0, Z) - Y * Z)


def cross_entropy(Z, A, Y):
    """−Σ Y log A = Σ log Σ_classes exp(Z) − Y∘Z, from the logits"""
    top = Z.max(axis=1)
    return np.sum(top + np.log(np.sum(np.exp(Z - top[:, None]), axis=1))) - np.sum(Y * Z)


OUTPUTS = {
    ("sigmoid", "quadratic"): (sigmoid, quadratic_delta, quadratic_loss),
    ("sigmoid", "log"): (sigmoid, difference_delta, log_loss),
    ("softmax", "cross_entropy"): (softmax, difference_delta, cross_entropy),
}


def gather(X, Y, batch):
    """X[batch], Y[batch]"""
    return X[batch], Y[batch]


def forward(X, W, b, activate):
    """Z = A[l−1] W[l] + b[l], A[l] = σ(Z); the last layer by `activate`."""
    A = [X]
    for W_l, b_l in zip(W[:-1], b[:-1], strict=True):
        A.append(sigmoid(A[-1] @ W_l + b_l))
    Z = A[-1] @ W[-1] + b[-1]
    A.append(activate(Z))
    return Z, A


def predicted(Z):
    """argmax_classes Z"""
    return Z.argmax(axis=1)


def backward(A, delta, W, R):
    """dW[l] = R A[l−1]ᵀ delta, db[l] = R Σ_batch delta, delta ← delta W[l]ᵀ ∘ A[l−1] ∘ (1 − A[l−1])"""
    dW, db = [], []
    for l in range(len(W) - 1, -1, -1):
        dW.insert(0, R * (A[l].T @ delta))
        db.insert(0, R * delta.sum(axis=0))
        if l > 0:
            delta = (delta @ W[l].T) * A[l] * (1 - A[l])
    return dW, db


def update(W, b, dW, db, eta):
    """W ← W − η dW, b ← b − η db"""
    for l in range(len(W)):
        W[l] -= eta * dW[l]
        b[l] -= eta * db[l]


def update_with_momentum(W, b, dW, db, eta, previous, problem):
    """Δ = η (dW + λ₂ W + λ₁ sign W), W ← W − (Δ + μ Δ_prev), Δ_prev ← Δ; biases without the penalties"""
    dW_previous, db_previous = previous
    for l in range(len(W)):
        step = eta * (dW[l] + problem.l2 * W[l] + problem.l1 * np.sign(W[l]))
        W[l] -= step + problem.momentum * dW_previous[l]
        dW_previous[l] = step
        step = eta * db[l]
        b[l] -= step + problem.momentum * db_previous[l]
        db_previous[l] = step
