"""starter_name: a first implementation in Fortran, to be changed.

This file is the glue: what the implementation is called, and the command that compiles it. The adapter
LibraryImplementation runs that command before the first use and again after every change of a file here, and calls
the functions that paragone.h lists.
"""

from paragone.adapters.c_abi import LibraryImplementation
from paragone.implementation.contract import FLOATS


class StarterName(LibraryImplementation):
    """Change first: `idea`, which says to a reader what this one is about, and the compiler's flags."""

    name = "starter_name"
    language = "Fortran"
    layout = "one sample at a time"
    source = "paragone new"
    idea = "One sentence: what does this implementation show?"
    maths = ("maths.f90",)  # the files whose lines are counted and shown
    axes = {"dtype": FLOATS}  # what changes only the data; each value is a row of its own in a comparison
    hidden_activations = ("sigmoid", "tanh", "relu")  # what maths.f90 knows of them

    def command(self) -> tuple[str, ...]:
        # {library} is the file to be made, {build} a folder for what else the compiler writes.
        kind = f"-DREAL_KIND={self.dtype.itemsize}"
        flags = ("-O3", "-march=native", "-Wall", "-shared", "-fPIC", "-cpp", kind, "-J{build}")
        return ("gfortran", *flags, "-o", "{library}", "maths.f90", "binding.f90")
