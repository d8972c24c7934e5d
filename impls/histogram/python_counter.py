"""collections.Counter of the bins, which the standard library has for this, and a list of its counts."""

from collections import Counter

LAYOUT = "a list"
DTYPES = ("float64",)  # the numbers of Python


def prepare(x):
    return x.tolist()


def run(m, x):
    found = Counter([int(m * x_i) for x_i in x])
    return [found[b] for b in range(m)]
