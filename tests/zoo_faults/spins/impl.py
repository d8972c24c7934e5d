"""Keeps a thread busy for ever, as thread pools do after a call."""

import threading

from zoo_faults.honest import Honest


def spin():
    while True:
        pass


class Spins(Honest):
    name = "spins"

    def load(self, problem, images, labels):
        super().load(problem, images, labels)
        threading.Thread(target=spin, daemon=True).start()
