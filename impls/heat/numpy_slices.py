"""Shifted slices of whole arrays, whose sums are temporaries."""


def run(u, w):
    step(u, w)
    step(w, u)


def step(u, w):
    w[1:-1, 1:-1] = u[1:-1, 1:-1] + 0.125 * (
        u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:] - 4 * u[1:-1, 1:-1]
    )
