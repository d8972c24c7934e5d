"""One SGD step with samples in rows: `step`, and below it the formulas, top to bottom in the order of a step.

X (B, D), Y (B, C), W[l] (fan_out, fan_in), b[l] (fan_out,), A[l] and delta (B, fan_out).
R scales the sum over the mini-batch; eta is the learning rate; φ is the problem's hidden activation.

Change a formula, then ask `paragone verify starter_name` whether it is still the same step.
"""

import numpy as np

# φ, φ′ and the output layers: paragone/adapters/numpy_outputs.py
CLASSES = 1  # the axis of Z, A and Y along which the classes lie

# All of it is timed, the gathering of the mini-batch included. Change first: `forward` and `backward`.


def step(net, batch, eta, R):
    """One SGD step on the images `batch`. Returns their loss before the update, or None"""
    X, Y = gather(net.X, net.Y, batch)
    Z, A = forward(X, net.W, net.b, net.hidden, net.output)
    batch_loss = loss(Z, A[-1], Y, R, net.output) if net.records_loss else None
    dW, db = backward(A, Y, net.W, R, net.hidden, net.output)
    update(net, dW, db, eta)
    return batch_loss


def gather(X, Y, batch):
    """X[batch], Y[batch]"""
    return X[batch], Y[batch]


def forward(X, W, b, hidden, output):
    """Z = A[l−1] W[l]ᵀ + b[l], A[l] = φ(Z); the last layer by the problem's output"""
    A = [X]
    for l, (W_l, b_l) in enumerate(zip(W, b, strict=True), start=1):
        Z = A[-1] @ W_l.T + b_l
        A.append(output.activation(Z, CLASSES) if l == len(W) else hidden.activation(Z))
    return Z, A


def loss(Z, A, Y, R, output):
    """R Σ_batch ℓ"""
    return R * output.loss(Z, A, Y, CLASSES)


def backward(A, Y, W, R, hidden, output):
    """dW[l] = R deltaᵀ A[l−1], db[l] = R Σ_batch delta, delta ← delta W[l] ∘ φ′(Z[l−1])"""
    delta, dW, db = output.delta(A[-1], Y), [], []
    for l in reversed(range(len(W))):  # here A[l] is what goes into the layer W[l]
        dW.insert(0, R * (delta.T @ A[l]))
        db.insert(0, R * delta.sum(axis=0))
        delta = (delta @ W[l]) * hidden.slope(A[l]) if l > 0 else None
    return dW, db


def update(net, dW, db, eta):
    """W ← W − η dW, b ← b − η db; another rule where the problem has momentum or penalties"""
    if not net.has_plain_update:
        return update_with_momentum(net, dW, db, eta)
    for theta, gradient in zip((*net.W, *net.b), (*dW, *db), strict=True):
        theta -= eta * gradient


def update_with_momentum(net, dW, db, eta):
    """Δ = η (dW + λ₂ W + λ₁ sign W), W ← W − (Δ + μ Δ_prev), Δ_prev ← Δ; biases without the penalties"""
    problem = net.problem
    penalised = [dW_l + problem.l2 * W_l + problem.l1 * np.sign(W_l) for W_l, dW_l in zip(net.W, dW, strict=True)]
    previous = (*net.dW_previous, *net.db_previous)
    for theta, gradient, before in zip((*net.W, *net.b), (*penalised, *db), previous, strict=True):
        change = eta * gradient
        theta -= change + problem.momentum * before
        before[...] = change


# Storing, before the clock starts: each array is copied once, into the layout in which the formulas use it.


def store_images(images, dtype, order):
    """X = images, (N, D)"""
    return np.array(images, dtype=dtype, order=order)


def store_labels(labels, n_classes, dtype):
    """Y = one-hot rows, (N, C)"""
    return np.eye(n_classes, dtype=dtype)[labels]


def store_layer(W, b, dtype):
    """W as (fan_out, fan_in), b as (fan_out,): as they come, in this dtype"""
    return np.array(W, dtype=dtype), np.array(b, dtype=dtype)


def canonical_layer(W, b):
    """Undoes store_layer: W as (fan_out, fan_in), b as (fan_out,)"""
    return W, b
