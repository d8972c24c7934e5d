"""What each step of a ladder gains, from times made up by hand, and what the sources say of it."""

import math
from io import StringIO
from types import SimpleNamespace

import pytest
from made_up_run import BASE, CONTROL, cell, made_up_run, outcome, sample
from paragone.report.figures.ladder import draw
from rich.console import Console

from paragone.analyse.summary import summarise
from paragone.claims.claim import shipped_claims
from paragone.claims.ladder_gains import all_ladder_gains, answer_words, ladder_gains
from paragone.implementation.ladders import ladders
from paragone.report.figures.draw import figures
from paragone.report.figures.figure import drawing
from paragone.report.terminal.run import print_summary
from paragone.report.text.ladder import arrow, sections
from paragone.report.text.markdown import report

(S4,) = ladders()
FIRST = "numpy_bias_step0[dtype=float64]"
BASE64 = BASE.replace("32", "64")


def step(number, dtype="float32"):
    return f"numpy_bias_step{number}[dtype={dtype}]"


# Seconds per step: 6, 1.25 and 1.5 times as fast as the step before, 11.25 in all; in float64 3, 1.5 and 2, 9 in all.
SECONDS = {FIRST: 9e-5, step(1): 1.5e-5, step(2): 1.2e-5, step(3): 0.8e-5}
IN_FLOAT64 = {FIRST: 9e-5, step(1, "float64"): 3e-5, step(2, "float64"): 2e-5, step(3, "float64"): 1e-5}
QUIET = {BASE: 1e-5, CONTROL: 1e-5, BASE64: 2e-5, f"{BASE64} (A/A)": 2e-5}


def steady(seconds, launches=3):
    return [[seconds] * 3] * launches


def run_of(seconds, sizes=(500, 20_000), launches=3, problem="mlp4", outcomes=None, **changed):
    """A run on one problem in which each variant takes its time at each size; `changed` gives some other times."""
    times = {(name, size): steady(value, launches) for size in sizes for name, value in (QUIET | seconds).items()}
    times |= changed.get("times", {})
    samples = [
        sample(name, size, launch, round_, value, problem=problem)
        for (name, size), per_launch in times.items()
        for launch, rounds in enumerate(per_launch)
        for round_, value in enumerate(rounds)
    ]
    cells = [cell(name, size, problem) for name, size in times]
    said = outcomes or [outcome(name, problem=problem) for name in dict.fromkeys(name for name, _ in times)]
    return made_up_run(None, times, cells=cells, samples=samples, outcomes=said, launches=[])


def rows_of(run):
    return list(ladder_gains(run, summarise(run), S4).itertuples())


def gains(run, climbed_in="float32", batch_size=500):
    """Return "1 → 2" → gain of one climb."""
    found = [row for row in rows_of(run) if (row.climbed_in, row.batch_size) == (climbed_in, batch_size)]
    return {arrow(S4, row): row.ratio for row in found if isinstance(row.than, str)}


def test_each_step_is_compared_with_the_one_before_and_the_last_with_the_first():
    assert gains(run_of(SECONDS)) == pytest.approx({"0 → 1": 6, "1 → 2": 1.25, "2 → 3": 1.5, "0 → 3": 11.25}, rel=1e-4)


def test_a_step_without_the_dtype_stands_in_that_of_its_source_and_each_dtype_is_climbed():
    run = run_of(SECONDS | IN_FLOAT64)

    assert gains(run, "float32")["0 → 1"] == pytest.approx(6, rel=1e-4)
    assert gains(run, "float64") == pytest.approx({"0 → 1": 3, "1 → 2": 1.5, "2 → 3": 2, "0 → 3": 9}, rel=1e-4)


def test_the_same_variants_are_not_shown_a_second_time_as_another_climb():
    assert {row.climbed_in for row in rows_of(run_of(SECONDS))} == {"float32"}


def test_a_gain_is_formed_within_a_round_so_that_a_slow_round_slows_both():
    slow = [[1e-5, 9e-5, 2e-5], [1e-5, 1e-5, 7e-5], [1e-5] * 3]
    times = {(step(2), 500): slow, (step(3), 500): [[t / 2 for t in rounds] for rounds in slow]}
    (row,) = [r for r in rows_of(run_of(SECONDS, sizes=(500,), times=times)) if arrow(S4, r) == "2 → 3"]

    assert (row.ratio, row.ratio_low, row.ratio_high) == pytest.approx((2, 2, 2), rel=1e-4)
    assert row.verdict == "faster"


def test_the_verdict_takes_the_noisier_side_of_a_comparison_across_dtypes():
    # In float64, in which step 0 is, the baseline differs from itself by 4, 5 and 6 %; 3 % of gain are then no gain.
    noisy = {(f"{BASE64} (A/A)", 500): [[2e-5 * (1 + x)] * 3 for x in (0.04, 0.05, 0.06)]}
    seconds = SECONDS | {step(1): 9e-5 / 1.03}
    words = {arrow(S4, row): row.verdict for row in rows_of(run_of(seconds, sizes=(500,), times=noisy))}
    quiet = {arrow(S4, row): row.verdict for row in rows_of(run_of(seconds, sizes=(500,)))}

    assert (quiet["0 → 1"], words["0 → 1"]) == ("faster", "same within 3 %")
    assert words["1 → 2"] == "faster"


