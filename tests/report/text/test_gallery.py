"""The gallery in words: one row per language, one column per kernel, and a sentence where there is no time."""

import pytest
from runs_of_two_kernels import CALLS, network_run, pairwise_run

from paragone.analyse.results import Results
from paragone.comparison.gallery import gallery_of
from paragone.report.text.gallery import TABLE, gallery_sections
from paragone.report.text.markdown import join_sections


@pytest.fixture(scope="module")
def sections():
    return dict(gallery_sections(gallery_of([Results(network_run(calls=CALLS)), Results(pairwise_run())])))


def line_of(text, first):
    (line,) = [line for line in text.splitlines() if line.startswith(f"| {first} |")]
    return line.strip("| ").split(" | ")


def test_a_language_shows_its_fastest_way_and_how_far_its_others_go(sections):
    _, cost, network, _ = line_of(sections[TABLE], "NumPy")

    assert cost == ""
    assert network == "**2.00×** [2.00, 2.00]<br>faster<br>`numpy_tuned`, 40 lines<br>1 other, 1.00×"


def test_the_cost_of_a_call_stands_beside_the_language(sections):
    assert line_of(sections[TABLE], "C")[1] == "3.00 ns"


def test_what_failed_is_told_in_its_place(sections):
    assert line_of(sections[TABLE], "Python")[2:] == ["*failed*"]


def test_each_kernel_is_told_with_its_baseline_its_fastest_and_its_own_report(sections):
    line = line_of(sections["## What is compared"], "[`nielsen`](../network/report.html)")

    assert line[2:5] == ["batch 100", "`numpy_rows`", "`numpy_tuned`"]


def test_no_number_is_formed_across_kernels(sections):
    """A row has a place for each kernel and none for all of them."""
    head, *_ = sections[TABLE].splitlines()

    assert head == "|  | a call costs | `nielsen` | `pairwise` |"


def test_every_command_to_repeat_it_is_named_once(sections):
    assert sections["## To repeat it"].count("paragone bench") == 2
    assert join_sections(list(sections.items())).startswith("# paragone: 2 kernels beside each other")
