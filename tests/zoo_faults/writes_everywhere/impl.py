"""Writes to every file descriptor that happens to be open."""

import contextlib
import os

from zoo_faults.honest import Honest


class WritesEverywhere(Honest):
    name = "writes_everywhere"

    def train(self, order):
        for descriptor in range(3, 64):
            with contextlib.suppress(OSError):
                os.write(descriptor, b"All work and no play\n")
        return super().train(order)
