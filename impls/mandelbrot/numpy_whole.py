"""Whole arrays without masks: points that have left go on to infinity, and are no longer counted."""

import numpy as np


def run(n, limit, x, y, counts):
    re, im = np.meshgrid(x, y)
    counts.fill(0)
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(limit):
            re_squares, im_squares = re * re, im * im
            counts += re_squares + im_squares <= 4  # never true of what has overflowed
            im = 2 * re * im + y[:, None]
            re = re_squares - im_squares + x
