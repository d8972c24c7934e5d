"""B against A within one run: ratios from the rounds they share, words from the run's own A/A, nothing missing."""

import math

import numpy as np
import pandas as pd
import pytest
from made_up_run import BASE, CONTROL, cell, change_plan, made_up_run, outcome, sample

from paragone.analyse.results import Results
from paragone.analyse.verdicts import surely_slower
from paragone.comparison.side_by_side import COLUMNS, counted, newly_failed, side_by_side, why_not_compared
from paragone.plan.power import launches_to_resolve
from paragone.report.text.run_report import run_report
from paragone.report.text.side_by_side import answer, sections

A, B = "mine@old[dtype=float32]", "mine@new[dtype=float32]"
LIVE = {
    "a": {"label": "old", "words": "revision old (HEAD): a *subject*"},
    "b": {"label": "new", "words": "working tree"},
    "left_out": {"other": "its source is the same on both sides", "more": "its source is the same on both sides"},
    "fail_slower": 0.05,
}
# By launch and round: the machine is half as fast in the second launch, which says nothing about either side.
STEADY = [[1e-5, 1.01e-5, 0.99e-5]] * 4 + [[2e-5, 2.02e-5, 1.98e-5]]


def scaled(times, by):
    return [[by * seconds for seconds in launch] for launch in times]


def a_run(folder, times, **others):
    run = made_up_run(folder, {(BASE, 10): STEADY, (CONTROL, 10): STEADY, **times}, **others)
    change_plan(run, live=LIVE)
    return run


def compared(run):
    return side_by_side(Results(run))


def test_the_ratio_is_formed_between_samples_of_the_same_round(tmp_path):
    """Launches 1 and 5 differ by 2 and yet the interval has no width."""
    (row,) = compared(a_run(tmp_path, {(A, 10): STEADY, (B, 10): scaled(STEADY, 1.25)})).itertuples()

    assert pytest.approx(0.8, rel=1e-6) == row.ratio
    assert pytest.approx(0.8, rel=1e-6) == row.ratio_low
    assert pytest.approx(0.8, rel=1e-6) == row.ratio_high
    assert "slower" == row.verdict
    assert ("mine", "mine[dtype=float32]", 10) == (row.implementation, row.compared, row.size)


def test_the_control_of_version_a_is_not_compared(tmp_path):
    run = made_up_run(tmp_path, {(A, 10): STEADY, (f"{A} (A/A)", 10): STEADY, (B, 10): scaled(STEADY, 1.25)})
    change_plan(run, live=LIVE)
    (row,) = compared(run).itertuples()

    assert (A, B) == (row.variant_a, row.variant_b)


@pytest.mark.parametrize(("by", "verdict"), [(0.9, "faster"), (1.0, "same within 1 %"), (1.03, "slower")])
def test_a_verdict_speaks_of_b(tmp_path, by, verdict):
    (row,) = compared(a_run(tmp_path, {(A, 10): STEADY, (B, 10): scaled(STEADY, by)})).itertuples()

    assert verdict == row.verdict


def test_what_is_slower_by_less_than_allowed_is_slower_and_no_failure(tmp_path):
    cells = compared(a_run(tmp_path, {(A, 10): STEADY, (B, 10): scaled(STEADY, 1.04)}))

    assert ["slower"] == list(cells["verdict"])
    assert 0 == len(surely_slower(cells, 0.05))
    assert 1 == len(surely_slower(cells, 0.03))


def test_what_the_control_shows_too_is_neither_slower_nor_a_failure(tmp_path):
    control = [scaled(STEADY, by)[i] for i, by in enumerate((1.3, 1.3, 1.0, 1.3, 1.3))]
    run = made_up_run(
        tmp_path,
        {(BASE, 10): STEADY, (CONTROL, 10): control, (A, 10): STEADY, (B, 10): scaled(STEADY, 1.25)},
    )
    change_plan(run, live=LIVE)
    cells = compared(run)

    assert ["not enough data"] == list(cells["verdict"])
    assert 0 == len(surely_slower(cells, 0.05))


