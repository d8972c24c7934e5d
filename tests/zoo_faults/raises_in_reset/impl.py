"""Fails where it should take the state."""

from zoo_faults.honest import Honest


class RaisesInReset(Honest):
    name = "raises_in_reset"

    def reset(self, state):
        raise KeyError("dW3")
