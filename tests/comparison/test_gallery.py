"""Kernels beside each other: which point of each grid, which languages, and which runs cannot be."""

import math

import msgspec
import pytest
from made_up_run import with_environment
from runs_of_two_kernels import CALLS, LISTS, LOOPS, TUNED, network_run, pairwise_run

from paragone.analyse.results import Results
from paragone.comparison.gallery import columns_of, gallery_of, gap, languages_of, seconds_of_calls
from paragone.errors import Incomparable, ResultsUnusable


@pytest.fixture(scope="module")
def columns():
    return gallery_of([Results(network_run(calls=CALLS)), Results(pairwise_run())])


def test_each_kernel_has_a_column_at_the_middle_of_its_grid_in_float64(columns):
    assert [(column.problem.name, column.size, column.dtype, column.threads) for column in columns] == [
        ("nielsen", 100, "float64", 1),
        ("pairwise", 320, "float64", 1),
    ]


def test_where_the_middle_was_not_measured_the_largest_size_is_shown():
    cells = [cell for cell in msgspec.to_builtins(pairwise_run().plan)["cells"] if cell["size"] != 320]
    (column,) = columns_of(Results(pairwise_run(cells=cells)))

    assert column.size == 3200


def test_the_cells_of_a_column_are_of_that_point_alone_and_the_fastest_stands_first(columns):
    network = columns[0]

    assert network.cells["variant"].tolist()[:1] == [TUNED]
    assert not network.cells["control"].any()
    assert set(network.cells["size"]) == {100}


def test_a_language_is_listed_by_the_number_of_kernels_that_were_timed_in_it(columns):
    assert languages_of(columns) == ["NumPy", "C", "Python"]


def test_a_language_without_a_time_says_why_and_one_without_code_says_nothing(columns):
    assert gap(columns[0].of_language("Python")) == "failed"
    assert gap(columns[1].of_language("Python")) == ""


def test_the_cost_of_a_call_is_that_of_each_call_of_many(columns):
    assert seconds_of_calls(columns, "C") == (3e-9, 3e-9)
    assert all(map(math.isnan, seconds_of_calls(columns, "NumPy")))
    assert LOOPS in {*columns[0].cells["variant"]}
    assert LISTS in {*columns[0].cells["variant"]}


def test_runs_of_two_machines_are_in_no_gallery():
    other = with_environment(pairwise_run(), machine={"id": "another"})

    with pytest.raises(Incomparable, match=r"network and pairwise are of two machines, .* and another: a gallery is"):
        gallery_of([Results(network_run()), Results(other)])


def test_two_runs_of_one_problem_are_refused_by_their_names():
    with pytest.raises(Incomparable, match=r"two runs are of pairwise: pairwise and pairwise\. Name one of them"):
        gallery_of([Results(pairwise_run()), Results(pairwise_run())])


def test_a_gallery_of_nothing_names_the_command_that_measures():
    with pytest.raises(ResultsUnusable, match="paragone bench -k all"):
        gallery_of([])
