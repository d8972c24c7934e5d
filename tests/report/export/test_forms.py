"""The forms by name: each makes a file of a run, and says why it does not."""

import json

import pytest
from made_up_run import BASE, CONTROL, made_up_run, outcome

from paragone.analyse.results import Results
from paragone.errors import Misuse, ResultsUnusable, UnknownName
from paragone.report.export.forms import FORMS, JSON_FORMS, writer_of

TIMES = {(BASE, 10): [[2e-5] * 3] * 3, (CONTROL, 10): [[2e-5] * 3] * 3}


def results_of(status):
    return Results(made_up_run(None, TIMES, outcomes=[outcome(BASE, status), outcome(CONTROL, status)]))


@pytest.mark.parametrize("form", JSON_FORMS)
def test_the_forms_in_json_are_json_in_ascii(form):
    content = writer_of(form)(results_of("passed"))

    assert json.loads(content.decode("ascii")) == JSON_FORMS[form](results_of("passed"))
    assert content.endswith(b"\n")


@pytest.mark.parametrize("form", JSON_FORMS)
def test_a_run_in_which_nothing_passed_is_refused_and_not_an_empty_file(form):
    with pytest.raises(ResultsUnusable, match=f"nothing for {form}. The statuses: paragone export --format csv"):
        writer_of(form)(results_of("failed"))


def test_a_table_holds_a_run_in_which_nothing_passed():
    assert writer_of("csv")(results_of("failed")).count(b",failed,") == 2


def test_an_unknown_form_is_answered_with_the_closest():
    with pytest.raises(UnknownName, match="Did you mean 'github-action-benchmark'"):
        writer_of("github-action-benchmarks")


@pytest.mark.parametrize("form", [form for form in FORMS if form != "csv"])
def test_a_decimal_sign_is_refused_where_there_is_none_to_choose(form):
    with pytest.raises(Misuse, match="in csv alone"):
        writer_of(form, ",")


def test_another_sign_than_point_and_comma_is_refused():
    with pytest.raises(Misuse, match=r"--decimal: expected \. or , got ';'"):
        writer_of("csv", ";")
