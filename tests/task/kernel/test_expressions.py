"""Expressions give whole numbers, and whatever else is written there is refused with a sentence."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paragone.task.kernel.expressions import MOST_CHARACTERS, evaluate

SIZES = {"n": 10, "d": 3}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("n", 10),
        ("7", 7),
        ("n*n*(3*d + 1)", 1000),
        ("n // d", 3),
        ("n - 2*d", 4),
        ("-d + n", 7),
        ("min(n, d) + max(n, 2*d)", 13),
        (" ( n ) ", 10),
    ],
)
def test_an_expression_has_this_value(expression, value):
    assert evaluate(expression, SIZES) == value


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("m + 1", "unknown size 'm' in 'm + 1'. There are: n, d."),
        ("n / 2", "got 'n / 2': for division write //"),
        ("n ** 2", "got 'n ** 2': for a power write n*n"),
        ("n // (d - 3)", "'n // (d - 3)' divides by 0 where n = 10, d = 3"),
        ("n^2", "got 'n ^ 2': for a power write n*n"),
        ("n.real", "got 'n.real'"),
        ("abs(n)", "got 'abs(n)'"),
        ("min(n)", "got 'min(n)'"),
        ("max(n, d, 1)", "got 'max(n, d, 1)'"),
        ("min(n, key=d)", "got 'min(n, key=d)'"),
        ("1.5", "got '1.5'"),
        ("True", "got 'True'"),
        ("'n'", "got \"'n'\""),
        ("[n][0]", "got '[n][0]'"),
        ("(lambda: n)()", "got '(lambda: n)()'"),
        ("n n", "got 'n n'"),
        ("", "got ''"),
        ("n; d", "got 'n; d'"),
        ("n\0", "expected an expression"),
        ("(" * 150, "expected an expression"),
        ("n*" * MOST_CHARACTERS + "n", "at most 200 characters, got 401"),
        ("n*n*n*n*n*n*n*n*n*n*n*n*n*n*n*n*n", "is more than 9e+15"),
        ("99999999999999999999", "is more than 9e+15"),
    ],
)
def test_anything_else_is_refused_with_a_sentence(expression, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        evaluate(expression, SIZES)


@given(st.text(alphabet="nd0123456789+-*/(),. minaxlambda:[]\"'", max_size=60))
def test_no_text_does_anything_but_give_a_number_or_a_sentence(text):
    try:
        answer = evaluate(text, SIZES)
    except ValueError as error:
        answer = str(error)

    assert (
        isinstance(answer, int) or "got" in answer or "unknown size" in answer or " where " in answer or "9e" in answer
    )
