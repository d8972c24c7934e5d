"""torch.cdist, which takes |x|² + |y|² − 2x·y and one matrix product where there are more than 25 points."""

import torch

REQUIRES = ("torch",)

prepare = torch.from_numpy


def run(X):
    return torch.cdist(X, X)
