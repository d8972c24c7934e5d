"""The bin of each number in a tensor of n whole numbers, then torch.bincount."""

import torch

REQUIRES = ("torch",)

prepare = torch.from_numpy


def run(m, x):
    return torch.bincount((m * x).long(), minlength=m)
