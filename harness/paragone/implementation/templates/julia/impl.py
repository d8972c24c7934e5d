"""starter_name: a first implementation in Julia, to be changed.

This file is the glue: two classes for one Julia file, because there are two ways to reach it. In `starter_name` Julia
runs inside Python, through juliacall; in `starter_name_process` it is a program of its own, and any Julia will do.
Delete the one that you do not want to compare.
"""

from paragone.adapters.julia import JuliaImplementation
from paragone.adapters.julia_process import JuliaProcessImplementation
from paragone.implementation.contract import FLOATS


class StarterName(JuliaImplementation):
    """Change first: `idea` and `layout`, which say to a reader what this one is about."""

    name = "starter_name"
    language = "Julia"
    layout = "samples in columns"
    source = "paragone new"
    idea = "One sentence: what does this implementation show?"
    maths = ("maths.jl",)  # the files whose lines are counted and shown
    axes = {"dtype": FLOATS}  # what changes only the data; each value is a row of its own in a comparison
    hidden_activations = ("sigmoid", "tanh", "relu")  # what maths.jl knows of them
    program = "maths.jl"


class StarterNameProcess(JuliaProcessImplementation):
    """The same file in a Julia of its own: the difference is what embedding costs."""

    name = "starter_name_process"
    language = "Julia"
    layout = "samples in columns"
    source = "paragone new"
    idea = "One sentence: what does this implementation show?"
    maths = ("maths.jl",)
    axes = {"dtype": FLOATS}
    hidden_activations = ("sigmoid", "tanh", "relu")
    program = "maths.jl"
