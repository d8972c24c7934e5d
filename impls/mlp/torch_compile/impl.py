"""torch_compile: the whole step compiled by PyTorch."""

import importlib
import os
import warnings

from paragone.adapters.build import compiler_version
from paragone.adapters.tensors import TorchImplementation
from paragone.implementation.contract import FLOATS

from .compiler import compiler, fresh_folder, reason_against_compiling


class TorchCompile(TorchImplementation):
    """A step of each batch size is compiled in its first call, by one process, into a folder that starts empty."""

    name = "torch_compile"
    layout = "samples in columns, gathered as rows and seen transposed"
    source = "PyTorch"
    idea = "The formulas as they are read, fused and compiled to C++ by torch.compile; the products stay MKL's."
    maths = ("compiled.py",)
    axes = {"dtype": FLOATS}
    hidden_activations = ("sigmoid", "tanh", "relu")
    eta_is_tensor = True

    @classmethod
    def missing(cls):
        return super().missing() or reason_against_compiling()

    @classmethod
    def hides_phases(cls):
        return "it is compiled as one: there are no phases to put a clock around"

    def load(self, problem, images, labels):
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(fresh_folder())
        with warnings.catch_warnings():  # the compiler's own import of what PyTorch deprecates
            warnings.simplefilter("ignore", DeprecationWarning)
            importlib.import_module("torch._inductor.compile_fx")
        super().load(problem, images, labels)

    def build_info(self):
        return {**super().build_info(), "compiler": compiler_version(compiler()), "cache": "fresh in every process"}

    def formulas(self):
        from . import compiled

        return compiled
