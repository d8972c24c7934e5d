"""c_fused and c_sparse: C in tiles of registers, with no library."""

from paragone.adapters.c_abi import LibraryImplementation
from paragone.implementation.contract import FLOATS


class CFused(LibraryImplementation):
    """The products of a step written out, and everything between them, for the vectors of this machine."""

    name = "c_fused"
    language = "C"
    layout = "samples in rows, blocks"
    source = "the project's own"
    idea = "Tiles that stay in registers, images where they lie, no library: how near to the machine's limit is C?"
    maths = ("fused.c", "images.h", "tiles.h", "exponential.h", "buffers.h")
    shared_maths = ("adapters/paragone_outputs.h",)
    axes = {"dtype": FLOATS}
    hidden_activations = ("sigmoid", "tanh", "relu")

    def command(self):
        # No loop waits for errno or a floating-point trap: without these, exponential() becomes one over vectors.
        flags = ["-O3", "-march=native", "-fno-math-errno", "-fno-trapping-math"]
        # For some processors, gcc makes no FMA of a tile's one sum, but of the sweep's: a training in two calls would
        # end in other bits than in one.
        flags += ["--param", "avoid-fma-max-bits=0"]
        reals = [f"-DPARAGONE_REAL={self.real}", f"-DREAL_IS_{self.real.upper()}"]
        return [
            "gcc",
            *flags,
            *reals,
            "-fopenmp",
            "-Wall",
            "-shared",
            "-fPIC",
            "-I{include}",
            "-o{library}",
            "fused.c",
            "-lm",
        ]


class CSparse(CFused):
    """The same with lists of the pixels that are not 0: less arithmetic, the same sums."""

    name = "c_sparse"
    idea = "c_fused that leaves out the pixels that are 0, four of five: what does a dense product do for nothing?"
    maths = ("fused.c", "nonzero.h", "tiles.h", "exponential.h", "buffers.h")
    skips_zeros = True

    def command(self):
        return [*super().command(), "-DNONZERO_PIXELS"]
