"""Changes the arrays of the contract in place."""

from typing import ClassVar

from zoo_faults.honest import Honest


class WritesWhatItIsGiven(Honest):
    name = "writes_what_it_is_given"
    axes: ClassVar = {"dtype": ("float64",), "what": ("images", "labels", "order", "state")}

    def load(self, problem, images, labels):
        super().load(problem, images, labels)
        self.given = {"images": images, "labels": labels}

    def reset(self, state):
        super().reset(state)
        self.given["state"] = state.W[0]

    def train(self, order):
        self.given["order"] = order
        self.given[self.axis["what"]][0] = 0
        return super().train(order)
