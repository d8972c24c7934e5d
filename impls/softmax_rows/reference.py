"""Y_ij = exp(X_ij - max of row i) / sum over k of exp(X_ik - max of row i)."""

import numpy as np


def inputs(rng, case, *, n, m):
    X = rng.normal(0.0, 1.0, (n, m))
    if case == "peaked":
        peaks = rng.integers(0, m, (n, 2))
        X[np.arange(n), peaks[:, 0]] += 30.0
        X[::2] = with_equal_peaks(X[::2], peaks[::2])
    elif case == "large":
        X += 1000.0
    return {"X": X}


def with_equal_peaks(X, peaks):
    """Of each row two numbers are equal."""
    rows = np.arange(len(X))
    X[rows, peaks[:, 1]] = X[rows, peaks[:, 0]]
    return X


def reference(X):
    powers = np.exp(X - X.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def without_the_sum(X):
    return np.exp(X - X.max(axis=1, keepdims=True))


def with_the_sum_of_all(X):
    powers = np.exp(X - X.max())
    return powers / powers.sum()


def along_the_columns(X):
    powers = np.exp(X - X.max(axis=0))
    return powers / powers.sum(axis=0)


def sum_of_the_row_before(X):
    powers = np.exp(X - X.max(axis=1, keepdims=True))
    return powers / np.roll(powers.sum(axis=1, keepdims=True), 1)


def with_powers_of_two(X):
    powers = np.exp2(X - X.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def without_the_last_term(X):
    powers = np.exp(X - X.max(axis=1, keepdims=True))
    return powers / powers[:, :-1].sum(axis=1, keepdims=True)


def largest_counted_once(X):
    """The largest of a row is 1 in the sum, however often it is there."""
    largest = X.max(axis=1, keepdims=True)
    powers = np.exp(X - largest)
    return powers / (1 + np.where(largest > X, powers, 0).sum(axis=1, keepdims=True))


def its_logarithm(X):
    return np.log(reference(X))


MISTAKES = {
    "the sum were forgotten, so that the largest of a row is 1": without_the_sum,
    "all rows had one sum": with_the_sum_of_all,
    "it were the softmax of each column": along_the_columns,
    "each row were divided by the sum of the row before": sum_of_the_row_before,
    "it were powers of 2, not of e": with_powers_of_two,
    "the last term of each sum were missed": without_the_last_term,
    "the largest of a row were counted once where there are two": largest_counted_once,
    "it were the logarithm of the softmax": its_logarithm,
}
