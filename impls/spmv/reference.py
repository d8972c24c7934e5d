"""y_i = sum of data_e x_indices[e] over the entries e of row i, from indptr_i to indptr_i+1."""

import numpy as np


def inputs(rng, case, *, n, k):
    lengths = lengths_of_rows(rng, case, n, k)
    indptr = np.concatenate(([0], np.cumsum(lengths)))
    indices = rng.integers(0, n, n * k) if case == "random" else columns_nearby(rng, lengths)
    return {"indptr": indptr, "indices": indices, "data": rng.uniform(-1, 1, n * k), "x": rng.uniform(-1, 1, n)}


def lengths_of_rows(rng, case, n, k):
    """How many entries each row has, n*k in all: of 16 rows one has none, among gaps 12, the first and last of them.

    The last row is empty among gaps alone.
    """
    rows = np.arange(n)
    filled = rows[(rows % 4 == 1) & (rows < n - 1)] if case == "gaps" else rows[rows % 16 != 5]
    return np.bincount(rng.choice(filled, n * k), minlength=n)


def columns_nearby(rng, lengths):
    """Points of a grid, numbered row by row, with others that lie at most two rows and columns away."""
    n = len(lengths)
    width = int(np.sqrt(n))
    down, right = rng.integers(-2, 3, (2, lengths.sum()))
    return (np.repeat(np.arange(n), lengths) + width * down + right) % n


def reference(indptr, indices, data, x, *, n):
    return sums_of_rows(indptr, data * x[indices], n)


def sums_of_rows(indptr, products, n):
    """The sum of each row's products, of none 0."""
    return np.bincount(np.repeat(np.arange(n), np.diff(indptr)), products, n)


def reduced_at_starts(indptr, indices, data, x):
    """np.add.reduceat gives the number at its start for a row without entries."""
    products = np.append(data * x[indices], 0)
    return np.add.reduceat(products, indptr[:-1])


def transposed(indptr, indices, data, x, *, n):
    """Compressed columns: entries are added where their index says."""
    rows = np.repeat(np.arange(n), np.diff(indptr))
    return np.bincount(indices, data * x[rows], n)


def of_equal_length(indptr, indices, data, x, *, n, k):
    return (data * x[indices]).reshape(n, k).sum(axis=1)


def without_the_last_entry(indptr, indices, data, x, *, n):
    """The last entry of each row is missed."""
    ends = indptr[1:][np.diff(indptr) > 0] - 1
    products = data * x[indices]
    products[ends] = 0
    return sums_of_rows(indptr, products, n)


def without_the_last_row(indptr, indices, data, x, *, n):
    y = reference(indptr, indices, data, x, n=n)
    y[-1] = 0
    return y


def counted_from_one(indptr, indices, data, x, *, n):
    return sums_of_rows(indptr, data * x[indices - 1], n)


MISTAKES = {
    "the matrix were transposed: compressed columns, not rows": transposed,
    "indices were counted from 1": counted_from_one,
    "the last entry of each row were missed": without_the_last_entry,
    "the last row were missed": without_the_last_row,
    "a row without entries had the number at its start": reduced_at_starts,
    "every row had k entries": of_equal_length,
}
