"""PyTorch's tensor of compressed rows, made of the three arrays in each call, and its product."""

import warnings

import torch

REQUIRES = ("torch",)

prepare = torch.from_numpy
warnings.filterwarnings("ignore", "Sparse CSR tensor support is in beta")


def run(n, k, indptr, indices, data, x):
    return torch.sparse_csr_tensor(indptr, indices, data, (n, n), check_invariants=False) @ x
