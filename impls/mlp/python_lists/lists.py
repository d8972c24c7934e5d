"""One SGD step in plain Python, sample by sample; no NumPy but in what comes in.

x: D numbers, y: C numbers, W[l]: a list per neuron with the weights of its inputs, b[l]: a number per
neuron, A[l] and delta: a number per neuron.
R scales the sum over the mini-batch; eta is the learning rate.
"""

from math import exp, log, log1p


def store_images(images, dtype, order):
    """X = a list of D floats per image; equal pixels share one object, which saves three quarters of the memory."""
    seen = {}
    return [list(map(seen.setdefault, row, row)) for row in (image.tolist() for image in images)]


def store_labels(labels, dtype):
    """Y = one-hot lists of C floats."""
    one_hot = [[1.0 if k == digit else 0.0 for k in range(10)] for digit in range(10)]
    return [one_hot[digit] for digit in labels.tolist()]


def store_layer(W, b, dtype):
    """W as fan_out lists of fan_in floats, b as a list of fan_out floats."""
    return W.tolist(), b.tolist()


def canonical_layer(W, b):
    """W as (fan_out, fan_in), b as (fan_out,)."""
    return W, b


def sigmoid(z):
    """1 / (1 + exp(−z)); written for both signs, as Python's exp raises where NumPy's gives inf."""
    return [1 / (1 + exp(-z_j)) if z_j >= 0 else exp(z_j) / (1 + exp(z_j)) for z_j in z]


def softmax(z):
    """exp(z) / Σ_classes exp(z), shifted by the largest logit."""
    top = max(z)
    e = [exp(z_j - top) for z_j in z]
    total = sum(e)
    return [e_j / total for e_j in e]


def quadratic_delta(a, y):
    """(a − y) a (1 − a)"""
    return [(a_j - y_j) * a_j * (1 - a_j) for a_j, y_j in zip(a, y, strict=True)]


def difference_delta(a, y):
    """a − y: sigmoid with log loss, softmax with cross-entropy."""
    return [a_j - y_j for a_j, y_j in zip(a, y, strict=True)]


def quadratic_loss(z, a, y):
    """½ Σ (a − y)²"""
    return 0.5 * sum((a_j - y_j) ** 2 for a_j, y_j in zip(a, y, strict=True))


def log_loss(z, a, y):
    """−Σ (y log a + (1 − y) log(1 − a)) = Σ log(1 + exp(z)) − y z, from the logits"""
    return sum(max(z_j, 0.0) + log1p(exp(-abs(z_j))) - y_j * z_j for z_j, y_j in zip(z, y, strict=True))


def cross_entropy(z, a, y):
    """−Σ y log a = log Σ_classes exp(z) − Σ y z, from the logits"""
    top = max(z)
    return top + log(sum(exp(z_j - top) for z_j in z)) - sum(y_j * z_j for y_j, z_j in zip(y, z, strict=True))


OUTPUTS = {
    ("sigmoid", "quadratic"): (sigmoid, quadratic_delta, quadratic_loss),
    ("sigmoid", "log"): (sigmoid, difference_delta, log_loss),
    ("softmax", "cross_entropy"): (softmax, difference_delta, cross_entropy),
}


def gather(X, Y, i):
    """X[i], Y[i]"""
    return X[i], Y[i]


def forward(x, W, b, activate):
    """z_j = Σ_i W[l]_ji A[l−1]_i + b[l]_j, A[l] = σ(z); the last layer by `activate`."""
    A = [x]
    for l in range(len(W)):
        z = []
        for W_j, b_j in zip(W[l], b[l], strict=True):
            z_j = b_j
            for w, a in zip(W_j, A[l], strict=True):
                z_j += w * a
            z.append(z_j)
        A.append(sigmoid(z) if l < len(W) - 1 else activate(z))
    return z, A


def zero_gradients(W, b):
    """dW, db = 0"""
    return [[[0.0] * len(W_j) for W_j in W_l] for W_l in W], [[0.0] * len(b_l) for b_l in b]


def backward(A, delta, W, R, dW, db):
    """dW[l]_ji += R delta_j A[l−1]_i, db[l]_j += R delta_j, delta_i ← Σ_j W[l]_ji delta_j · A[l−1]_i (1 − A[l−1]_i)"""
    delta = [R * delta_j for delta_j in delta]
    for l in range(len(W) - 1, -1, -1):
        for j, delta_j in enumerate(delta):
            dW_j = dW[l][j]
            for i, a in enumerate(A[l]):
                dW_j[i] += delta_j * a
            db[l][j] += delta_j
        if l > 0:
            delta = [
                sum(W_j[i] * delta_j for W_j, delta_j in zip(W[l], delta, strict=True)) * a * (1 - a)
                for i, a in enumerate(A[l])
            ]


def update(W, b, dW, db, eta):
    """W ← W − η dW, b ← b − η db"""
    for l in range(len(W)):
        for j, dW_j in enumerate(dW[l]):
            W_j = W[l][j]
            for i, dw in enumerate(dW_j):
                W_j[i] -= eta * dw
            b[l][j] -= eta * db[l][j]


def update_with_momentum(W, b, dW, db, eta, previous, problem):
    """Δ = η (dW + λ₂ W + λ₁ sign W), W ← W − (Δ + μ Δ_prev), Δ_prev ← Δ; biases without the penalties"""
    dW_previous, db_previous = previous
    for l in range(len(W)):
        for j, dW_j in enumerate(dW[l]):
            W_j, previous_j = W[l][j], dW_previous[l][j]
            for i, w in enumerate(W_j):
                sign = (w > 0) - (w < 0)
                step = eta * (dW_j[i] + problem.l2 * w + problem.l1 * sign)
                W_j[i] = w - (step + problem.momentum * previous_j[i])
                previous_j[i] = step
            step = eta * db[l][j]
            b[l][j] -= step + problem.momentum * db_previous[l][j]
            db_previous[l][j] = step
