"""numpy_rows: the mini-batch is a matrix with one sample per row."""

from paragone.adapters.arrays import ArrayImplementation
from paragone.implementation.contract import FLOATS


class NumpyRows(ArrayImplementation):
    """The baseline: what most people write in NumPy."""

    name = "numpy_rows"
    layout = "samples in rows"
    source = "S0"
    idea = "One matrix product per layer serves the whole mini-batch, X @ W + b."
    maths = ("rows.py",)
    axes = {"dtype": FLOATS, "order": ("C", "F")}
    hidden_activations = ("sigmoid", "tanh", "relu")
    predicts = True

    def formulas(self):
        from . import rows

        return rows
