"""Sends what its host sends a second time: its own copy of every answer."""

import os

from zoo_faults.honest import Honest


class AnswersTwice(Honest):
    name = "answers_twice"

    def load(self, problem, images, labels):
        super().load(problem, images, labels)
        self.write = os.write

    def train(self, order):
        def twice(descriptor, content):
            os.write = self.write
            os.write(descriptor, content)
            return os.write(descriptor, content)

        os.write = twice
        return super().train(order)
