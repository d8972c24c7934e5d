"""Three passes over a list for each row: what a number costs when Python itself does every operation."""

from math import exp

LAYOUT = "lists of lists"
PLAIN_LOOPS = True
DTYPES = ("float64",)  # the numbers of Python


def prepare(X):
    return X.tolist()


def run(X):
    Y = []
    for x in X:
        largest = max(x)
        powers = [exp(x_j - largest) for x_j in x]
        total = sum(powers)
        Y.append([power / total for power in powers])
    return Y