def test_what_passes_in_a_and_fails_in_b_is_told_and_not_compared(tmp_path):
    outcomes = [outcome(name) for name in (BASE, CONTROL, A)] + [outcome(B, "failed", reason="W1 is wrong")]
    run = a_run(tmp_path, {(A, 10): STEADY}, cells=_cells(10), outcomes=outcomes)
    cells = compared(run)
    (row,) = cells.itertuples()

    assert math.isnan(row.ratio)
    assert "" == row.verdict
    assert "B: failed, W1 is wrong" == why_not_compared(row)
    assert 1 == len(newly_failed(cells))
    assert "B fails where A passes: nielsen mine[dtype=float32] at batch 10." in answer(cells, 0.05, run.plan)


def test_what_fails_on_both_sides_is_not_new(tmp_path):
    outcomes = [outcome(name) for name in (BASE, CONTROL)] + [outcome(name, "failed", reason="no") for name in (A, B)]
    cells = compared(a_run(tmp_path, {}, cells=_cells(10), outcomes=outcomes))

    assert 0 == len(newly_failed(cells))
    assert {"not compared": 1} == counted(cells)


def test_a_cell_that_one_side_has_not_is_there_with_its_reason(tmp_path):
    more = "mine@new[dtype=float64]"
    cells = compared(a_run(tmp_path, {(A, 10): STEADY, (B, 10): STEADY, (more, 10): STEADY}))
    (row,) = cells[cells["dtype"] == "float64"].itertuples()

    assert 2 == len(cells)
    assert ("absent", "passed") == (row.status_a, row.status_b)
    assert "A: absent" == why_not_compared(row)


def test_sides_in_different_waves_share_no_round(tmp_path):
    samples = [
        sample(name, 10, launch, i, seconds, wave=wave)
        for name, wave in ((BASE, 0), (CONTROL, 0), (A, 0), (B, 1))
        for launch, rounds in enumerate(STEADY)
        for i, seconds in enumerate(rounds)
    ]
    (row,) = compared(a_run(tmp_path, {}, cells=_cells(10), samples=samples, memory=[])).itertuples()

    assert "no round has both" == why_not_compared(row)


def test_a_run_without_sides_has_no_such_section(tmp_path):
    run = made_up_run(tmp_path, {(BASE, 10): STEADY, (CONTROL, 10): STEADY})

    assert [] == sections(Results(run))
    assert 0 == len(compared(run))


def test_the_report_of_a_run_holds_the_comparison_made_from_its_folder_alone(tmp_path):
    run = a_run(tmp_path, {(A, 10): STEADY, (B, 10): scaled(STEADY, 1.25)})
    made = run_report(Results(run), [], [])

    assert "## B against A" in made
    assert "- **A**: revision old (HEAD): a \\*subject\\*" in made
    assert "| 10 | 1.00 M | 800 k | **0.80×** [0.80, 0.80] | slower |" in made
    assert "- its source is the same on both sides: `other`, `more`" in made
    assert "B surely takes more than 5 % longer for a step: nielsen mine" in made


def test_what_fails_in_a_version_is_repeated_by_the_command_that_knows_both(tmp_path):
    outcomes = [outcome(name) for name in (BASE, CONTROL, A)] + [outcome(B, "failed", reason="W1 is wrong")]
    run = a_run(tmp_path, {(A, 10): STEADY}, cells=_cells(10), outcomes=outcomes)
    change_plan(run, command="paragone compare --live old new")
    made = run_report(Results(run), [], [])

    assert "| failed | W1 is wrong | `paragone compare --live old new` |" in made


def test_the_launches_that_are_chosen_find_five_per_cent_and_nothing_where_nothing_is(tmp_path):
    """Forty cells, launches of each 2 % apart in their ratios: what is promised of 95 in 100 holds of 36 and more."""
    random = np.random.Generator(np.random.PCG64(1))
    launches = launches_to_resolve(0.05, 0.02)

    def words(by):
        times = {
            (name, size): [
                [1e-5 * factor * math.exp(luck + 0.001 * random.standard_normal()) for _ in range(3)]
                for luck in 0.02 / math.sqrt(2) * random.standard_normal(launches)
            ]
            for size in range(1, 41)
            for name, factor in ((BASE, 1), (CONTROL, 1), (A, 1), (B, by))
        }
        run = made_up_run(tmp_path, times)
        change_plan(run, live=LIVE)
        return list(compared(run)["verdict"])

    assert words(1.05).count("slower") >= 36
    assert {"same within"} == {word[:11] for word in words(1.0)}


def _cells(size):
    return [cell(name, size) for name in (BASE, CONTROL, A, B)]


def test_of_no_cells_nothing_is_counted():
    assert counted(pd.DataFrame(columns=COLUMNS)) == {}
