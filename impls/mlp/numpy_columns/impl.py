"""numpy_columns: the mini-batch is a matrix with one sample per column."""

from paragone.adapters.arrays import ArrayImplementation
from paragone.implementation.contract import FLOATS


class NumpyColumns(ArrayImplementation):
    """The formulas as the books write them, W·X + b."""

    name = "numpy_columns"
    layout = "samples in columns"
    source = "S1, S2, S3"
    idea = "One matrix product per layer as in the books, W @ X + b; whether it is fast hangs on the memory order of X."
    maths = ("columns.py",)
    axes = {"dtype": FLOATS, "order": ("C", "F")}
    hidden_activations = ("sigmoid", "tanh", "relu")
    predicts = True

    def formulas(self):
        from . import columns

        return columns
