"""One SGD step by automatic differentiation, as PyTorch's own tutorials write it.

X (B, D), W[l] (fan_out, fan_in), b[l] (fan_out,), logits Z (B, C); Y one-hot (B, C), or classes (B,) for cross-entropy.
R scales the sum over the mini-batch; eta is the learning rate; φ is the problem's hidden activation.

torch.optim.SGD takes the plain step. Its momentum, v ← μ v + g, W ← W − η v, sums all earlier gradients; the problems'
adds the one update before, so that step is written out under no_grad. Its weight_decay would reach the biases too.

Longer than 100 lines: the layers of PyTorch and its optimizer are set up here, too.
"""

import torch
from torch import nn
from torch.nn import functional as F


def store_labels(labels, X, problem):
    """Y = classes, (N,), for cross-entropy; else one-hot rows, (N, C)"""
    if problem.loss == "cross_entropy":
        return labels.long()
    return F.one_hot(labels.long(), problem.layers[-1]).to(X.dtype)


HIDDEN = {"sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "relu": nn.ReLU}


class Network(nn.Module):
    """W[l], b[l] in layers of PyTorch, and the updates before, Δ_prev: dW[l], db[l]."""

    def __init__(self, problem, X):
        super().__init__()
        dense = [nn.Linear(*fans, device=X.device, dtype=X.dtype) for fans in problem.fans]
        hidden = [module for layer in dense[:-1] for module in (layer, HIDDEN[problem.hidden_activation]())]
        self.logits = nn.Sequential(*hidden, dense[-1])
        self.W, self.b = [layer.weight for layer in dense], [layer.bias for layer in dense]
        self.dW, self.db = ([torch.zeros_like(theta.data) for theta in kind] for kind in (self.W, self.b))

    def forward(self, X):
        """A ← φ(A W[l]ᵀ + b[l]) from A = X on; the last layer gives its logits"""
        return self.logits(X)


def quadratic_loss(Z, Y):
    """½ Σ (σ(Z) − Y)²"""
    return 0.5 * F.mse_loss(torch.sigmoid(Z), Y, reduction="sum")


def log_loss(Z, Y):
    """Σ log(1 + exp(Z)) − Y∘Z"""
    return F.binary_cross_entropy_with_logits(Z, Y, reduction="sum")


def cross_entropy(Z, Y):
    """Σ log Σ_classes exp(Z) − Z[Y]: the softmax is inside"""
    return F.cross_entropy(Z, Y, reduction="sum")


LOSSES = {
    ("sigmoid", "quadratic"): quadratic_loss,
    ("sigmoid", "log"): log_loss,
    ("softmax", "cross_entropy"): cross_entropy,
}


class MiniBatch:
    """Mini-batches of one size: the optimizer, and the phases of a step on them."""

    def __init__(self, problem, network, X, Y, batch_size):
        self.problem, self.network, self.X, self.Y = problem, network, X, Y
        self.R = problem.batch_scale(batch_size)
        self.batch_loss = LOSSES[problem.output_activation, problem.loss]
        self.optimizer = torch.optim.SGD(network.parameters(), lr=0.0)
        self.update = self.plain_update if problem.has_plain_update else self.full_update

    def step(self, batch, eta):
        """The images `batch`, once forward and back, and the update; the loss is that from before it."""
        X, Y = self.gather(batch)
        Z = self.forward(X)
        loss = self.loss(Z, Y)
        self.backward(loss)
        self.update(eta)
        return loss.detach()

    def gather(self, batch):
        """X[batch], Y[batch]; index_select takes a third of the time of the brackets, or less"""
        return self.X.index_select(0, batch), self.Y.index_select(0, batch)

    def forward(self, X):
        """Z"""
        return self.network(X)

    def loss(self, Z, Y):
        """R Σ_batch ℓ"""
        return self.R * self.batch_loss(Z, Y)

    def backward(self, loss):
        """∂loss/∂W, ∂loss/∂b"""
        self.optimizer.zero_grad()
        loss.backward()

    def plain_update(self, eta):
        """W ← W − η ∂loss/∂W, b ← b − η ∂loss/∂b"""
        self.optimizer.param_groups[0]["lr"] = eta
        self.optimizer.step()

    @torch.no_grad()
    def full_update(self, eta):
        """Δ = η (∂loss/∂W + λ₂ W + λ₁ sign W), W ← W − (Δ + μ Δ_prev), Δ_prev ← Δ; biases without the penalties"""
        problem, network = self.problem, self.network
        for l, (W, b) in enumerate(zip(network.W, network.b, strict=True)):
            change = eta * (W.grad + problem.l2 * W + problem.l1 * torch.sign(W))
            W -= change + problem.momentum * network.dW[l]
            network.dW[l] = change
            change = eta * b.grad
            b -= change + problem.momentum * network.db[l]
            network.db[l] = change
