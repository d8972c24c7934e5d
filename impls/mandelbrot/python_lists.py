"""Loops over complex numbers: what an iteration costs when Python itself does every operation."""

LAYOUT = "lists"
PLAIN_LOOPS = True


def prepare(array):
    return array.tolist()


def run(n, limit, x, y):
    return [[iterations(complex(re, im), limit) for re in x] for im in y]


def iterations(c, limit):
    z = c
    for k in range(limit):
        if abs(z) > 2:
            return k
        z = z * z + c
    return limit
