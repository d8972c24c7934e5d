"""D_ij = |X_i - X_j|, the distances between all pairs of points, coordinate by coordinate."""

import numpy as np


def inputs(rng, case, *, n, d):
    centre = 1000.0 if case == "far" else 0.0
    return {"X": centre + rng.uniform(-0.5, 0.5, (n, d))}


def reference(X, *, n, d):
    squares = np.zeros((n, n))
    for k in range(d):
        squares += (X[:, k, None] - X[None, :, k]) ** 2
    return np.sqrt(squares)


def squared(X, *, n, d):
    return reference(X, n=n, d=d) ** 2


def without_the_last_coordinate(X, *, n, d):
    return reference(X[:, :-1], n=n, d=d - 1)


def sum_of_differences(X, *, n, d):
    return np.abs(X[:, None] - X[None]).sum(axis=2)


def one_triangle(X, *, n, d):
    return np.triu(reference(X, n=n, d=d))


MISTAKES = {
    "the root were forgotten": squared,
    "the last coordinate were missed": without_the_last_coordinate,
    "it were the sum of |x - y|, not the root of the sum of squares": sum_of_differences,
    "one triangle were left at 0": one_triangle,
}
