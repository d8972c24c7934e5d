"""Lets the clock of its worker run a million times as fast: a sample claims more time than the harness waited."""

import time

from zoo_faults.honest import Honest

from paragone.worker import sample


class QuickensTheClock(Honest):
    name = "quickens_the_clock"

    def load(self, problem, images, labels):
        super().load(problem, images, labels)
        sample.take_sample.__defaults__ = (0, lambda: 1_000_000 * time.perf_counter_ns())
