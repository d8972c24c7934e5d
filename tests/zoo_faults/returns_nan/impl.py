"""Gives back a state that is not finite."""

from dataclasses import replace

import numpy as np
from zoo_faults.honest import Honest


class ReturnsNan(Honest):
    name = "returns_nan"

    def params(self):
        return replace(self.state, W=tuple(np.full_like(W, np.nan) for W in self.state.W))
