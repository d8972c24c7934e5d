"""fortran_matmul and fortran_loops: what the language itself gives, with no library behind it."""

import shutil

from paragone.adapters.c_abi import LibraryImplementation
from paragone.implementation.contract import FLOATS


class FortranMatmul(LibraryImplementation):
    """Plain -O3: no -ffast-math and no -fexternal-blas, so that matmul and exp are the language's own."""

    name = "fortran_matmul"
    language = "Fortran"
    layout = "samples in columns"
    source = "S0"
    idea = "matmul, spread and array syntax are part of the language: how far do they go without a library?"
    maths = ("maths.f90", "outputs.f90")
    axes = {"dtype": FLOATS}
    hidden_activations = ("sigmoid", "tanh", "relu")

    @classmethod
    def missing(cls) -> str | None:
        if shutil.which("gfortran") is None:
            return "gfortran is not found. Install: apt install gfortran (Debian, Ubuntu) · brew install gcc (macOS)"
        return None

    def command(self) -> tuple[str, ...]:
        kind = f"-DREAL_KIND={self.dtype.itemsize}"
        flags = ("-O3", "-march=native", "-shared", "-fPIC", "-cpp", kind, "-J{build}")
        return ("gfortran", *flags, "-o", "{library}", "network.f90", "outputs.f90", self.maths[0], "binding.f90")


class FortranLoops(FortranMatmul):
    """The loops of c_loops, over columns. Layers of neurons and memory are those of fortran_matmul."""

    name = "fortran_loops"
    layout = "one sample at a time"
    source = "the project's own"
    idea = "Plain loops in Fortran, columns first: what does the compiler make of them?"
    maths = ("loops.f90", "outputs.f90")
    plain_loops = True
