"""What a check found becomes the columns of an outcome."""

import math

import msgspec

from paragone.store.records import Outcome
from paragone.task.check_result import CheckResult
from paragone.verify.pilot_result import found_by


def test_an_outcome_keeps_the_error_of_each_case_and_the_note_and_holds_nothing_that_is_not_finite():
    check = CheckResult("passed", "", 1e-8, math.inf, "D", 4, "as exact", {"far": 0.44, "wide": math.inf})
    row = Outcome(problem="pairwise", variant="loops", stage="head", status="passed", **found_by(check))

    assert (row.error, row.bound, row.n_steps, row.note) == (1e-8, None, 4, "as exact")
    assert row.shown_errors == {"far": 0.44, "wide": None}
    assert msgspec.json.decode(msgspec.json.encode(row), type=Outcome) == row


def test_an_outcome_of_a_check_without_cases_or_notes_has_neither():
    found = found_by(CheckResult("passed"))

    assert (found["shown_errors"], found["note"], found["error"]) == (None, None, None)
