"""c_loops: C as one writes it, loops over samples and neurons."""

from paragone.adapters.c_abi import LibraryImplementation
from paragone.implementation.contract import FLOATS

# No -ffast-math: it would let the compiler change the arithmetic.
FLAGS = {"O2": ("-O2",), "O3_native": ("-O3", "-march=native")}


class CLoops(LibraryImplementation):
    """What a compiler makes of plain loops, with careful and with generous flags."""

    name = "c_loops"
    language = "C"
    layout = "one sample at a time"
    source = "the project's own"
    idea = "Plain loops in C, no library: what do the compiler and its flags make of them?"
    maths = ("loops.c",)
    shared_maths = ("adapters/paragone_outputs.h",)
    axes = {"dtype": FLOATS, "flags": ("O2", "O3_native")}
    hidden_activations = ("sigmoid", "tanh", "relu")
    plain_loops = True

    def command(self):
        flags = FLAGS[self.axis["flags"]]
        real = f"-DPARAGONE_REAL={self.real}"
        return ["gcc", *flags, "-Wall", "-shared", "-fPIC", real, "-I{include}", "-o{library}", "loops.c", "-lm"]
