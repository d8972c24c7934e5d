"""Gives back something that is not the state of this network."""

from dataclasses import replace
from typing import ClassVar

import numpy as np
from zoo_faults.honest import Honest


class GivesWrongParams(Honest):
    name = "gives_wrong_params"
    axes: ClassVar = {
        "dtype": ("float64",),
        "kind": ("float16", "object", "ragged", "text", "transposed", "nothing", "no_updates"),
    }

    def params(self):
        wrong = {
            "float16": [W.astype(np.float16) for W in self.state.W],
            "object": [W.astype(object) for W in self.state.W],
            "ragged": [[[1.0], [1.0, 2.0]], [[1.0]]],
            "text": ["W1", "W2"],
            "transposed": [W.T for W in self.state.W],
        }
        if self.axis["kind"] == "nothing":
            return None
        if self.axis["kind"] == "no_updates":
            return replace(self.state, dW=(), db=())
        return replace(self.state, W=tuple(wrong[self.axis["kind"]]))
