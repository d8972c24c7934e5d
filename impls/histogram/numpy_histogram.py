"""np.histogram, which checks each number against the edges of its bin after it has found it by a product."""

import numpy as np


def run(m, x, counts):
    counts[:], _ = np.histogram(x, bins=m, range=(0.0, 1.0))
