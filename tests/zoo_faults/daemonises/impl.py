"""Leaves a daemon behind: no parent, a session of its own, an empty environment. The number of steps is its number."""

import os
import sys
from dataclasses import replace

from zoo_faults.honest import Honest


class Daemonises(Honest):
    name = "daemonises"

    def train(self, order):
        reading, writing = os.pipe()
        if os.fork() == 0:
            os.setsid()
            if (pid := os.fork()) == 0:
                os.execve(sys.executable, [sys.executable, "-c", "import time; time.sleep(600)"], {})
            os.write(writing, str(pid).encode())
            os._exit(0)
        os.wait()
        self.state = replace(self.state, step=int(os.read(reading, 20)))
