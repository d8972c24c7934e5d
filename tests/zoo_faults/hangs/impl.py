"""Never comes back, and takes no hint."""

import signal
import threading

from zoo_faults.honest import Honest


class Hangs(Honest):
    name = "hangs"

    def train(self, order):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        threading.Event().wait()
