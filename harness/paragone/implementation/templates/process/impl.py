"""starter_name: a first program that the harness talks to, to be changed.

This file is the glue: what the implementation is called, and how its program is started. The adapter
ProcessImplementation starts it, sends it the training set once and then orders of many steps each, through its
standard input and output.
"""

import sys

from paragone.adapters.process import ProcessImplementation
from paragone.implementation.contract import FLOATS


class StarterName(ProcessImplementation):
    """Change first: `command`, once the program is in a language of your own; `idea` and `layout` say what it shows."""

    name = "starter_name"
    language = "Python"
    layout = "samples in rows"
    source = "paragone new"
    idea = "One sentence: what does this implementation show?"
    maths = ("maths.py",)  # the files whose lines are counted and shown
    axes = {"dtype": FLOATS}  # what changes only the data; each value is a row of its own in a comparison
    hidden_activations = ("sigmoid", "tanh", "relu")  # what maths.py knows of them
    install = ""  # what to do where the program is missing: "Install: apt install nodejs"

    def command(self) -> tuple[str, ...]:
        # The program and its arguments, started in this folder: ("node", "runner.js"), ("./runner",) …
        return (sys.executable, "runner.py")
