"""Whole arrays without masks, as in numpy_whole: PyTorch carries out one operation at a time, too."""

import torch

REQUIRES = ("torch",)

prepare = torch.from_numpy


def run(n, limit, x, y):
    y = y[:, None]
    re, im = torch.broadcast_tensors(x, y)
    counts = torch.zeros(n, n, dtype=torch.int32)
    for _ in range(limit):
        re_squares, im_squares = re * re, im * im
        counts += re_squares + im_squares <= 4  # never true of what has overflowed
        im = torch.addcmul(y, re, im, value=2)
        re = re_squares - im_squares + x
    return counts
