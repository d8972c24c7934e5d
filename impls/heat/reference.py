"""w_ij = u_ij + (u_i-1,j + u_i+1,j + u_i,j-1 + u_i,j+1 - 4 u_ij) / 8 inside, and the same once more from w to u.

The border of both arrays stays as it is. 1/8 is exact in every dtype.
"""

import numpy as np


def inputs(rng, case, *, n):
    if case == "spot":
        u = np.zeros((n, n))
        u[n // 3, n // 2] = 1.0
    else:
        u = rng.uniform(0.0, 1.0, (n, n))
    w = u.copy()
    w[1:-1, 1:-1] = rng.uniform(0.0, 1.0, (n - 2, n - 2))  # what nobody may read
    return {"u": u, "w": w}


def reference(u, w, *, n):
    w = after_one_time_step(u, w)
    return after_one_time_step(w, u), w


def after_one_time_step(u, w):
    """The border of w around the next inside of u."""
    w = w.copy()
    neighbours = u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:]
    w[1:-1, 1:-1] = u[1:-1, 1:-1] + 0.125 * (neighbours - 4 * u[1:-1, 1:-1])
    return w


def one_time_step(u, w, *, n):
    w = after_one_time_step(u, w)
    return u, w


def in_place(u, w, *, n):
    """Each point from neighbours that are new already: Gauss-Seidel."""
    for field in (w, u):
        field[1:-1, 1:-1] = u[1:-1, 1:-1]
        for i in range(1, n - 1):
            for j in range(1, n - 1):
                around = field[i - 1, j] + field[i + 1, j] + field[i, j - 1] + field[i, j + 1]
                field[i, j] += 0.125 * (around - 4 * field[i, j])
        u = field
    return u, w


def around_the_edge(u, w, *, n):
    """The border is computed too, as if the plate were a torus."""
    fields = []
    for _ in range(2):
        u = u + 0.125 * (sum(np.roll(u, shift, axis) for shift in (-1, 1) for axis in (0, 1)) - 4 * u)
        fields.insert(0, u)
    return tuple(fields)


def with_a_quarter(u, w, *, n):
    for field in (w, u):
        field[1:-1, 1:-1] = 0.25 * (u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:])
        u = field
    return u, w


MISTAKES = {
    "only one time step were taken": one_time_step,
    "the step were taken in place, from neighbours that are new already": in_place,
    "the border were computed too": around_the_edge,
    "the factor were 1/4, not 1/8": with_a_quarter,
}
