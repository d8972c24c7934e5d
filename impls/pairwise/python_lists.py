"""Three loops over lists: what a distance costs when Python itself does every operation."""

from math import sqrt

LAYOUT = "lists of lists"
PLAIN_LOOPS = True
DTYPES = ("float64",)  # the numbers of Python


def prepare(X):
    return X.tolist()


def run(X):
    D = []
    for x in X:
        distances = []
        for y in X:
            squares = 0.0
            for x_k, y_k in zip(x, y, strict=True):
                squares += (x_k - y_k) * (x_k - y_k)
            distances.append(sqrt(squares))
        D.append(distances)
    return D
