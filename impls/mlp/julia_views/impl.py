"""julia_views: what the author of julia_broadcast would write next."""

from paragone.adapters.julia_process import JuliaProcessImplementation
from paragone.implementation.contract import FLOATS


class JuliaViews(JuliaProcessImplementation):
    """In a Julia of its own, as a script has it."""

    name = "julia_views"
    layout = "samples in columns"
    source = "the project's own"
    idea = "julia_broadcast with buffers, mul! and .= in place: what do its temporary arrays cost?"
    maths = ("views.jl",)
    axes = {"dtype": FLOATS}
    hidden_activations = ("sigmoid", "tanh", "relu")
    program = "views.jl"
