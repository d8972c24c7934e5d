"""julia_tuned: the best that Julia and its BLAS can do, inside Python and in a Julia of its own."""

from paragone.adapters.julia import JuliaImplementation
from paragone.adapters.julia_process import JuliaProcessImplementation
from paragone.implementation.contract import FLOATS


class JuliaTuned(JuliaImplementation):
    """No allocation, BLAS in place, fused loops; called from Python."""

    name = "julia_tuned"
    layout = "samples in columns, blocks"
    source = "the project's own"
    idea = "Everything preallocated, products and updates by BLAS in place, the rest in fused loops."
    maths = ("tuned.jl",)
    axes = {"dtype": FLOATS}
    hidden_activations = ("sigmoid", "tanh", "relu")
    program = "tuned.jl"


class JuliaTunedProcess(JuliaProcessImplementation):
    """The same file in a Julia of its own."""

    name = "julia_tuned_process"
    layout = JuliaTuned.layout
    source = JuliaTuned.source
    idea = "julia_tuned in a Julia of its own: the difference is what embedding costs."
    maths = JuliaTuned.maths
    axes = JuliaTuned.axes
    hidden_activations = JuliaTuned.hidden_activations
    program = JuliaTuned.program
