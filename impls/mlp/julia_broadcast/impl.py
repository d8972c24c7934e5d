"""julia_broadcast: S0's Julia, inside Python and in a Julia of its own."""

from paragone.adapters.julia import JuliaImplementation
from paragone.adapters.julia_process import JuliaProcessImplementation
from paragone.implementation.contract import FLOATS


class JuliaBroadcast(JuliaImplementation):
    """Julia as most people write it, called from Python."""

    name = "julia_broadcast"
    layout = "samples in columns"
    source = "S0"
    idea = "Samples in columns, broadcasting, slices, updates in place: Julia as one writes it."
    maths = ("broadcast.jl",)
    axes = {"dtype": FLOATS}
    hidden_activations = ("sigmoid", "tanh", "relu")
    program = "broadcast.jl"
    predicts = True


class JuliaBroadcastProcess(JuliaProcessImplementation):
    """The same file in a Julia of its own."""

    name = "julia_broadcast_process"
    layout = JuliaBroadcast.layout
    source = "S0"
    idea = "julia_broadcast in a Julia of its own: the difference is what embedding costs."
    maths = JuliaBroadcast.maths
    axes = JuliaBroadcast.axes
    hidden_activations = JuliaBroadcast.hidden_activations
    program = JuliaBroadcast.program
    predicts = True
