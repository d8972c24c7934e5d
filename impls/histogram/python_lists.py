"""One loop over a list: what a number costs when Python itself does every operation."""

LAYOUT = "a list"
PLAIN_LOOPS = True
DTYPES = ("float64",)  # the numbers of Python


def prepare(x):
    return x.tolist()


def run(m, x):
    counts = [0] * m
    for x_i in x:
        counts[int(m * x_i)] += 1
    return counts
