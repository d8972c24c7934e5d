"""What the steps of the ladder share: the glue, which takes the maths file that each of them names."""

from importlib import import_module
from pathlib import PurePath

from paragone.adapters.arrays import ArrayImplementation


class BiasNeuron(ArrayImplementation):
    """The biases are a column of W, so there is no b."""

    layout = "samples in columns, X[idx].T, under the ones of a bias neuron"
    source = "S4"

    def formulas(self):
        return import_module(f".{PurePath(self.maths[0]).stem}", __package__)
