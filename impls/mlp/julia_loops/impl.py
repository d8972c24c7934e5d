"""julia_loops: the loops of c_loops in Julia, compiled when they are first called."""

from paragone.adapters.julia_process import JuliaProcessImplementation
from paragone.implementation.contract import FLOATS


class JuliaLoops(JuliaProcessImplementation):
    """In a Julia of its own, as a script has it."""

    name = "julia_loops"
    layout = "one sample at a time"
    source = "the project's own"
    idea = "Plain loops in Julia, without bounds checks: how near to C do they come?"
    maths = ("loops.jl",)
    axes = {"dtype": FLOATS}
    hidden_activations = ("sigmoid", "tanh", "relu")
    program = "loops.jl"
    plain_loops = True
