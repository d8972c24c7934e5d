"""Which variants of a claim can run here: names are completed, and a claim that cannot be tested says why."""

from dataclasses import replace

import pytest
from everyone import EVERYONE

from paragone.claims.claim import Claim
from paragone.claims.runnable import resolved, runnable, untestable_reason
from paragone.errors import InvalidClaims
from paragone.task.mlp.problem_files import find_problem

ROWS, COLUMNS = "numpy_rows[dtype=float32,order=C]", "numpy_columns[dtype=float64,order=F]"
CLAIM = Claim("mine", "me", "so", find_problem("nielsen"), "train", (ROWS,), (COLUMNS,), 10, 100, low=1)


def test_a_name_without_its_axes_is_completed():
    assert resolved(replace(CLAIM, variant=("numpy_rows",)), EVERYONE).variant == (ROWS,)


@pytest.mark.parametrize(
    ("name", "words"),
    [("numpy_row", "claim mine: than: unknown implementation"), ("numpy_rows[order=Z]", "has no variant")],
)
def test_a_variant_that_does_not_exist_is_told_with_the_claim_and_the_key(name, words):
    with pytest.raises(InvalidClaims, match=words):
        resolved(replace(CLAIM, than=(name,)), EVERYONE)


def test_a_claim_that_cannot_be_tested_says_why():
    lists = replace(CLAIM, variant=("python_lists[dtype=float64]",))

    assert untestable_reason(Claim("a", "b", "c", cannot="no cells"), EVERYONE) == "no cells"
    assert untestable_reason(CLAIM, EVERYONE) == ""
    assert "has no `predict`" in untestable_reason(replace(lists, quantity="epoch with evaluation"), EVERYONE)


def test_of_several_variants_the_first_that_can_run_is_taken():
    both = replace(CLAIM, variant=("python_lists[dtype=float64]", ROWS), quantity="epoch with evaluation")

    assert untestable_reason(both, EVERYONE) == ""
    assert runnable(both, EVERYONE).variant == (ROWS,)
