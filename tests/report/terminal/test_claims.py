"""Claims on the terminal: the sentence first, whole words, and the verdict beside what is claimed."""

from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from paragone.claims.claim import shipped_claims
from paragone.claims.judge_claims import CANNOT_TELL, JudgedClaim
from paragone.report.terminal.claims import print_claims

CLAIM = next(claim for claim in shipped_claims() if claim.id == "s0-numpy-per-sample")


def printed(*judged, width=80):
    out = StringIO()
    print_claims(judged, Console(width=width, file=out))
    return out.getvalue()


def test_a_claim_is_a_sentence_with_claimed_here_and_verdict_on_one_line():
    judged = JudgedClaim(CLAIM, "reproduced", ratio=3.5, low=3.25, high=3.75)
    lines = printed(judged).splitlines()

    assert lines[0].startswith(f"{CLAIM.source}: NumPy on matrices")
    assert "    claimed at least 2× · here 3.50× [3.25, 3.75] · reproduced" in [line.rstrip() for line in lines]
    assert lines[-1] == "1 reproduced."


@pytest.mark.parametrize("width", [60, 80])
def test_every_word_of_every_claim_stands_whole_within_the_width(width):
    told = [JudgedClaim(claim, CANNOT_TELL, "no finished run has its cells") for claim in shipped_claims()]
    text = printed(*told, width=width)

    assert max(map(len, text.splitlines())) <= width
    for claim in shipped_claims():
        assert " ".join(claim.says.split()) in " ".join(text.split()), claim.id
        assert claim.id in text


def test_what_cannot_be_run_has_its_reason_and_no_empty_places():
    text = printed(JudgedClaim(replace(CLAIM, problem=None, expected=""), "cannot be run here", "no such library"))

    assert "    cannot be run here: no such library" in text
    assert "claimed" not in text
    assert "here ·" not in text
