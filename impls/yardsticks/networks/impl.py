"""Implementations that accept everything and train nothing, one per bridge: what is left is the cost of a call.

The gate would reject them, so they take part in no comparison; see harness/paragone/measure/call_cost.py.
"""

import sys

from paragone.adapters.c_abi import LibraryImplementation
from paragone.adapters.julia import JuliaImplementation
from paragone.adapters.process import ProcessImplementation
from paragone.implementation.contract import FLOATS


class CNull(LibraryImplementation):
    """A function of a shared library that returns at once."""

    name = "c_null"
    language = "C"
    layout = "none"
    source = "the project's own"
    idea = "What does a call through the C ABI cost?"
    maths = ("null.c",)
    axes = {"dtype": FLOATS}
    hidden_activations = ("sigmoid", "tanh", "relu")

    def command(self) -> list[str]:
        return [
            "gcc",
            "-O2",
            "-shared",
            "-fPIC",
            f"-DPARAGONE_REAL={self.real}",
            "-I{include}",
            "-o{library}",
            "null.c",
        ]


class JuliaNull(JuliaImplementation):
    """A function of an embedded Julia that returns at once."""

    name = "julia_null"
    language = "Julia"
    layout = "none"
    source = "the project's own"
    idea = "What does a call through juliacall cost?"
    maths = ("null.jl",)
    axes = {"dtype": FLOATS}
    hidden_activations = ("sigmoid", "tanh", "relu")
    program = "null.jl"


class ProcessNull(ProcessImplementation):
    """A program that answers at once."""

    name = "process_null"
    language = "Python"
    layout = "none"
    source = "the project's own"
    idea = "What does a call through the process protocol cost?"
    maths = ("null_runner.py",)
    axes = {"dtype": FLOATS}
    hidden_activations = ("sigmoid", "tanh", "relu")

    def command(self) -> list[str]:
        return [sys.executable, "null_runner.py"]
