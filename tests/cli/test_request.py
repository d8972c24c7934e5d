"""The request on the data that is named: its problems follow, and what changes is said."""

import io

import numpy as np
import pytest
from rich.console import Console

from paragone.cli.display import TerminalDisplay
from paragone.cli.request import with_data
from paragone.plan.request import Request
from paragone.task.mlp.problem_files import find_problem


@pytest.fixture
def three_classes(tmp_path, monkeypatch):
    monkeypatch.setenv("PARAGONE_CACHE", str(tmp_path / "cache"))
    images, labels = np.zeros((60, 5, 5), np.uint8), np.arange(60) % 3
    np.savez(tmp_path / "three.npz", x_train=images, y_train=labels, x_test=images[:9], y_test=labels[:9])
    return str(tmp_path / "three.npz")


def test_the_problems_of_a_request_follow_its_data_and_what_changes_is_said(three_classes):
    console = Console(file=io.StringIO(), width=200)
    request, data = with_data(Request((find_problem("nielsen"),)), three_classes, TerminalDisplay(console))
    (problem,) = request.problems

    assert (problem.layers, problem.n_train, problem.dataset) == ((25, 30, 3), 60, "three.npz")
    assert data.name == "three.npz"
    assert "On three.npz nielsen is 25-30-3, not 784-30-10 and has 60 training images" in console.file.getvalue()


def test_the_same_request_on_the_same_data_is_the_same_again(three_classes):
    """A run is resumed with the problems of its plan."""
    display = TerminalDisplay(Console(file=io.StringIO()))
    once, _ = with_data(Request((find_problem("nielsen"),)), three_classes, display)
    twice, _ = with_data(once, three_classes, display)

    assert once == twice
    assert once.stored() != Request((find_problem("nielsen"),)).stored()
