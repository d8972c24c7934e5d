"""counts_ij = how many of z_1, z_2, … lie within |z| <= 2 before the first that does not, `limit` at most.

z_1 = c and z_k+1 = z_k^2 + c, with c = x_j + i y_i.
"""

import numpy as np

VIEWS = {"whole": (-0.75, 0.0, 2.5), "valley": (-0.745, 0.115, 0.05)}  # the centre, and the width


def inputs(rng, case, *, n):
    x, y, width = VIEWS[case]
    sides = np.linspace(-width / 2, width / 2, n)
    return {"x": x + sides + rng.uniform(0, width / n), "y": y - sides + rng.uniform(0, width / n)}


def reference(x, y, *, limit):
    return iterations(grid(x, y), limit)


def grid(x, y):
    return x + 1j * y[:, None]


def iterations(c, limit, square_radius=4.0):
    """Only points that are still inside go on."""
    counts, shape = np.zeros(c.size, np.int32), c.shape
    inside, c = np.arange(c.size), c.ravel()
    z = c
    for _ in range(limit):
        stays = z.real * z.real + z.imag * z.imag <= square_radius
        inside, z, c = inside[stays], z[stays], c[stays]
        counts[inside] += 1
        z = z * z + c
    return counts.reshape(shape)


def from_zero(x, y, *, limit):
    """z_0 = 0 is counted too."""
    return np.minimum(iterations(grid(x, y), limit) + 1, limit)


def one_too_few(x, y, *, limit):
    return iterations(grid(x, y), limit - 1)


def within_the_root(x, y, *, limit):
    return iterations(grid(x, y), limit, square_radius=2.0)


def zero_inside(x, y, *, limit):
    counts = iterations(grid(x, y), limit)
    return np.where(counts == limit, 0, counts)


def swapped(x, y, *, limit):
    return iterations(grid(x, y), limit).T


def one_part_after_the_other(x, y, *, limit):
    """The new real part is already in the product that makes the imaginary one."""
    c = grid(x, y)
    counts, re, im = np.zeros(c.shape, np.int32), c.real.copy(), c.imag.copy()
    inside = np.full(c.shape, True)
    for _ in range(limit):
        inside &= re * re + im * im <= 4
        counts += inside
        re = np.where(inside, re * re - im * im + c.real, re)
        im = np.where(inside, 2 * re * im + c.imag, im)
    return counts


MISTAKES = {
    "z_0 = 0 were counted too": from_zero,
    "an iteration too few were made": one_too_few,
    "the square of |z| were compared with 2, not 4": within_the_root,
    "points that never leave had a count of 0": zero_inside,
    "rows and columns were swapped": swapped,
    "the new real part were used for the imaginary part": one_part_after_the_other,
}
