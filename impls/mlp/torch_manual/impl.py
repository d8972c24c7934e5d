"""torch_manual and torch_cuda: gradients by hand with PyTorch, on the CPU and on a GPU."""

from paragone.adapters.tensors import TorchImplementation
from paragone.errors import MeasurementFailed
from paragone.implementation.contract import FLOATS
from paragone.machine.cuda import cuda_unavailable, describe_cuda


class TorchManual(TorchImplementation):
    """The formulas of the step as PyTorch's own products, in place."""

    name = "torch_manual"
    layout = "samples in columns, gathered as rows and seen transposed"
    source = "PyTorch"
    idea = "Gradients by hand, in place, in buffers made once: what PyTorch's products do without autograd."
    maths = ("manual.py",)
    axes = {"dtype": FLOATS}
    hidden_activations = ("sigmoid", "tanh", "relu")

    def formulas(self):
        from . import manual

        return manual


class TorchCuda(TorchManual):
    """The same file on a GPU.

    The training set goes there in `load`, the state in `reset`; `train` ends when the GPU has done its work. The
    indices of the mini-batches go there within `train`: choosing them is part of the step. Float32 is computed as
    float32: TF32, which rounds the factors of a product to 10 bits, is off.
    """

    name = "torch_cuda"
    source = "S1"
    idea = "torch_manual to the letter on a GPU: the same maths where every step must be told to another device."
    device = "cuda"

    @classmethod
    def missing(cls):
        return cuda_unavailable() or super().missing()

    def load(self, problem, images, labels):
        import torch

        if self.device == "cuda" and not torch.cuda.is_available():
            built = f"is built for CUDA {torch.version.cuda}" if torch.version.cuda else "is built without CUDA"
            raise MeasurementFailed(f"torch {torch.__version__} {built} and finds no device. Install: see pytorch.org")
        torch.set_float32_matmul_precision("highest")  # no TF32
        super().load(problem, images, labels)

    def wait(self):
        if self.X.is_cuda:  # the tests run this class on a CPU
            self.torch.cuda.synchronize()

    def build_info(self):
        return {**super().build_info(), "CUDA": str(self.torch.version.cuda), **describe_cuda()}
