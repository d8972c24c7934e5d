"""The glue for maths files in Python: what it says of one that holds no step."""

from dataclasses import replace

import numpy as np
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

ROWS = """
import numpy as np
def step(net, batch, eta, R): return LOSS
def store_images(images, dtype, order): return images
def store_labels(labels, n_classes, dtype): return labels
def store_layer(W, b, dtype): return STORED
def canonical_layer(W, b): return CANONICAL
"""
RETURNS = {"LOSS": "0.5", "STORED": "W, b", "CANONICAL": "W, b"}


@pytest.mark.parametrize(
    ("returns", "told"),
    [
        ({"LOSS": "'x'"}, r"^step \(rows.py, line 3\): expected the loss, a number, it returns a value of type str$"),
        ({"STORED": "None"}, r"^store_layer \(rows.py, line 6\): expected W, b, it returns None$"),
        ({"STORED": "W, b, 3"}, r"^store_layer \(rows.py, line 6\): expected W, b, it returns 3 values$"),
        (
            {"CANONICAL": "W"},
            r"^canonical_layer \(rows.py, line 7\): expected W, b, it returns a value of type ndarray$",
        ),
        (
            {"CANONICAL": "W, 'b'"},
            r"^canonical_layer \(rows.py, line 7\): expected W, b as arrays, it returns a value .* str$",
        ),
    ],
)
def test_a_wrong_return_is_told_with_the_authors_file_and_function(tmp_path, returns, told):
    rows = ROWS
    for word, value in {**RETURNS, **returns}.items():
        rows = rows.replace(word, value)
    (made,) = written(tmp_path / "old", [("impl.py", IMPL), ("rows.py", rows)])
    problem = replace(small("nielsen"), records_loss=True)

    with pytest.raises(MeasurementFailed, match=told):
        train_once(loaded(made, problem), problem)


def train_once(implementation, problem):
    implementation.reset(problem.start_state(1))
    implementation.train(np.arange(4).reshape(2, 2))
    implementation.params()


def test_a_maths_file_without_a_step_is_told_what_it_lacks_and_where_to_read(tmp_path):
    rows = "def forward(X, W, b, activate):\n    pass\n"
    (old,) = written(tmp_path / "old", [("impl.py", IMPL), ("rows.py", rows)])

    with pytest.raises(MeasurementFailed, match=r"old: the maths file rows.py has no function `step`.*CONTRIBUTING.md"):
        loaded(old, small("nielsen"))
