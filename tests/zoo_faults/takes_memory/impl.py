"""No fault at all; a mini-batch of B images takes B MB, in small blocks, as `how` says."""

import subprocess
import sys
from typing import ClassVar

import numpy as np
from zoo_faults.honest import Honest

CHILD = """
import sys
for line in sys.stdin:
    x = bytearray(b"1") * (int(line) * 1_000_000)
    del x
    print("done", flush=True)
"""
HOW = ("gives_back", "keeps", "two_at_a_time", "frees_in_load", "in_a_child", "raises")


class TakesMemory(Honest):
    name = "takes_memory"
    axes: ClassVar = {"dtype": ("float32",), "how": HOW}

    def load(self, problem, images, labels):
        super().load(problem, images, labels)
        if self.axis["how"] == "frees_in_load":
            blocks = take(150)
            self.pin = take(1)  # above the blocks: the heap cannot shrink below it
            del blocks
        if self.axis["how"] == "in_a_child":
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
            self.child = subprocess.Popen([sys.executable, "-c", CHILD], **pipes)
            self.tell_the_child(1)

    def train(self, order):
        if self.axis["how"] == "raises":
            raise MemoryError("no room for a mini-batch")
        for batch in order:
            if self.axis["how"] == "in_a_child":
                self.tell_the_child(len(batch))
            elif self.axis["how"] == "two_at_a_time":
                blocks = take(len(batch))  # made while those of the step before are still held
            elif self.axis["how"] == "keeps":
                self.kept = blocks = []
                blocks += take(len(batch))
            else:
                take(len(batch))

    def tell_the_child(self, megabytes):
        print(megabytes, file=self.child.stdin, flush=True)
        assert self.child.stdout.readline()


def take(megabytes):
    """Return that many MB in blocks that the C library takes from its heap."""
    return [np.ones(100_000, np.uint8) for _ in range(10 * megabytes)]
