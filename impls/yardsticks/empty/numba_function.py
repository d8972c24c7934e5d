"""What does the call of a compiled function cost from Python?"""

from numba import njit

LANGUAGE = "Numba"
REQUIRES = ("numba",)


@njit
def run(X, Y):
    pass
