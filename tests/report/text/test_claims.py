"""The claims in the report of a run: those that its cells settle, and how many others there are."""

from dataclasses import replace

from made_up_run import made_up_run, outcome
from test_climbs import IN_FLOAT64, SECONDS, run_of

from paragone.analyse.summary import summarise
from paragone.claims.claim import Claim, shipped_claims
from paragone.claims.judge_claims import Finding
from paragone.report.text.claims import here, markdown, section, tally
from paragone.report.text.markdown import report


def test_the_report_shows_the_claims_that_its_cells_settle_and_counts_the_others():
    run = run_of(SECONDS)
    text = section(run, summarise(run))
    checkable = [claim for claim in shipped_claims() if not claim.cannot]
    shown = [claim.id for claim in checkable if f"`{claim.id}`" in text]

    assert {"s4-step3-500", "s4-step3-20000", "s4-all-500", "s4-all-20000", "s4-step1-total"} <= set(shown)
    assert "| at least 6.5× | 11.2× [11.2, 11.3] | **reproduced** |" in text or "11.3×" in text
    assert "**not reproduced**: more than claimed" in text  # 1.5× where 1.18× to 1.28× are claimed
    assert "**context**: from an earlier part of the series" in text
    assert f"{len(checkable) - len(shown)} more claims need other cells: `paragone claims`." in text
    assert "## Claims of the sources" in report(run, summarise(run), [], [])


def test_a_run_that_settles_none_has_no_section():
    run = run_of(IN_FLOAT64, problem="nielsen")

    assert section(run, summarise(run)) == ""
    assert "Claims of the sources" not in report(run, summarise(run), [], [])


def test_an_empty_run_has_no_section():
    run = made_up_run(None, {}, cells=[], outcomes=[outcome("numpy_rows[dtype=float32,order=C]")])

    assert section(run, summarise(run)) == ""


def test_words_from_a_file_of_claims_cannot_break_the_table():
    nasty = Claim("a`|b", "<me>", "one | two\nthree <script>", cannot="because | of\nthis")
    (line,) = markdown([Finding(nasty, "cannot be run here", nasty.cannot)]).splitlines()[2:]

    assert line.count(" | ") == 5
    assert "<script>" not in line
    assert "<me>" not in line


def test_the_tally_counts_every_verdict():
    claim = Claim("a", "b", "c")
    findings = [Finding(claim, verdict) for verdict in ("reproduced", "context", "reproduced")]

    assert tally(findings) == "2 reproduced, 1 context."
    assert here(findings[0]) == ""


def test_a_claim_of_seconds_is_answered_in_seconds_too():
    claim = Claim("a claim", "S0", "ends within 0.2 s", within_seconds=0.2, epochs=10)
    finding = Finding(claim, "not reproduced", ratio=0.5, low=0.4, high=0.8, epoch_seconds=0.1)

    assert here(finding) == "0.50× [0.40, 0.80]: +1.00 s [+0.25, +1.50] over 10 epochs"
    assert here(replace(finding, epoch_seconds=float("nan"))) == "0.50× [0.40, 0.80]"
    assert here(replace(finding, claim=replace(claim, within_seconds=0))) == "0.50× [0.40, 0.80]"
