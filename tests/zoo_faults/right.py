"""What the members of the zoo of whole runs would be without their fault: the baseline, under another name."""

import importlib.util
import os
from pathlib import Path
from typing import ClassVar

from paragone.adapters.arrays import ArrayImplementation
from paragone.implementation.registry import IMPLEMENTATIONS


class Right(ArrayImplementation):
    """Trains as the baseline does."""

    layout = "samples in rows"
    source = "a test"
    idea = "Has one fault."
    maths = ()
    axes: ClassVar = {"dtype": ("float32",)}
    n_trained = 0

    def formulas(self):
        spec = importlib.util.spec_from_file_location("rows", IMPLEMENTATIONS / "numpy_rows" / "rows.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    def train(self, order):
        self.n_trained += 1
        return super().train(order)

    def note_process(self, pid):
        """Leave a note of a process, for the test to see that it is gone."""
        (Path(os.environ["ZOO_NOTES"]) / str(pid)).touch()
