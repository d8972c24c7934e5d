"""The loop in C++ behind SciPy's product, called directly: no array of compressed rows is made or checked."""

from scipy.sparse._sparsetools import csr_matvec


def run(n, k, indptr, indices, data, x, y):
    y.fill(0)
    csr_matvec(n, n, indptr, indices, data, x, y)  # y += A x
