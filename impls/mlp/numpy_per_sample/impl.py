"""numpy_per_sample: a Python loop over the mini-batch, each sample a matrix-vector product."""

from paragone.adapters.arrays import ArrayImplementation
from paragone.implementation.contract import FLOATS


class NumpyPerSample(ArrayImplementation):
    """The step as network.py of Nielsen's book takes it."""

    name = "numpy_per_sample"
    layout = "one sample at a time"
    source = "S2; M. Nielsen, Neural Networks and Deep Learning, network.py"
    idea = "One matrix-vector product per layer and sample; the mini-batch only sums the gradients."
    maths = ("sample.py",)
    axes = {"dtype": FLOATS}
    hidden_activations = ("sigmoid", "tanh", "relu")
    predicts = True

    def formulas(self):
        from . import sample

        return sample
