"""Two loops over lists: what an entry costs when Python itself does every operation."""

from itertools import pairwise

LAYOUT = "lists"
PLAIN_LOOPS = True
DTYPES = ("float64",)  # the numbers of Python


def prepare(array):
    return array.tolist()


def run(indptr, indices, data, x):
    y = []
    for start, end in pairwise(indptr):
        total = 0.0
        for e in range(start, end):
            total += data[e] * x[indices[e]]
        y.append(total)
    return y
