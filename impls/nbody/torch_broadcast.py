"""The expression of numpy_broadcast in PyTorch, which carries out one operation at a time, too."""

import torch

REQUIRES = ("torch",)
DT = 0.01

prepare = torch.from_numpy


def run(x, v, m):
    differences = x - x[:, None]
    squares = (differences * differences).sum(dim=2)
    squares.fill_diagonal_(1)  # no body attracts itself: its difference is 0
    v = v + DT * ((m / (squares * squares.sqrt()))[:, :, None] * differences).sum(dim=1)
    return x + DT * v, v
