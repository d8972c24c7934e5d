"""One SGD step with gradients by hand, compiled by torch.compile into one piece for each size of mini-batch.

Samples in columns: X (B, D) seen as Xᵀ, W[l] (fan_out, fan_in), b[l] (fan_out,), A[l] and delta (fan_out, B), Y (C, B).
R scales the sum over the mini-batch; eta is the learning rate, a tensor: for each new number it would be compiled anew;
φ is the problem's hidden activation.
Longer than 100 lines: the step is written in a closure, for its constants to be compiled into it.

A product is scaled by a multiplication of its own. In torch.add(V, delta @ A.T, alpha=factor) the compiler of PyTorch
2.13 merges sum and product, and on a CPU it then loses `alpha`: a wrong step, at the same speed, without a word.
"""

import torch
from torch.nn import functional as F


def store_labels(labels, X, problem):
    """Y = one-hot rows, (N, C)"""
    return F.one_hot(labels.long(), problem.layers[-1]).to(X.dtype)


class Network:
    """W[l], b[l], and the updates before, Δ_prev: dW[l], db[l]."""

    def __init__(self, problem, X):
        self.W, self.dW = ([X.new_zeros(fan_out, fan_in) for fan_in, fan_out in problem.fans] for _ in range(2))
        self.b, self.db = ([X.new_zeros(fan_out) for _, fan_out in problem.fans] for _ in range(2))


def sigmoid_slope(A):
    """A ∘ (1 − A)"""
    return A * (1 - A)


def tanh_slope(A):
    """1 − A²"""
    return 1 - A**2


def relu_slope(A):
    """1 where A > 0, else 0"""
    return A > 0


def softmax(Z):
    """exp(Z) / Σ_classes exp(Z)"""
    return torch.softmax(Z, 0)


def quadratic_delta(A, Y):
    """(A − Y) ∘ A ∘ (1 − A)"""
    return (A - Y) * A * (1 - A)


def difference_delta(A, Y):
    """A − Y: sigmoid with log loss, softmax with cross-entropy"""
    return A - Y


def quadratic_loss(Z, A, Y):
    """½ Σ (A − Y)²"""
    return 0.5 * ((A - Y) ** 2).sum()


def log_loss(Z, A, Y):
    """Σ log(1 + exp(Z)) − Y∘Z, from the logits: log A would be −inf where A rounds to 0"""
    return F.binary_cross_entropy_with_logits(Z, Y, reduction="sum")


def cross_entropy(Z, A, Y):
    """Σ log Σ_classes exp(Z) − Y∘Z, from the logits"""
    return torch.logsumexp(Z, 0).sum() - (Y * Z).sum()


HIDDEN = {
    "sigmoid": (torch.sigmoid, sigmoid_slope),
    "tanh": (torch.tanh, tanh_slope),
    "relu": (torch.relu, relu_slope),
}
OUTPUTS = {
    ("sigmoid", "quadratic"): (torch.sigmoid, quadratic_delta, quadratic_loss),
    ("sigmoid", "log"): (torch.sigmoid, difference_delta, log_loss),
    ("softmax", "cross_entropy"): (softmax, difference_delta, cross_entropy),
}


def written_step(problem, R):
    """The step of this problem, to be compiled; the loss, or None."""
    hidden, slope = HIDDEN[problem.hidden_activation]
    activate, output_delta, batch_loss = OUTPUTS[problem.output_activation, problem.loss]
    is_plain, records_loss = problem.has_plain_update, problem.records_loss
    momentum, l1, l2 = problem.momentum, problem.l1, problem.l2

    def step(X, Y, batch, W, b, dW, db, eta):
        """The images `batch`, once forward and back, and the update; the loss is that from before it."""
        X, Y = gather(X, Y, batch)
        Z, A = forward(X, W, b, hidden, activate)
        loss = R * batch_loss(Z, A[-1], Y) if records_loss else None
        gradients = backward(A, output_delta(A[-1], Y), W, R, slope)
        if is_plain:
            update(W, b, *gradients, eta)
        else:
            update_with_momentum(W, b, *gradients, eta, dW, db, momentum, l1, l2)
        return loss

    return step


def gather(X, Y, batch):
    """X[batch], Y[batch]ᵀ"""
    return X[batch], Y[batch].T


def forward(X, W, b, hidden, activate):
    """Z = W[l] A[l] + b[l], A[l+1] = φ(Z), from A[0] = Xᵀ on; the last layer by `activate`"""
    A = [X.T]
    for W_l, b_l in zip(W[:-1], b[:-1], strict=True):
        A.append(hidden(W_l @ A[-1] + b_l[:, None]))
    Z = W[-1] @ A[-1] + b[-1][:, None]
    A.append(activate(Z))
    return Z, A


def backward(A, delta, W, R, slope):
    """dW[l] = R delta A[l]ᵀ, db[l] = R Σ_batch delta, delta ← W[l]ᵀ delta ∘ φ′(Z[l−1])"""
    dW, db = [], []
    for l in range(len(W) - 1, -1, -1):
        dW.insert(0, R * (delta @ A[l].T))
        db.insert(0, R * delta.sum(1))
        if l > 0:
            delta = (W[l].T @ delta) * slope(A[l])
    return dW, db


def update(W, b, dW, db, eta):
    """W ← W − η dW, b ← b − η db"""
    for l in range(len(W)):
        W[l] -= eta * dW[l]
        b[l] -= eta * db[l]


def update_with_momentum(W, b, dW, db, eta, dW_previous, db_previous, momentum, l1, l2):
    """Δ = η (dW + λ₂ W + λ₁ sign W), W ← W − (Δ + μ Δ_prev), Δ_prev ← Δ; biases without the penalties"""
    for l in range(len(W)):
        change = eta * (dW[l] + l2 * W[l] + l1 * torch.sign(W[l]))
        W[l] -= change + momentum * dW_previous[l]
        dW_previous[l].copy_(change)
        change = eta * db[l]
        b[l] -= change + momentum * db_previous[l]
        db_previous[l].copy_(change)


class MiniBatch:
    """Mini-batches of one size, whose step is compiled when it is taken for the first time."""

    def __init__(self, problem, network, X, Y, batch_size):
        self.network, self.X, self.Y = network, X, Y
        written = written_step(problem, problem.batch_scale(batch_size))
        # At most once: a step that would be compiled again raises, where a shared count would fall back to eager code.
        once = {"fullgraph": True, "recompile_limit": 1, "isolate_recompiles": True}
        self.compiled = torch.compile(written, dynamic=False, **once)

    def step(self, batch, eta):
        """The compiled step, as one call."""
        network = self.network
        return self.compiled(self.X, self.Y, batch, network.W, network.b, network.dW, network.db, eta)
