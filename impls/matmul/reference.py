"""C_ij = sum over k of A_ik B_kj."""

import numpy as np


def inputs(rng, case, *, n):
    A, B = rng.uniform(0.0, 1.0, (2, n, n))  # none is negative: no sum cancels, and each number can be judged
    if case == "graded":
        sizes = 10.0 ** rng.uniform(-6, 6, (2, n))
        A, B = sizes[0][:, None] * A, B * sizes[1]
    return {"A": A, "B": B}


def reference(A, B):
    return A @ B


def each_number_by_its_own(A, B):
    return A * B


def of_B_transposed(A, B):
    return A @ B.T


def of_A_transposed(A, B):
    return A.T @ B


def in_the_other_order(A, B):
    return B @ A


def without_the_last_term(A, B):
    return A[:, :-1] @ B[:-1]


def the_last_term_alone(A, B):
    """What = leaves in the place of +=."""
    return np.outer(A[:, -1], B[-1])


MISTAKES = {
    "it were the product number by number, A * B in NumPy": each_number_by_its_own,
    "B were transposed": of_B_transposed,
    "A were transposed": of_A_transposed,
    "it were B A, not A B": in_the_other_order,
    "the last term of each sum were missed": without_the_last_term,
    "terms were assigned, not added up, so that the last one is left": the_last_term_alone,
}
