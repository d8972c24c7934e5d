"""python_lists: nested loops over lists of Python floats."""

from paragone.adapters.arrays import ArrayImplementation


class PythonLists(ArrayImplementation):
    """Where everybody starts, and what every library is measured against in the end."""

    name = "python_lists"
    language = "Python"
    layout = "one sample at a time, lists of lists"
    source = "the project's own: S2's step without NumPy"
    idea = "What a multiplication costs when Python itself does every one of them."
    maths = ("lists.py", "outputs.py")
    shared_maths = ()
    axes = {"dtype": ("float64",)}
    hidden_activations = ("sigmoid", "tanh", "relu")
    plain_loops = True

    def formulas(self):
        from . import lists

        return lists

    def hidden_layers(self):
        from .outputs import HIDDEN

        return HIDDEN

    def outputs(self):
        from .outputs import OUTPUTS

        return OUTPUTS
