"""One expression of slices: each of its operations makes a temporary array of (n − 2) × (n − 2) numbers."""

LANGUAGE = "NumPy"


def run(u, w):
    time_step(u, w)
    time_step(w, u)


def time_step(u, w):
    here, above, below, left, right = u[1:-1, 1:-1], u[:-2, 1:-1], u[2:, 1:-1], u[1:-1, :-2], u[1:-1, 2:]
    w[1:-1, 1:-1] = 0.5 * here + 0.125 * (above + below + left + right)
