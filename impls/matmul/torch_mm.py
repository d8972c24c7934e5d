"""torch.mm: the product of the BLAS that PyTorch brings along, MKL on x86, into a new tensor."""

import torch

REQUIRES = ("torch",)

prepare = torch.from_numpy


def run(A, B):
    return torch.mm(A, B)
