"""The layers of neurons of one sample in plain Python: sums z, activations a, label y, lists of numbers."""

from collections import namedtuple
from math import exp, log, log1p, tanh


def sigmoid(z):
    """1 / (1 + exp(−z)); written for both signs, as Python's exp raises where NumPy's gives inf."""
    return [1 / (1 + exp(-z_j)) if z_j >= 0 else exp(z_j) / (1 + exp(z_j)) for z_j in z]


def sigmoid_slope(a):
    """a (1 − a)"""
    return [a_j * (1 - a_j) for a_j in a]


def tanhs(z):
    """tanh(z)"""
    return [tanh(z_j) for z_j in z]


def tanh_slope(a):
    """1 − a²"""
    return [1 - a_j * a_j for a_j in a]


def relu(z):
    """max(z, 0)"""
    return [max(z_j, 0.0) for z_j in z]


def relu_slope(a):
    """1 where a > 0, else 0: at z = 0 it is 0"""
    return [1.0 if a_j > 0 else 0.0 for a_j in a]


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


Hidden = namedtuple("Hidden", "activation slope")
HIDDEN = {
    "sigmoid": Hidden(sigmoid, sigmoid_slope),
    "tanh": Hidden(tanhs, tanh_slope),
    "relu": Hidden(relu, relu_slope),
}
Output = namedtuple("Output", "activation delta loss")
OUTPUTS = {
    ("sigmoid", "quadratic"): Output(sigmoid, quadratic_delta, quadratic_loss),
    ("sigmoid", "log"): Output(sigmoid, difference_delta, log_loss),
    ("softmax", "cross_entropy"): Output(softmax, difference_delta, cross_entropy),
}
