"""Fails where it should take the training set."""

from zoo_faults.honest import Honest


class RaisesInLoad(Honest):
    name = "raises_in_load"

    def load(self, problem, images, labels):
        raise ValueError(f"no room for {len(images)} images")
