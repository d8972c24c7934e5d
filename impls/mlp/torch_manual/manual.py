"""One SGD step with gradients by hand, in place, in buffers that are made once for each size of mini-batch.

Samples in columns: A[0] = X (D, B), W[l] (fan_out, fan_in), b[l] (fan_out,), A[l+1] and delta[l] (fan_out, B),
Y (C, B). X and Y are gathered as rows and seen transposed: so written, the products with W[0] take MKL 0.6 of the time.
R scales the sum over the mini-batch; eta is the learning rate; φ is the problem's hidden activation. All tensors are
where X is, on a CPU or a GPU.

Longer than 100 lines: every formula names the buffer that it writes to, and the output layers do so too.
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


def quadratic_delta(A, Y, delta):
    """delta = (A − Y) ∘ A ∘ (1 − A)"""
    torch.sub(A, Y, out=delta)
    times_sigmoid_slope(delta, A)


def difference_delta(A, Y, delta):
    """delta = A − Y: sigmoid with log loss, softmax with cross-entropy"""
    torch.sub(A, Y, out=delta)


def times_sigmoid_slope(delta, A):
    """delta ← delta ∘ A ∘ (1 − A), as delta ∘ A − (delta ∘ A) ∘ A"""
    delta.mul_(A)
    delta.addcmul_(delta, A, value=-1)


def times_tanh_slope(delta, A):
    """delta ← delta ∘ (1 − A²), as delta − (delta ∘ A) ∘ A; without a buffer of its own"""
    delta.addcmul_(delta * A, A, value=-1)


def times_relu_slope(delta, A):
    """delta ← delta where A > 0, else 0"""
    delta.mul_(A > 0)


def sigmoid(Z, A):
    """A = 1 / (1 + exp(−Z))"""
    torch.sigmoid(Z, out=A)


def softmax(Z, A):
    """A = exp(Z) / Σ_classes exp(Z)"""
    torch.softmax(Z, 0, out=A)


def quadratic_loss(Z, A, Y):
    """½ Σ (A − Y)²"""
    return 0.5 * (A - Y).square_().sum()


def log_loss(Z, A, Y):
    """Σ log(1 + exp(Z)) − Y∘Z, from the logits: log A would be −inf where A rounds to 0"""
    return F.binary_cross_entropy_with_logits(Z, Y, reduction="sum")


def cross_entropy(Z, A, Y):
    """Σ log Σ_classes exp(Z) − Y∘Z, from the logits"""
    return torch.logsumexp(Z, 0).sum() - (Y * Z).sum()


HIDDEN = {
    "sigmoid": (torch.sigmoid_, times_sigmoid_slope),
    "tanh": (torch.tanh_, times_tanh_slope),
    "relu": (torch.relu_, times_relu_slope),
}
OUTPUTS = {
    ("sigmoid", "quadratic"): (sigmoid, quadratic_delta, quadratic_loss),
    ("sigmoid", "log"): (sigmoid, difference_delta, log_loss),
    ("softmax", "cross_entropy"): (softmax, difference_delta, cross_entropy),
}


class MiniBatch:
    """Mini-batches of one size: their buffers, and the phases of a step on them."""

    def __init__(self, problem, network, X, Y, batch_size):
        self.problem, self.network, self.X, self.Y = problem, network, X, Y
        self.R = problem.batch_scale(batch_size)
        self.hidden, self.times_slope = HIDDEN[problem.hidden_activation]
        self.activate, self.output_delta, self.batch_loss = OUTPUTS[problem.output_activation, problem.loss]
        self.loss = self.recorded_loss if problem.records_loss else self.no_loss
        self.update = self.plain_update if problem.has_plain_update else self.full_update
        self.X_batch, self.Y_batch = (data.new_empty(batch_size, data.shape[1]) for data in (X, Y))
        self.A = [self.X_batch.T, *(X.new_empty(size, batch_size) for size in problem.layers[1:])]
        self.logits = torch.empty_like(self.A[-1])
        self.delta = [torch.empty_like(A) for A in self.A[1:]]
        self.ones = X.new_ones(batch_size)
        self.A_rows = [A.T for A in self.A]  # views cost a microsecond each: they are made here
        self.W_T, self.Y_T = [W.T for W in network.W], self.Y_batch.T
        self.b_column = [b[:, None] for b in network.b]
        self.change_W, self.change_b = ([torch.empty_like(t) for t in kind] for kind in (network.W, network.b))

    def step(self, batch, eta):
        """The images `batch`, once forward and back, and the update; the loss is that from before it."""
        self.gather(batch)
        self.forward()
        loss = self.loss()
        self.backward()
        self.update(eta)
        return loss

    def gather(self, batch):
        """X[batch], Y[batch]"""
        torch.index_select(self.X, 0, batch, out=self.X_batch)
        torch.index_select(self.Y, 0, batch, out=self.Y_batch)

    def forward(self):
        """Z = W[l] A[l] + b[l], A[l+1] = φ(Z); the last layer by `activate`"""
        W, b, A = self.network.W, self.b_column, self.A
        for l in range(len(W) - 1):
            self.hidden(torch.addmm(b[l], W[l], A[l], out=A[l + 1]))
        torch.addmm(b[-1], W[-1], A[-2], out=self.logits)
        self.activate(self.logits, A[-1])

    def recorded_loss(self):
        """R Σ_batch ℓ"""
        return self.R * self.batch_loss(self.logits, self.A[-1], self.Y_T)

    def no_loss(self):
        """None: this problem records none"""

    def backward(self):
        """delta[l−1] = W[l]ᵀ delta[l] ∘ φ′(Z[l−1])"""
        self.output_delta(self.A[-1], self.Y_T, self.delta[-1])
        for l in range(len(self.delta) - 1, 0, -1):
            torch.mm(self.W_T[l], self.delta[l], out=self.delta[l - 1])
            self.times_slope(self.delta[l - 1], self.A[l])

    def plain_update(self, eta):
        """W[l] ← W[l] − η R delta[l] A[l]ᵀ, b[l] ← b[l] − η R Σ_batch delta[l]: no gradient is ever stored"""
        rate = -eta * self.R
        for W, b, delta, A_rows in zip(self.network.W, self.network.b, self.delta, self.A_rows, strict=False):
            W.addmm_(delta, A_rows, alpha=rate)
            b.addmv_(delta, self.ones, alpha=rate)

    def full_update(self, eta):
        """Δ = η (R delta[l] A[l]ᵀ + λ₂ W + λ₁ sign W), W ← W − (Δ + μ Δ_prev), Δ_prev ← Δ; no penalty on biases"""
        problem, network = self.problem, self.network
        for l, W in enumerate(network.W):
            change = torch.sign(W, out=self.change_W[l]).mul_(eta * problem.l1).add_(W, alpha=eta * problem.l2)
            change.addmm_(self.delta[l], self.A_rows[l], alpha=eta * self.R)
            W.sub_(change).sub_(network.dW[l], alpha=problem.momentum)
            network.dW[l], self.change_W[l] = change, network.dW[l]
            change = torch.mv(self.delta[l], self.ones, out=self.change_b[l]).mul_(eta * self.R)
            network.b[l].sub_(change).sub_(network.db[l], alpha=problem.momentum)
            network.db[l], self.change_b[l] = change, network.db[l]
