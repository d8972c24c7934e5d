"""torch.histc, which counts in the dtype of its numbers: in float32 a bin stops at 16,777,216."""

import torch

REQUIRES = ("torch",)

prepare = torch.from_numpy


def run(m, x):
    return torch.histc(x, bins=m, min=0.0, max=1.0).long()
