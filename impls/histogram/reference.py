"""counts_b = how many i have floor(m x_i) = b."""

import numpy as np


def inputs(rng, case, *, n, m):
    bins = rng.integers(0, m, n)
    if case == "one_bin":
        bins[:] = bins[0]
    elif case == "background":
        bins[rng.random(n) < 0.5] = bins[0]
    return {"x": (bins + rng.uniform(0.002, 0.998, n)) / m}  # float32 puts none into another bin


def reference(x, *, m):
    return np.bincount((m * x).astype(np.int64), minlength=m)[:m]  # numbers that were misread may lie beyond


def each_bin_at_most_once(x, *, m):
    """counts[bins] += 1 in NumPy."""
    return np.minimum(reference(x, m=m), 1)


def rounded_to_the_nearest(x, *, m):
    return np.bincount(np.minimum(np.rint(m * x), m - 1).astype(np.int64), minlength=m)


def one_bin_less(x, *, m):
    return np.bincount(((m - 1) * x).astype(np.int64), minlength=m)


def a_little_less(x, *, m):
    """A scale just below m, so that the largest number fits."""
    return np.bincount(((m - 0.05) * x).astype(np.int64), minlength=m)


def running_sum(x, *, m):
    return np.cumsum(reference(x, m=m))


def without_the_last(x, *, m):
    return reference(x[:-1], m=m)


MISTAKES = {
    "each bin were counted once, as counts[bins] += 1 does in NumPy": each_bin_at_most_once,
    "numbers were rounded to the nearest bin, not down": rounded_to_the_nearest,
    "the numbers were spread over m - 1 bins": one_bin_less,
    "the scale were a little less than m": a_little_less,
    "the counts were summed up from bin to bin": running_sum,
    "the last number were missed": without_the_last,
}