def test_a_step_that_failed_is_neither_compared_nor_bridged():
    names = [*QUIET, *SECONDS]
    said = [outcome(n, "failed" if n == step(2) else "passed", problem="mlp4", reason="wrong") for n in names]
    run = run_of(SECONDS, sizes=(500,), outcomes=said)
    found = gains(run)

    assert [math.isnan(found[pair]) for pair in ("0 → 1", "1 → 2", "2 → 3", "0 → 3")] == [False, True, True, False]
    text = sections(run, summarise(run))[0][1]
    assert "| *failed* |" in text
    assert "`numpy_bias_step2`: *failed*" in text


def test_a_step_that_takes_no_part_is_stepped_over():
    left = {name: value for name, value in SECONDS.items() if name != step(1)}

    assert gains(run_of(left)) == pytest.approx({"0 → 2": 7.5, "2 → 3": 1.5, "0 → 3": 11.25}, rel=1e-4)


@pytest.mark.parametrize("seconds", [{}, {step(3): 1e-5}, {step(3): 1e-5, step(3, "float64"): 2e-5}])
def test_a_run_with_less_than_two_steps_has_no_section_and_no_figure(seconds):
    run = run_of(seconds, sizes=(500,))
    frame = summarise(run)

    assert list(all_ladder_gains(run, frame)) == []
    assert "The S4 ladder" not in report(run, frame, [], [])
    assert not any("ladder" in figure.name for figure in figures(run, frame)[0])


# --- what the source says ---


def said(run):
    return {(arrow(S4, row), row.batch_size): row.claim for row in rows_of(run) if row.claim is not None}


def test_the_claims_of_the_source_stand_beside_the_steps_and_batch_sizes_they_speak_of():
    assert set(said(run_of(SECONDS, sizes=(10, 500, 20_000)))) == {
        *(("2 → 3", 500), ("2 → 3", 20_000), ("0 → 3", 500), ("0 → 3", 20_000)),
        ("1 → 2", 20_000),
    }


def test_a_claim_says_nothing_of_another_workload_or_of_dtypes_that_the_source_did_not_run():
    other = run_of(SECONDS, problem="nielsen")
    assert rows_of(other)
    assert said(other) == {}
    assert all(row.claim is None for row in rows_of(run_of(IN_FLOAT64 | SECONDS)) if row.climbed_in == "float64")


CLAIMS = {claim.id: claim for claim in shipped_claims()}


@pytest.mark.parametrize(
    ("claim", "interval", "words"),
    [
        ("s4-step3-500", (1.19, 1.27), "as it says"),
        ("s4-step3-500", (1.30, 1.40), "more than it says"),
        ("s4-step3-500", (1.05, 1.16), "less than it says"),
        ("s4-step3-500", (1.10, 1.20), "undecided"),
        ("s4-step3-500", (math.nan, math.nan), ""),
        ("s4-all-500", (6.6, 9.0), "as it says"),
        ("s4-all-500", (6.0, 7.0), "undecided"),
        ("s4-all-500", (3.0, 4.0), "less than it says"),
        ("s4-step2-forward", (1.1, 1.2), ""),
    ],
)
def test_an_interval_answers_a_claim_about_the_whole_step_and_no_other(claim, interval, words):
    low, high = interval
    row = SimpleNamespace(ratio=math.sqrt(low * high), ratio_low=low, ratio_high=high, pair_margin=0.01)

    assert answer_words(CLAIMS[claim], row) == words


def test_an_interval_narrower_than_the_margin_is_taken_to_be_as_wide_as_it():
    row = SimpleNamespace(ratio=6.6, ratio_low=6.59, ratio_high=6.61, pair_margin=0.03)

    assert answer_words(CLAIMS["s4-all-500"], row) == "undecided"


def test_the_report_gives_the_gain_beside_the_words_of_the_source():
    run = run_of(SECONDS)
    lines = report(run, summarise(run), [], []).splitlines()
    step3 = next(line for line in lines if line.startswith("| 500 | `numpy_bias_step3` | σ′"))

    assert "## The S4 ladder" in lines
    assert (
        "| **1.50×** [1.50, 1.50] | faster | 15 % to 22 % less time, 1.18× to 1.28×; here: more than it says |" in step3
    )
    assert any("more than 2× in the forward phase alone: not comparable" in line for line in lines)
    assert any("`numpy_bias_step3` over `numpy_bias_step0`" in line and "as it says" in line for line in lines)
    assert any("| float64, the first version |" in line for line in lines)
    assert any("| float32, no delta of the input layer |" in line for line in lines)


def test_a_run_of_one_launch_shows_the_source_and_answers_nothing():
    run = run_of(SECONDS, launches=1)
    text = sections(run, summarise(run))[0][1]

    assert "no interval: one launch" in text
    assert "15 % to 22 % less time" in text
    assert "here:" not in text


@pytest.mark.parametrize("width", [60, 100])
def test_the_terminal_shows_the_gains_within_its_width(width):
    out = StringIO()
    print_summary(run_of(SECONDS | IN_FLOAT64), Console(width=width, file=out))
    text = out.getvalue()

    assert max(map(len, text.splitlines())) <= width
    assert "The S4 ladder · mlp4 · float64 · 1 thread" in text
    assert text.count("11.2×") + text.count("11.3×") == 2
    assert "0 → 3 at batch 500, the source: more than 6.5×; here: as it says." in " ".join(text.split())


def test_the_figure_is_drawn_once_per_workload_and_is_not_where_no_gain_is_known():
    run = run_of(SECONDS)
    frame = summarise(run)

    assert [figure.name for figure in figures(run, frame)[0] if figure.name.startswith("ladder")] == ["ladder-s4-mlp4"]
    with drawing():
        assert draw(S4, ladder_gains(run, frame, S4).assign(ratio=math.nan), "ladder", "") is None
