"""Leaves a child behind that outlives it, and may die itself."""

import os
import signal
from typing import ClassVar

from zoo_faults.honest import Honest


class Forks(Honest):
    name = "forks"
    axes: ClassVar = {"dtype": ("float64",), "then": ("lives", "dies")}

    def train(self, order):
        if os.fork() == 0:
            signal.pause()
        if self.axis["then"] == "dies":
            os.abort()
        return super().train(order)
