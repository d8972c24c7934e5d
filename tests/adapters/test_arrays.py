"""The glue for maths files in Python: what it says of one that holds no step."""

import pytest
from small_gate import loaded, small, written

from paragone.errors import MeasurementFailed

IMPL = """
from paragone.adapters.arrays import ArrayImplementation

class Old(ArrayImplementation):
    name, layout, source, idea = "old", "samples in rows", "a test", "Was written for paragone 0.1."
    maths = ("rows.py",)

    def formulas(self):
        from . import rows
        return rows
"""


def test_a_maths_file_without_a_step_is_told_what_it_lacks_and_where_to_read(tmp_path):
    rows = "def forward(X, W, b, activate):\n    pass\n"
    (old,) = written(tmp_path / "old", [("impl.py", IMPL), ("rows.py", rows)])

    with pytest.raises(MeasurementFailed, match=r"old: the maths file rows.py has no function `step`.*CONTRIBUTING.md"):
        loaded(old, small("nielsen"))
