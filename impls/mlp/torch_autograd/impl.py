"""torch_autograd: SGD with PyTorch as everyone writes it."""

from paragone.adapters.tensors import TorchImplementation
from paragone.implementation.contract import FLOATS


class TorchAutograd(TorchImplementation):
    """nn.Linear, loss.backward(), optimizer.step()."""

    name = "torch_autograd"
    layout = "samples in rows"
    source = "PyTorch"
    idea = "No gradient is written: the operations are recorded and differentiated. What does that cost?"
    maths = ("autograd.py",)
    axes = {"dtype": FLOATS}
    hidden_activations = ("sigmoid", "tanh", "relu")
    records_operations = True

    def formulas(self):
        from . import autograd

        return autograd
