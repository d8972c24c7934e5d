"""A maths file holds its step, is short or says why not, and differs from its neighbour in what it is about."""

import difflib
import re
from itertools import pairwise

import pytest
from everyone import FOUND

from paragone.implementation.registry import IMPLEMENTATIONS

FILES = sorted({found.folder / name for found in FOUND.values() for name in found.implementation.maths})
LONGEST = 100
REASON = "Longer than 100 lines: "
HEADER = 20  # lines

# From the line that defines it, in any of the languages, to the next definition or end on the same margin.
STEP = re.compile(
    r"^( *)(?:def|(?:real\S+ )?function|(?:pub )?fn|static double) step!?\("
    r".*?(?=^(?:\1(?:def|@|function|class|[}]|end))|\Z)",
    re.MULTILINE | re.DOTALL,
)
CALL = re.compile(r"(?<![\w:])(?:\w*_)?(gather|forward|loss|backward|update)!?\(")
PHASES = ("gather", "forward", "loss", "backward", "update")
# Where no maths file has a step, and why.
WITHOUT_A_STEP = {
    "keras_fit": "Model.fit takes it",
    "sklearn_mlp": "partial_fit takes it",
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_maths_file_has_at_most_a_hundred_lines_or_says_why_in_its_header(path):
    lines = path.read_text(encoding="utf-8").splitlines()

    assert (len(lines) > LONGEST) == any(REASON in line for line in lines[:HEADER]), len(lines)


@pytest.mark.parametrize("name", sorted(FOUND.keys() - WITHOUT_A_STEP))
def test_the_step_stands_in_a_maths_file_and_calls_the_phases_by_name_in_their_order(name):
    found = FOUND[name]
    texts = [(found.folder / file).read_text(encoding="utf-8") for file in found.implementation.maths]
    steps = [body[0] for text in texts for body in STEP.finditer(text) if "gather" in body[0]]

    assert steps
    for step in steps:
        order = list(dict.fromkeys(CALL.findall(step)))
        assert [phase for phase in PHASES if phase in order] == order
        assert {"gather", "forward", "backward", "update"} <= set(order)


def changed_lines(one, other):
    """How many lines `diff` shows of the two files."""
    texts = [(IMPLEMENTATIONS / path).read_text(encoding="utf-8").splitlines() for path in (one, other)]
    return sum(line[:1] in "+-" and line[:3] not in ("+++", "---") for line in difflib.unified_diff(*texts, n=0))


LADDER = [str(path.relative_to(IMPLEMENTATIONS)) for path in FILES if path.parent.name == "numpy_bias_neuron"]


@pytest.mark.parametrize(("before", "after"), list(pairwise(LADDER)))
def test_two_steps_of_the_ladder_differ_in_fewer_than_25_lines(before, after):
    assert 0 < changed_lines(before, after) < 25


def test_rows_and_columns_differ_in_the_layout_alone():
    """As many lines in the one as in the other: none is about anything else."""
    rows, columns = (
        (IMPLEMENTATIONS / path).read_text(encoding="utf-8").splitlines()
        for path in ("numpy_rows/rows.py", "numpy_columns/columns.py")
    )

    assert len(rows) == len(columns)
    assert changed_lines("numpy_rows/rows.py", "numpy_columns/columns.py") <= 40


def test_the_output_layers_of_numpy_are_written_once():
    written = [path.name for path in FILES if path.suffix == ".py" and "np.logaddexp(" in path.read_text()]

    assert written == []
