"""torch_manual and torch_cuda: gradients by hand with PyTorch, on the CPU and on a GPU."""

from harness.adapters.tensors import TorchImplementation
from harness.interface import FLOATS


class TorchManual(TorchImplementation):
    """The formulas of the step as PyTorch's own products, in place."""

    name = "torch_manual"
    layout = "samples in columns, gathered as rows and seen transposed"
    source = "PyTorch"
    idea = "Gradients by hand, in place, in buffers made once: what PyTorch's products do without autograd."
    maths = ("manual.py",)
    axes = {"dtype": FLOATS}

    def formulas(self):
        from . import manual

        return manual
