"""Fails inside a library that it calls."""

import numpy as np
from zoo_faults.honest import Honest


class RaisesInTrain(Honest):
    name = "raises_in_train"

    def train(self, order):
        np.linalg.inv(np.zeros((3, 3)))
