"""One SGD step with samples in rows, on a GPU: numpy_rows/rows.py with another array module, as `diff` shows.

X (B, D), Y (B, C), W[l] (fan_in, fan_out), b[l] (fan_out,), A[l] and delta (B, fan_out).
R scales the sum over the mini-batch; eta is the learning rate; φ is the problem's hidden activation.
"""

import cupy as np  # its functions have the names of NumPy's, so the formulas below are the same to the letter

CLASSES = 1  # the axis of Z, A and Y along which the classes lie


def step(net, batch, eta, R):
    """The images `batch`, once forward and back, and the update; the loss is that from before it."""
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
    """Z = A[l−1] W[l] + b[l], A[l] = φ(Z); the last layer by the problem's output"""
    A = [X]
    for W_l, b_l in zip(W[:-1], b[:-1], strict=True):
        A.append(hidden.activation(A[-1] @ W_l + b_l))
    Z = A[-1] @ W[-1] + b[-1]
    A.append(output.activation(Z, CLASSES))
    return Z, A


def loss(Z, A, Y, R, output):
    """R Σ_batch ℓ"""
    return R * output.loss(Z, A, Y, CLASSES)


def backward(A, Y, W, R, hidden, output):
    """dW[l] = R A[l−1]ᵀ delta, db[l] = R Σ_batch delta, delta ← delta W[l]ᵀ ∘ φ′(Z[l−1])"""
    delta = output.delta(A[-1], Y)
    dW, db = [], []
    for l in range(len(W) - 1, -1, -1):
        dW.insert(0, R * (A[l].T @ delta))
        db.insert(0, R * delta.sum(axis=0))
        if l > 0:
            delta = (delta @ W[l].T) * hidden.slope(A[l])
    return dW, db


def update(net, dW, db, eta):
    """W ← W − η dW, b ← b − η db; another rule where the problem has momentum or penalties"""
    if not net.has_plain_update:
        return update_with_momentum(net, dW, db, eta)
    for l in range(len(dW)):
        net.W[l] -= eta * dW[l]
        net.b[l] -= eta * db[l]


def update_with_momentum(net, dW, db, eta):
    """Δ = η (dW + λ₂ W + λ₁ sign W), W ← W − (Δ + μ Δ_prev), Δ_prev ← Δ; biases without the penalties"""
    problem, W, b = net.problem, net.W, net.b
    for l in range(len(W)):
        change = eta * (dW[l] + problem.l2 * W[l] + problem.l1 * np.sign(W[l]))
        W[l] -= change + problem.momentum * net.dW_previous[l]
        net.dW_previous[l] = change
        change = eta * db[l]
        b[l] -= change + problem.momentum * net.db_previous[l]
        net.db_previous[l] = change


def store_images(images, dtype, order):
    """X = images, (N, D), in memory order C or F"""
    return np.array(images, dtype=dtype, order=order)


def store_labels(labels, n_classes, dtype):
    """Y = one-hot rows, (N, C)"""
    return np.eye(n_classes, dtype=dtype)[np.asarray(labels)]


def store_layer(W, b, dtype):
    """W as (fan_in, fan_out), b as (fan_out,)"""
    return np.array(W.T, dtype=dtype, order="C"), np.array(b, dtype=dtype)


def canonical_layer(W, b):
    """W as (fan_out, fan_in), b as (fan_out,), back in the memory of the CPU"""
    return np.asnumpy(W.T), np.asnumpy(b)
