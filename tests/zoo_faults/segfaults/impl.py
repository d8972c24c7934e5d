"""Reads memory that it has not got."""

import ctypes

from zoo_faults.honest import Honest


class Segfaults(Honest):
    name = "segfaults"

    def train(self, order):
        ctypes.string_at(0)
