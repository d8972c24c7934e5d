"""Fills every pipe that nobody reads."""

import sys

from zoo_faults.honest import Honest


class PrintsMegabytes(Honest):
    name = "prints_megabytes"

    def train(self, order):
        for stream in (sys.stdout, sys.stderr):
            stream.write("step by step by step\n" * 200_000)
            stream.flush()
        return super().train(order)
