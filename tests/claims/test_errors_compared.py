"""Claims about errors, and about the speed of kernels, judged by a run made up by hand."""

import math
from dataclasses import replace

import pytest
from made_up_kernel_run import BASES, PAIRWISE, PRODUCTS, kernel_run
from made_up_run import outcome

from paragone.analyse.results import Results
from paragone.claims.claim import Claim
from paragone.claims.judge_claims import CANNOT_TELL, CONTEXT, NOT_REPRODUCED, REPRODUCED, RunEvidence

CLAIM = Claim("mine", "me", "Less exact", PAIRWISE, "error", (PRODUCTS[0],), (BASES[0],), 32, 32, low=1)


def judged(claim, product=2e-5, base=4e-8, far=0.44):
    said = [
        outcome(name, size=32, threads=1, error=error, bound=5e-5, shown_errors={"far": shown})
        for name, error, shown in ((PRODUCTS[0], product, far), (BASES[0], base, 4e-8))
    ]
    said += [outcome(name) for name in (PRODUCTS[0], BASES[0])]
    return RunEvidence(Results(kernel_run(None, outcomes=said))).judge(claim)


def test_the_ratio_of_errors_is_judged_without_an_interval():
    found = judged(CLAIM)

    assert (found.verdict, found.ratio) == (REPRODUCED, pytest.approx(500))
    assert math.isnan(found.low)
    assert judged(replace(CLAIM, low=501)).verdict == NOT_REPRODUCED
    assert judged(replace(CLAIM, low=501, context="background")).verdict == CONTEXT


def test_a_case_that_is_shown_has_errors_of_its_own_which_may_be_infinite():
    far = replace(CLAIM, case="far")

    assert judged(far).ratio == pytest.approx(1.1e7)
    assert judged(far, far=None).verdict == REPRODUCED


def test_where_an_error_is_not_known_nothing_can_be_told():
    assert judged(CLAIM, product=None).verdict == CANNOT_TELL
    assert judged(CLAIM, product=0.0, base=0.0).verdict == CANNOT_TELL


def test_the_speeds_of_a_kernel_at_two_sizes_are_compared_by_their_work():
    # 8 ns for each distance at 32 and at 320, whose calls take a hundred times as long.
    of_speed = replace(CLAIM, quantity="run", variant=(BASES[0],), size=320, than_size=32)

    assert judged(of_speed).ratio == pytest.approx(1, rel=1e-4)
