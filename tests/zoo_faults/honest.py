"""What the faulty implementations would be without their fault."""

from dataclasses import replace

import numpy as np

from paragone.implementation.contract import Implementation


class Honest(Implementation):
    """Takes no step, and says so: enough for a worker to serve."""

    language = "Python"
    layout = "none"
    source = "a test"
    idea = "Has one fault."
    maths = ()

    def load(self, problem, images, labels):
        self.problem = problem

    def reset(self, state):
        self.state = state

    def train(self, order):
        self.state = replace(self.state, step=self.state.step + len(order))
        return np.zeros(len(order)) if self.problem.records_loss else None

    def params(self):
        return self.state
