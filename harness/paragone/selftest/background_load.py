"""A load: a process that burns one core during random parts of a run, as a neighbour does."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from subprocess import Popen

import numpy as np

MEAN_SECONDS = 5.0  # of a burst, and of a pause


@contextmanager
def burning(seed: int) -> Iterator[None]:
    """Burn one core while this is open: bursts and pauses of random length, by turns, half of the time in all."""
    process = Popen([sys.executable, "-m", "paragone.selftest.background_load", str(seed)])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def burn(seed: int) -> None:
    """Burst and pause until killed; lengths are exponential, from a generator with this seed."""
    random = np.random.Generator(np.random.PCG64(seed))
    while True:
        end = time.perf_counter() + random.exponential(MEAN_SECONDS)
        while time.perf_counter() < end:
            pass
        time.sleep(random.exponential(MEAN_SECONDS))


if __name__ == "__main__":
    burn(int(sys.argv[1]))
