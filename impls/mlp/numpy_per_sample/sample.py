"""One SGD step sample by sample.

x (D,), y (C,), W[l] (fan_out, fan_in), b[l] (fan_out,), a[l] and delta (fan_out,).
R scales the sum over the mini-batch; eta is the learning rate; φ is the problem's hidden activation.

Longer than 100 lines: beside the sample it has the loop over the mini-batch, and gradients to sum.
"""

import numpy as np

CLASSES = 0  # the axis of z, a and y along which the classes lie


def step(net, batch, eta, R):
    """The images `batch`, each once forward and back, and the update; the loss is that from before it."""
    dW, db = zero_gradients(net.W, net.b)
    batch_loss = 0.0
    for i in batch.tolist():
        x, y = gather(net.X, net.Y, i)
        z, a = forward(x, net.W, net.b, net.hidden, net.output)
        if net.records_loss:
            batch_loss += loss(z, a[-1], y, R, net.output)
        backward(a, y, net.W, R, net.hidden, net.output, dW, db)
    update(net, dW, db, eta)
    return batch_loss


def zero_gradients(W, b):
    """dW, db = 0"""
    return [np.zeros_like(W_l) for W_l in W], [np.zeros_like(b_l) for b_l in b]


def gather(X, Y, i):
    """X[i], Y[i]"""
    return X[i], Y[i]


def forward(x, W, b, hidden, output):
    """z = W[l] a[l−1] + b[l], a[l] = φ(z); the last layer by the problem's output"""
    a = [x]
    for W_l, b_l in zip(W[:-1], b[:-1], strict=True):
        a.append(hidden.activation(W_l @ a[-1] + b_l))
    z = W[-1] @ a[-1] + b[-1]
    a.append(output.activation(z, CLASSES))
    return z, a


def loss(z, a, y, R, output):
    """R ℓ"""
    return R * output.loss(z, a, y, CLASSES)


def backward(a, y, W, R, hidden, output, dW, db):
    """dW[l] += R delta a[l−1]ᵀ, db[l] += R delta, delta ← W[l]ᵀ delta ∘ φ′(z[l−1])"""
    delta = R * output.delta(a[-1], y)
    for l in range(len(W) - 1, -1, -1):
        dW[l] += np.outer(delta, a[l])
        db[l] += delta
        if l > 0:
            delta = (W[l].T @ delta) * hidden.slope(a[l])


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


def predict(net, X):
    """argmax_classes z of each image x"""
    logits = (forward(x, net.W, net.b, net.hidden, net.output)[0] for x in X)
    return np.array([z.argmax() for z in logits])


def store_images(images, dtype, order):
    """X = images, (N, D), each row is a sample"""
    return np.array(images, dtype=dtype, order=order)


def store_labels(labels, n_classes, dtype):
    """Y = one-hot rows, (N, C)"""
    return np.eye(n_classes, dtype=dtype)[labels]


def store_layer(W, b, dtype):
    """W as (fan_out, fan_in), b as (fan_out,)"""
    return np.array(W, dtype=dtype, order="C"), np.array(b, dtype=dtype)


def canonical_layer(W, b):
    """W as (fan_out, fan_in), b as (fan_out,)"""
    return W, b
