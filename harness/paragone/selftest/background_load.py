"""A process that keeps one core busy during random parts of a run, as a neighbour on a shared machine does."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from subprocess import Popen

import numpy as np

MEAN_SECONDS = 5.0  # of a burst, and of a pause: exponential, so that no rhythm can fall in with that of the rounds


@contextmanager
def background_load(seed: int) -> Iterator[None]:
    """Bursts and pauses of random length by turns while this is open: one core is busy half of the time."""
    process = Popen([sys.executable, "-m", "paragone.selftest.background_load", str(seed)])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def burst_and_pause(seed: int) -> None:
    """Go on until the process is killed."""
    random = np.random.Generator(np.random.PCG64(seed))
    while True:
        end = time.perf_counter() + random.exponential(MEAN_SECONDS)
        while time.perf_counter() < end:
            pass
        time.sleep(random.exponential(MEAN_SECONDS))


if __name__ == "__main__":
    burst_and_pause(int(sys.argv[1]))
