"""The claims in the report of a run: those that its cells settle, and how many others there are."""

from dataclasses import replace

from made_up_run import BASE, CONTROL, cell, made_up_run, outcome, sample
from msgspec import structs

from paragone.analyse.results import Results
from paragone.claims.claim import Claim, shipped_claims
from paragone.claims.judge_claims import JudgedClaim
from paragone.report.text.claims import claims_table, here, section, tally
from paragone.report.text.run_report import run_report

FIRST = "numpy_bias_step0[dtype=float64]"
BASE64 = BASE.replace("32", "64")
STEP_1, STEP_2, STEP_3 = (f"numpy_bias_step{number}[dtype=float32]" for number in (1, 2, 3))
# Seconds per step: 6, 1.25 and 1.5 times as fast as the step before, 11.25 in all.
SECONDS = {FIRST: 9e-5, STEP_1: 1.5e-5, STEP_2: 1.2e-5, STEP_3: 0.8e-5}
QUIET = {BASE: 1e-5, CONTROL: 1e-5, BASE64: 2e-5, f"{BASE64} (A/A)": 2e-5}


def run_of(problem):
    """A run in which S4's four versions take their time at the batch sizes of its claims."""
    seconds = {(name, size): value for size in (500, 20_000) for name, value in (QUIET | SECONDS).items()}
    samples = [
        sample(name, size, launch, round_, value, problem=problem)
        for (name, size), value in seconds.items()
        for launch in range(3)
        for round_ in range(3)
    ]
    cells = [cell(name, size, problem) for name, size in seconds]
    said = [outcome(name, problem=problem) for name in QUIET | SECONDS]
    times = {key: [[value] * 3] * 3 for key, value in seconds.items()}
    return made_up_run(None, times, cells=cells, samples=samples, outcomes=said, launches=[])


def test_the_report_shows_the_claims_that_its_cells_settle_and_counts_the_others():
    run = run_of("mlp4")
    text = section(Results(run))
    checkable = [claim for claim in shipped_claims() if not claim.cannot and claim.family == "mlp"]
    shown = [claim.id for claim in checkable if f"`{claim.id}`" in text]

    assert {"s4-step3-500", "s4-step3-20000", "s4-all-500", "s4-all-20000", "s4-step1-total"} <= set(shown)
    assert "| at least 6.5× | 11.2× [11.2, 11.3] | **reproduced** |" in text or "11.3×" in text
    assert "**not reproduced**: more than claimed" in text  # 1.5× where 1.18× to 1.28× are claimed
    assert "**context**: from an earlier part of the series" in text
    assert f"{len(checkable) - len(shown)} more claims need other cells: `paragone claims`." in text
    assert "## Claims of the sources" in run_report(Results(run), [], [])


def test_a_run_that_settles_none_has_no_section():
    run = run_of("nielsen")

    assert section(Results(run)) == ""
    assert "Claims of the sources" not in run_report(Results(run), [], [])


def test_an_empty_run_has_no_section():
    run = made_up_run(None, {}, cells=[], outcomes=[outcome("numpy_rows[dtype=float32,order=C]")])

    assert section(Results(run)) == ""


def test_text_from_a_claims_file_cannot_break_the_table():
    nasty = Claim("a`|b", "<me>", "one | two\nthree <script>", cannot="because | of\nthis")
    (line,) = claims_table([JudgedClaim(nasty, "cannot be run here", nasty.cannot)]).splitlines()[2:]

    assert line.count(" | ") == 5
    assert "<script>" not in line
    assert "<me>" not in line


def test_the_tally_counts_every_verdict():
    claim = Claim("a", "b", "c")
    judged_claims = [JudgedClaim(claim, verdict) for verdict in ("reproduced", "context", "reproduced")]

    assert tally(judged_claims) == "2 reproduced, 1 context."
    assert here(judged_claims[0]) == ""


def test_a_claim_of_seconds_is_answered_in_seconds_too():
    claim = Claim("a claim", "S0", "ends within 0.2 s", within_seconds=0.2, epochs=10)
    judged = JudgedClaim(claim, "not reproduced", ratio=0.5, low=0.4, high=0.8, epoch_seconds=0.1)

    assert here(judged) == "0.50× [0.40, 0.80]: +1.00 s [+0.25, +1.50] over 10 epochs"
    assert here(replace(judged, epoch_seconds=float("nan"))) == "0.50× [0.40, 0.80]"
    assert here(replace(judged, claim=replace(claim, within_seconds=0))) == "0.50× [0.40, 0.80]"
    assert here(replace(judged, ratio=float("inf"))) == "∞×"


def test_a_run_on_other_data_says_that_the_claims_are_not_about_it():
    run = run_of("mlp4")
    problems = {name: replace(problem, dataset="letters") for name, problem in run.plan.problems.items()}
    on_letters = replace(run, plan=structs.replace(run.plan, problems=problems))

    assert section(Results(on_letters)) == "The claims of the sources are about MNIST, and not about this data."
