"""One SGD step, sample by sample.

x (D,), y (C,), W[l] (fan_out, fan_in), b[l] (fan_out,), A[l] and delta (fan_out,).
R scales the sum over the mini-batch; eta is the learning rate.
"""

import numpy as np


def store_images(images, dtype, order):
    """X = images, (N, D): each row is a sample."""
    return np.array(images, dtype=dtype, order=order)


def store_labels(labels, dtype):
    """Y = one-hot rows, (N, C)."""
    return np.eye(10, dtype=dtype)[labels]


def store_layer(W, b, dtype):
    """W as (fan_out, fan_in), b as (fan_out,)."""
    return np.array(W, dtype=dtype, order="C"), np.array(b, dtype=dtype)


def canonical_layer(W, b):
    """W as (fan_out, fan_in), b as (fan_out,)."""
    return W, b


def sigmoid(z):
    """1 / (1 + exp(−z))"""
    return 1 / (1 + np.exp(-z))


def softmax(z):
    """exp(z) / Σ_classes exp(z), shifted by the largest logit."""
    e = np.exp(z - z.max())
    return e / e.sum()


def quadratic_delta(a, y):
    """(a − y) ∘ a ∘ (1 − a)"""
    return (a - y) * a * (1 - a)


def difference_delta(a, y):
    """a − y: sigmoid with log loss, softmax with cross-entropy."""
    return a - y


def quadratic_loss(z, a, y):
    """½ Σ (a − y)²"""
    return 0.5 * np.sum((a - y) ** 2)


def log_loss(z, a, y):
    """−Σ (y log a + (1 − y) log(1 − a)) = Σ log(1 + exp(z)) − y∘z, from the logits"""
    return np.sum(np.logaddexp(0, z) - y * z)


def cross_entropy(z, a, y):
    """−Σ y log a = log Σ_classes exp(z) − y·z, from the logits"""
    top = z.max()
    return top + np.log(np.sum(np.exp(z - top))) - y @ z


OUTPUTS = {
    ("sigmoid", "quadratic"): (sigmoid, quadratic_delta, quadratic_loss),
    ("sigmoid", "log"): (sigmoid, difference_delta, log_loss),
    ("softmax", "cross_entropy"): (softmax, difference_delta, cross_entropy),
}


def gather(X, Y, i):
    """X[i], Y[i]"""
    return X[i], Y[i]


def forward(x, W, b, activate):
    """z = W[l] A[l−1] + b[l], A[l] = σ(z); the last layer by `activate`."""
    A = [x]
    for W_l, b_l in zip(W[:-1], b[:-1], strict=True):
        A.append(sigmoid(W_l @ A[-1] + b_l))
    z = W[-1] @ A[-1] + b[-1]
    A.append(activate(z))
    return z, A


def predicted(z):
    """argmax_classes z"""
    return z.argmax()


def zero_gradients(W, b):
    """dW, db = 0"""
    return [np.zeros_like(W_l) for W_l in W], [np.zeros_like(b_l) for b_l in b]


def backward(A, delta, W, R, dW, db):
    """dW[l] += R delta A[l−1]ᵀ, db[l] += R delta, delta ← W[l]ᵀ delta ∘ A[l−1] ∘ (1 − A[l−1])"""
    delta = R * delta
    for l in range(len(W) - 1, -1, -1):
        dW[l] += np.outer(delta, A[l])
        db[l] += delta
        if l > 0:
            delta = (W[l].T @ delta) * A[l] * (1 - A[l])


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
