"""One SGD step in plain Python, sample by sample; no NumPy but in what comes in.

x: D numbers, y: C numbers, W[l]: a list per neuron with the weights of its inputs, b[l]: a number per
neuron, a[l] and delta: a number per neuron.
R scales the sum over the mini-batch; eta is the learning rate; φ is the problem's hidden activation.
Both kinds of layers are in outputs.py.

Longer than 100 lines: without arrays every product and every update is a loop.
"""


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
    return [[[0.0] * len(W_j) for W_j in W_l] for W_l in W], [[0.0] * len(b_l) for b_l in b]


def gather(X, Y, i):
    """X[i], Y[i]"""
    return X[i], Y[i]


def forward(x, W, b, hidden, output):
    """z_j = Σ_i W[l]_ji a[l−1]_i + b[l]_j, a[l] = φ(z); the last layer by the problem's output"""
    a = [x]
    for l in range(len(W)):
        z = []
        for W_j, b_j in zip(W[l], b[l], strict=True):
            z_j = b_j
            for w, a_i in zip(W_j, a[l], strict=True):
                z_j += w * a_i
            z.append(z_j)
        a.append(hidden.activation(z) if l < len(W) - 1 else output.activation(z))
    return z, a


def loss(z, a, y, R, output):
    """R ℓ"""
    return R * output.loss(z, a, y)


def backward(a, y, W, R, hidden, output, dW, db):
    """dW[l]_ji += R delta_j a[l−1]_i, db[l]_j += R delta_j, delta_i ← Σ_j W[l]_ji delta_j φ′_i"""
    delta = [R * delta_j for delta_j in output.delta(a[-1], y)]
    for l in range(len(W) - 1, -1, -1):
        for j, delta_j in enumerate(delta):
            dW_j = dW[l][j]
            for i, a_i in enumerate(a[l]):
                dW_j[i] += delta_j * a_i
            db[l][j] += delta_j
        if l > 0:
            delta = [
                sum(W_j[i] * delta_j for W_j, delta_j in zip(W[l], delta, strict=True)) * slope_i
                for i, slope_i in enumerate(hidden.slope(a[l]))
            ]


def update(net, dW, db, eta):
    """W ← W − η dW, b ← b − η db; another rule where the problem has momentum or penalties"""
    if not net.has_plain_update:
        return update_with_momentum(net, dW, db, eta)
    for l in range(len(dW)):
        for j, dW_j in enumerate(dW[l]):
            W_j = net.W[l][j]
            for i, dw in enumerate(dW_j):
                W_j[i] -= eta * dw
            net.b[l][j] -= eta * db[l][j]


def update_with_momentum(net, dW, db, eta):
    """Δ = η (dW + λ₂ W + λ₁ sign W), W ← W − (Δ + μ Δ_prev), Δ_prev ← Δ; biases without the penalties"""
    problem = net.problem
    for l in range(len(dW)):
        for j, dW_j in enumerate(dW[l]):
            W_j, previous_j = net.W[l][j], net.dW_previous[l][j]
            for i, w in enumerate(W_j):
                sign = (w > 0) - (w < 0)
                change = eta * (dW_j[i] + problem.l2 * w + problem.l1 * sign)
                W_j[i] = w - (change + problem.momentum * previous_j[i])
                previous_j[i] = change
            change = eta * db[l][j]
            net.b[l][j] -= change + problem.momentum * net.db_previous[l][j]
            net.db_previous[l][j] = change


def store_images(images, dtype, order):
    """X = a list of D floats per image; equal pixels share one object, which saves three quarters of the memory."""
    seen = {}
    return [list(map(seen.setdefault, row, row)) for row in (image.tolist() for image in images)]


def store_labels(labels, n_classes, dtype):
    """Y = one-hot lists of C floats."""
    one_hot = [[1.0 if k == label else 0.0 for k in range(n_classes)] for label in range(n_classes)]
    return [one_hot[label] for label in labels.tolist()]


def store_layer(W, b, dtype):
    """W as fan_out lists of fan_in floats, b as a list of fan_out floats."""
    return W.tolist(), b.tolist()


def canonical_layer(W, b):
    """W as (fan_out, fan_in), b as (fan_out,)."""
    return W, b
