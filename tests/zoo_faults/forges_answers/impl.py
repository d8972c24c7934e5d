"""Answers in place of its host, in the form of a message."""

import contextlib
import os

from zoo_faults.honest import Honest


class ForgesAnswers(Honest):
    name = "forges_answers"

    def train(self, order):
        for descriptor in range(3, 64):
            with contextlib.suppress(OSError):
                os.write(descriptor, b'{"arrays": [], "body": {"step": 3}}\n')
        return super().train(order)
