"""Fails where it should give back the state."""

from zoo_faults.honest import Honest


class RaisesInParams(Honest):
    name = "raises_in_params"

    def params(self):
        raise RuntimeError("a long story " * 100_000)
