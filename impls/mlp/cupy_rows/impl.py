"""cupy_rows: numpy_rows on a GPU."""

import importlib

from paragone.adapters.arrays import ArrayImplementation
from paragone.adapters.packages import PackageImplementation
from paragone.implementation.contract import FLOATS
from paragone.machine.cuda import cuda_unavailable, describe_cuda


class CupyRows(PackageImplementation, ArrayImplementation):
    """The training set goes to the GPU in `load`, the state in `reset`; `train` ends when the GPU has done its work.

    The indices of the mini-batches go there within `train`: choosing them is part of the step. Float32 is computed as
    float32: TF32, which rounds the factors of a product to 10 bits, is off.
    """

    name = "cupy_rows"
    language = "CuPy"
    layout = "samples in rows"
    source = "S1"
    idea = "numpy_rows to the letter with another array module: the same maths on a GPU."
    maths = ("rows.py",)
    axes = {"dtype": FLOATS}
    hidden_activations = ("sigmoid", "tanh", "relu")
    package, extra = "cupy", "cupy"

    @classmethod
    def missing(cls):
        return cuda_unavailable() or super().missing()

    @classmethod
    def hides_phases(cls):
        return "the GPU goes on after a call returns: no phase has an end of its own"

    def formulas(self):
        self.cupy = importlib.import_module("cupy")
        from . import rows

        return rows

    def build_info(self):
        return {"cupy": self.cupy.__version__, **describe_cuda()}

    def reset(self, state):
        super().reset(state)
        self.wait()

    def train(self, order):
        losses = super().train(self.cupy.asarray(order))
        self.wait()
        return losses

    def collected(self, losses):
        return self.cupy.asnumpy(self.cupy.stack(losses)).astype(self.dtype)

    def wait(self):
        """Return when the GPU has done what it was told."""
        self.cupy.cuda.get_current_stream().synchronize()
