"""numpy_tiled_bias: numpy_columns with the biases repeated to the width of the mini-batch."""

from paragone.adapters.arrays import ArrayImplementation
from paragone.implementation.contract import FLOATS


class NumpyTiledBias(ArrayImplementation):
    """W·A + B with a matrix B, as one writes it who does not know broadcasting."""

    name = "numpy_tiled_bias"
    layout = "samples in columns"
    source = "S1"
    idea = "The biases tiled to a full matrix, their gradients summed and reshaped: what does broadcasting save?"
    maths = ("tiled.py",)
    axes = {"dtype": FLOATS, "order": ("F",)}  # numpy_columns tells what C does
    hidden_activations = ("sigmoid", "tanh", "relu")

    def formulas(self):
        from . import tiled

        return tiled
