"""python_lists: nested loops over lists of Python floats."""

from types import ModuleType

from paragone.adapters.arrays import SampleImplementation


class PythonLists(SampleImplementation):
    """Where everybody starts, and what every library is measured against in the end."""

    name = "python_lists"
    language = "Python"
    layout = "one sample at a time, lists of lists"
    source = "the project's own: S2's step without NumPy"
    idea = "What a multiplication costs when Python itself does every one of them."
    maths = ("lists.py",)
    axes = {"dtype": ("float64",)}

    def formulas(self) -> ModuleType:
        from . import lists

        return lists
