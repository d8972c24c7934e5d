"""One SGD step with a bias neuron in every layer. Step 3: σ′ from the stored activations.

X (1 + D, B), Y (C, B), W[l] (fan_out, 1 + fan_in) with the biases in column 0, Z[l+1] and delta (fan_out, B),
A[l] (1 + fan_in, B) with the ones of the bias neuron in row 0, A[-1] (C, B).
R scales the sum over the mini-batch; eta is the learning rate.
"""

import numpy as np

PARTS = {
    "t2 activation derivative": "sigmoid_slope",
    "t3 Wᵀ delta": "propagated",
    "t4 element-wise product": "product",
    "t5 gradient product": "gradient",
    "t6 regularisation": "penalised",
}


def store_images(images, dtype, order):
    """X = 1 | images, (N, 1 + D)."""
    return np.insert(images, 0, 1, axis=1).astype(dtype, order=order)


def store_labels(labels, dtype):
    """Y = one-hot rows, (N, C)."""
    return np.eye(10, dtype=dtype)[labels]


def store_layer(W, b, dtype):
    """b | W, (fan_out, 1 + fan_in)."""
    return np.column_stack((b, W)).astype(dtype)


def canonical_layer(W):
    """W as (fan_out, fan_in), b as (fan_out,)."""
    return W[:, 1:], W[:, 0]


def sigmoid(Z):
    """1 / (1 + exp(−Z))"""
    return 1 / (1 + np.exp(-Z))


def softmax(Z):
    """exp(Z) / Σ_classes exp(Z), shifted by the largest logit of each sample."""
    E = np.exp(Z - Z.max(axis=0, keepdims=True))
    return E / E.sum(axis=0, keepdims=True)


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
    top = Z.max(axis=0)
    return np.sum(top + np.log(np.sum(np.exp(Z - top), axis=0))) - np.sum(Y * Z)


OUTPUTS = {
    ("sigmoid", "quadratic"): (sigmoid, quadratic_delta, quadratic_loss),
    ("sigmoid", "log"): (sigmoid, difference_delta, log_loss),
    ("softmax", "cross_entropy"): (softmax, difference_delta, cross_entropy),
}


def gather(X, Y, batch):
    """X[batch]ᵀ, Y[batch]ᵀ: columns, each of them contiguous in memory (order F)"""
    return X[batch].T, Y[batch].T


def with_bias_row(A):
    """1 over A, a new matrix in order C"""
    extended = np.ones((1 + A.shape[0], A.shape[1]), dtype=A.dtype)
    extended[1:] = A
    return extended


def forward(X, W, activate):
    """Z[0] = X, Z[l+1] = W[l] A[l], A[l] = 1 over σ(Z[l]), A[0] = X; the last layer by `activate`."""
    Z, A = [X], [X]
    for W_l in W[:-1]:
        Z.append(W_l @ A[-1])
        A.append(with_bias_row(sigmoid(Z[-1])))
    Z.append(W[-1] @ A[-1])
    A.append(activate(Z[-1]))
    return Z, A


def sigmoid_slope(A):
    """σ′ = A ∘ (1 − A), with the row of the bias neuron sliced off"""
    return A[1:] * (1 - A[1:])


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


def backward(A, delta, W, R, problem):
    """dW[l] = R delta A[l]ᵀ + penalties, delta ← W[l]ᵀ delta ∘ σ′(A[l]), for hidden layers only"""
    dW = []
    for l in range(len(W) - 1, -1, -1):
        dW.insert(0, penalised(gradient(delta, A[l], R), W[l], problem))
        if l > 0:
            slope = sigmoid_slope(A[l])
            delta = product(propagated(W[l], delta), slope)
    return dW


def update(W, dW, eta):
    """W ← W − η dW"""
    for l in range(len(W)):
        W[l] -= eta * dW[l]


def update_with_momentum(W, dW, eta, previous, problem):
    """Δ = η dW, W ← W − (Δ + μ Δ_prev), Δ_prev ← Δ"""
    for l in range(len(W)):
        step = eta * dW[l]
        W[l] -= step + problem.momentum * previous[l]
        previous[l] = step
