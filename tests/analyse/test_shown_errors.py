"""The errors of cases that are shown and not judged, as a run holds them."""

import math

from made_up_run import BASE, OTHER, made_up_run, outcome

from paragone.analyse.shown_errors import shown_errors

TIMES = {(BASE, 10): [[1e-5] * 3], (OTHER, 10): [[1e-5] * 3]}


def errors_of(outcomes):
    found = shown_errors(made_up_run(None, TIMES, outcomes=outcomes))
    return {(row.variant, row.size, row.case): row.error for row in found.itertuples()}


def test_of_each_cell_and_case_the_largest_error_is_shown_and_infinite_where_none_was_finite():
    said = [
        outcome(BASE, size=10, threads=1, shown_errors={"far": 0.25, "wide": 1e-3}),
        outcome(BASE, size=10, threads=1, shown_errors={"far": 0.5}),
        outcome(OTHER, size=10, threads=1, shown_errors={"far": None}),
    ]

    assert errors_of(said) == {(BASE, 10, "far"): 0.5, (BASE, 10, "wide"): 1e-3, (OTHER, 10, "far"): math.inf}


def test_a_run_without_such_cases_has_no_errors_to_show_nor_has_an_outcome_of_no_cell():
    assert errors_of([outcome(BASE), outcome(OTHER, size=10, threads=1)]) == {}
    assert errors_of([outcome(BASE, shown_errors={"far": 0.5})]) == {}
