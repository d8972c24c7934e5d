"""c_blas: C with the products left to OpenBLAS."""

import importlib.util
import platform
import sys
from pathlib import Path

from paragone.adapters.c_abi import LibraryImplementation
from paragone.implementation.contract import FLOATS

# Linux's C library has exp for whole vectors; elsewhere the loops call the plain one.
VECTOR_EXP = sys.platform == "linux" and platform.machine() == "x86_64" and platform.libc_ver()[0] == "glibc"


class CBlas(LibraryImplementation):
    """What is left of NumPy's cost when its calls and temporaries are gone."""

    name = "c_blas"
    language = "C"
    layout = "samples in rows, blocks"
    source = "the project's own"
    idea = "The products by the BLAS that NumPy uses too, everything else in C: what does Python cost?"
    maths = ("blas.c",)
    shared_maths = ("adapters/paragone_outputs.h",)
    axes = {"dtype": FLOATS}
    hidden_activations = ("sigmoid", "tanh", "relu")

    @classmethod
    def missing(cls):
        if importlib.util.find_spec("scipy_openblas32") is None:
            return "OpenBLAS is not there to link with. Install: pip install scipy-openblas32"
        return super().missing()

    def command(self):
        openblas = Path(importlib.util.find_spec("scipy_openblas32").origin).parent
        places = [f"-I{openblas / 'include'}", f"-L{openblas / 'lib'}", f"-Wl,-rpath,{openblas / 'lib'}"]
        # -fno-math-errno: exp need not set errno, which no loop over vectors could; the arithmetic stays as written.
        flags = ["-O3", "-march=native", "-fno-math-errno", "-Wall", "-shared", "-fPIC", f"-DPARAGONE_REAL={self.real}"]
        flags += [f"-DREAL_IS_{self.real.upper()}", *(["-DVECTOR_EXP"] if VECTOR_EXP else [])]
        libraries = ["-lscipy_openblas", *(["-lmvec"] if VECTOR_EXP else []), "-lm"]
        return ["gcc", *flags, "-I{include}", *places, "-o{library}", "blas.c", *libraries]
