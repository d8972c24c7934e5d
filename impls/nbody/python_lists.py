"""Every pair once, over lists: what a pair costs when Python itself does every operation."""

from itertools import combinations
from math import sqrt

LAYOUT = "lists of lists"
PLAIN_LOOPS = True
DTYPES = ("float64",)  # the numbers of Python
DT = 0.01


def prepare(array):
    return array.tolist()


def run(x, v, m):
    for (x_i, v_i, m_i), (x_j, v_j, m_j) in combinations(zip(x, v, m, strict=True), 2):
        dx, dy, dz = x_j[0] - x_i[0], x_j[1] - x_i[1], x_j[2] - x_i[2]
        square = dx * dx + dy * dy + dz * dz
        factor = DT / (square * sqrt(square))
        to_i, to_j = factor * m_j, factor * m_i
        v_i[0] += to_i * dx
        v_i[1] += to_i * dy
        v_i[2] += to_i * dz
        v_j[0] -= to_j * dx
        v_j[1] -= to_j * dy
        v_j[2] -= to_j * dz
    for x_i, v_i in zip(x, v, strict=True):
        x_i[0] += DT * v_i[0]
        x_i[1] += DT * v_i[1]
        x_i[2] += DT * v_i[2]
    return x, v
