"""starter_name: a first implementation in C, to be changed.

This file is the glue: what the implementation is called, and the command that compiles it. The adapter
LibraryImplementation runs that command before the first use and again after every change of a file here, and calls
the functions of paragone.h, which paragone_network.h defines around the step of maths.c.
"""

from paragone.adapters.c_abi import LibraryImplementation
from paragone.implementation.contract import FLOATS


class StarterName(LibraryImplementation):
    """Change first: `idea`, which says to a reader what this one is about, and the compiler's flags."""

    name = "starter_name"
    language = "C"
    layout = "one sample at a time"
    source = "paragone new"
    idea = "One sentence: what does this implementation show?"
    maths = ("maths.c",)  # the files whose lines are counted and shown
    shared_maths = ("adapters/paragone_outputs.h",)  # shown too: the output layers, which maths.c includes
    axes = {"dtype": FLOATS}  # what changes only the data; each value is a row of its own in a comparison
    hidden_activations = ("sigmoid", "tanh", "relu")  # what maths.c knows of them

    def command(self) -> tuple[str, ...]:
        # {library} is the file to be made, {include} the folder of the headers. Any language with a C ABI will do.
        real = "float" if self.dtype == "float32" else "double"
        flags = ("-O3", "-march=native", "-Wall", "-shared", "-fPIC", f"-DPARAGONE_REAL={real}", "-I{include}")
        return ("gcc", *flags, "-o", "{library}", "maths.c", "-lm")
