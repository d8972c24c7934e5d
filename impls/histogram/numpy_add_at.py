"""np.add.at, which adds to a bin as often as it comes up; counts[bins] += 1 would add once."""

import numpy as np


def run(m, x, counts):
    counts[:] = 0
    np.add.at(counts, (m * x).astype(np.int64), 1)
