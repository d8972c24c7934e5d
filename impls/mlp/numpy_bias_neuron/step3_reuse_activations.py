"""One SGD step with a bias neuron in every layer. Step 3: σ′ from the stored activations.

X (1 + D, B), Y (C, B), W[l] (fan_out, 1 + fan_in) with the biases in column 0, Z[l+1] and delta (fan_out, B),
A[l] (1 + fan_in, B) with the ones of the bias neuron in row 0, A[-1] (C, B).
R scales the sum over the mini-batch; eta is the learning rate; φ is the problem's hidden activation.

Longer than 100 lines: each piece of backward is a function of its own, so that a profile can time it (PARTS).
"""

import numpy as np

CLASSES = 0  # the axis of Z[-1], A[-1] and Y along which the classes lie


def step(net, batch, eta, R):
    """The images `batch`, once forward and back, and the update; the loss is that from before it."""
    X, Y = gather(net.X, net.Y, batch)
    Z, A = forward(X, net.W, net.hidden, net.output)
    batch_loss = loss(Z[-1], A[-1], Y, R, net.output) if net.records_loss else None
    dW = backward(A, Y, net, R)
    update(net, dW, eta)
    return batch_loss


def gather(X, Y, batch):
    """X[batch]ᵀ, Y[batch]ᵀ: columns, each of them contiguous in memory (order F)"""
    return X[batch].T, Y[batch].T


def with_bias_row(A):
    """1 over A, a new matrix in order C"""
    extended = np.ones((1 + A.shape[0], A.shape[1]), dtype=A.dtype)
    extended[1:] = A
    return extended


def forward(X, W, hidden, output):
    """Z[0] = X, Z[l+1] = W[l] A[l], A[l] = 1 over φ(Z[l]), A[0] = X; the last layer by the problem's output"""
    Z, A = [X], [X]
    for W_l in W[:-1]:
        Z.append(W_l @ A[-1])
        A.append(with_bias_row(hidden.activation(Z[-1])))
    Z.append(W[-1] @ A[-1])
    A.append(output.activation(Z[-1], CLASSES))
    return Z, A


def loss(Z, A, Y, R, output):
    """R Σ_batch ℓ"""
    return R * output.loss(Z, A, Y, CLASSES)


def backward(A, Y, net, R):
    """dW[l] = R delta A[l]ᵀ + penalties, delta ← W[l]ᵀ delta ∘ φ′, for hidden layers only"""
    W, delta, dW = net.W, net.output.delta(A[-1], Y), []
    for l in range(len(W) - 1, -1, -1):
        dW.insert(0, penalised(gradient(delta, A[l], R), W[l], net.problem))
        if l > 0:
            slope = hidden_slope(A[l], net.hidden)
            delta = product(propagated(W[l], delta), slope)
    return dW


def hidden_slope(A, hidden):
    """φ′(Z) from A = φ(Z), with the row of the bias neuron sliced off"""
    return hidden.slope(A[1:])


def propagated(W, delta):
    """Wᵀ delta"""
    return W.T @ delta


def product(E, slope):
    """E ∘ slope, without the row of the bias neuron"""
    return E[1:] * slope


def gradient(delta, A, R):
    """R delta Aᵀ"""
    return R * (delta @ A.T)


def penalised(dW, W, problem):
    """dW + λ₂ W + λ₁ sign W, but not for the biases"""
    if problem.l2:
        dW[:, 1:] += problem.l2 * W[:, 1:]
    if problem.l1:
        dW[:, 1:] += problem.l1 * np.sign(W[:, 1:])
    return dW


def update(net, dW, eta):
    """W ← W − η dW; another rule where the problem has momentum or penalties"""
    if not net.has_plain_update:
        return update_with_momentum(net, dW, eta)
    for l in range(len(dW)):
        net.W[l] -= eta * dW[l]


def update_with_momentum(net, dW, eta):
    """Δ = η dW, W ← W − (Δ + μ Δ_prev), Δ_prev ← Δ"""
    for l in range(len(dW)):
        change = eta * dW[l]
        net.W[l] -= change + net.problem.momentum * net.dW_previous[l]
        net.dW_previous[l] = change


PARTS = {
    "t2 activation derivative": "hidden_slope",
    "t3 Wᵀ delta": "propagated",
    "t4 element-wise product": "product",
    "t5 gradient product": "gradient",
    "t6 regularisation": "penalised",
}


def store_images(images, dtype, order):
    """X = 1 | images, (N, 1 + D)"""
    return np.insert(images, 0, 1, axis=1).astype(dtype, order=order)


def store_labels(labels, n_classes, dtype):
    """Y = one-hot rows, (N, C)"""
    return np.eye(n_classes, dtype=dtype)[labels]


def store_layer(W, b, dtype):
    """b | W, (fan_out, 1 + fan_in), and no b beside it"""
    return np.column_stack((b, W)).astype(dtype), None


def canonical_layer(W, b):
    """W as (fan_out, fan_in), b as (fan_out,)"""
    return W[:, 1:], W[:, 0]
