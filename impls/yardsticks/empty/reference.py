"""Nothing: the gate would refuse its implementations, which leave Y as it is, so no comparison has them."""

import numpy as np


def inputs(rng, case, *, n):
    return {"X": np.ones(n)}


def reference(X, *, n):
    return np.ones(n)
