"""starter_name: a first implementation in Python and NumPy, to be changed.

This file is the glue: what the implementation is called, and which file holds its maths. The adapter
ArrayImplementation does the rest: it calls the step of maths.py for each mini-batch, and keeps the weights, the biases
and the step count.
"""

from paragone.adapters.arrays import ArrayImplementation
from paragone.implementation.contract import FLOATS


class StarterName(ArrayImplementation):
    """Change first: `idea` and `layout`, which say to a reader what this one is about."""

    name = "starter_name"
    layout = "samples in rows"
    source = "paragone new"
    idea = "One sentence: what does this implementation show?"
    maths = ("maths.py",)  # the files whose lines are counted and shown
    axes = {"dtype": FLOATS}  # what changes only the data; each value is a row of its own in a comparison
    hidden_activations = ("sigmoid", "tanh", "relu")  # what maths.py knows of them

    @classmethod
    def missing(cls) -> str | None:
        # Where it needs a library: return "jax is not installed. Install: pip install jax" if there is none.
        return None

    def formulas(self):
        # Imported here and not above: listing all implementations must stay light.
        from . import maths

        return maths
