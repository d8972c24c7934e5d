"""What becomes of a cell: the worst that was said of it holds, and no gap is silent."""

import msgspec
import pytest
from made_up_run import BASE, OTHER, cell, change_plan, launch_row, made_up_run, outcome, rejection, sample

from paragone.analyse.statuses import STATUSES, accepted, planned_cells, statuses, timed_samples

TIMES = {(BASE, 1): [[1e-5] * 3], (BASE, 10): [[1e-5] * 3], (OTHER, 1): [[1e-5] * 3], (OTHER, 10): [[1e-5] * 3]}


def status_of(run, name, size):
    cells = planned_cells(run)
    at = (cells["problem"] == "nielsen") & (cells["threads"] == 1) & (cells["size"] == size)
    found = statuses(run, cells, timed_samples(run))[at & (cells["variant"] == name)]
    assert len(found) == 1
    return tuple(found[["status", "reason"]].iloc[0])


def test_the_worst_outcome_decides_whatever_came_first():
    said = [outcome(OTHER, status, 10, reason=status) for status in ("passed", "not checked", "failed", "not measured")]

    assert status_of(made_up_run(None, TIMES, outcomes=said), OTHER, 10) == ("failed", "failed")
    assert status_of(made_up_run(None, TIMES, outcomes=said[::-1]), OTHER, 10) == ("failed", "failed")


@pytest.mark.parametrize("status", [status for status in STATUSES if status != "rejected"])
def test_every_status_that_an_outcome_can_have_reaches_the_cell(status):
    assert status_of(made_up_run(None, TIMES, outcomes=[outcome(OTHER, status, 10)]), OTHER, 10)[0] == status


def test_of_two_failures_the_first_gives_the_reason():
    said = [outcome(OTHER, "failed", 10, reason="first"), outcome(OTHER, "failed", 10, reason="second")]

    assert status_of(made_up_run(None, TIMES, outcomes=said), OTHER, 10) == ("failed", "first")


def test_an_outcome_without_a_batch_size_is_about_all_of_them_and_one_with_it_about_no_other():
    said = [outcome(BASE, "failed", reason="load"), outcome(OTHER), outcome(OTHER, "failed", 10)]
    run = made_up_run(None, TIMES, outcomes=said)

    assert [status_of(run, BASE, size)[0] for size in (1, 10)] == ["failed", "failed"]
    assert [status_of(run, OTHER, size)[0] for size in (1, 10)] == ["passed", "failed"]


def test_an_outcome_with_other_threads_or_of_another_problem_is_about_another_cell():
    said = [
        outcome(OTHER),
        outcome(OTHER, "failed", 10, threads=2),
        {**outcome(OTHER, "failed", 10), "problem": "mlp4"},
    ]

    assert status_of(made_up_run(None, TIMES, outcomes=said), OTHER, 10)[0] == "passed"


def test_a_cell_that_failed_in_the_pilot_has_a_row():
    said = [outcome(BASE), outcome(OTHER, "failed", reason="does not load")]
    run = made_up_run(None, TIMES, cells=[cell(BASE, 1), cell(BASE, 10)], outcomes=said)
    change_plan(run, variants=msgspec.to_builtins(made_up_run(None, TIMES).plan.variants))

    assert len(planned_cells(run)) == 4
    assert [status_of(run, OTHER, size) for size in (1, 10)] == [("failed", "does not load")] * 2


def test_a_cell_too_slow_to_be_planned_has_its_row_and_its_reason():
    slow = outcome(OTHER, "not measured", 100, threads=1, stage="cost", reason="a step takes about 16 s")
    run = made_up_run(None, TIMES, outcomes=[outcome(BASE), outcome(OTHER), slow])

    assert status_of(run, OTHER, 100) == ("not measured", "a step takes about 16 s")
    assert len(planned_cells(run)) == 5


def test_a_gap_in_the_training_for_accuracy_says_nothing_about_the_times():
    said = [outcome(BASE), outcome(OTHER), outcome(OTHER, "not measured", stage="accuracy")]

    assert status_of(made_up_run(None, TIMES, outcomes=said), OTHER, 10)[0] == "passed"


def test_timed_but_never_verified_is_not_checked():
    assert status_of(made_up_run(None, TIMES, outcomes=[]), OTHER, 10) == (
        "not checked",
        "no verification was recorded",
    )


def test_no_sample_is_an_interruption_where_the_run_was_cut_off_and_a_gap_where_it_was_not():
    times = {**TIMES, (OTHER, 10): [[None] * 3]}

    for finished, reason in ((False, "the run was interrupted before it"), (True, "no timed sample was recorded")):
        assert status_of(made_up_run(None, times, finished=finished), OTHER, 10) == ("not measured", reason)


def test_a_failure_is_not_hidden_by_the_lack_of_samples():
    times = {**TIMES, (OTHER, 10): [[None] * 3]}
    run = made_up_run(None, times, outcomes=[outcome(OTHER, "failed", 10, reason="NaN")], finished=False)

    assert status_of(run, OTHER, 10) == ("failed", "NaN")


def test_a_failed_launch_fails_its_variant_unless_an_outcome_says_which_cell_it_was():
    launches = [launch_row(OTHER, 0, status="failed", reason="killed by signal 9")]
    unexplained = made_up_run(None, TIMES, launches=launches)
    explained = made_up_run(None, TIMES, launches=launches, outcomes=[outcome(OTHER), outcome(OTHER, "failed", 10)])

    assert [status_of(unexplained, OTHER, size)[0] for size in (1, 10)] == ["failed", "failed"]
    assert status_of(unexplained, BASE, 1)[0] == "passed"
    assert [status_of(explained, OTHER, size)[0] for size in (1, 10)] == ["passed", "failed"]


def test_a_cell_whose_only_launch_was_rejected_is_rejected_and_its_neighbours_keep_their_samples():
    said = [outcome(BASE), outcome(OTHER), rejection(OTHER, 10, 0, reason="2 CPUs")]
    launches = [launch_row(OTHER, 0, status="rejected", reason="2 CPUs")]
    run = made_up_run(None, TIMES, launches=launches, outcomes=said)

    assert status_of(run, OTHER, 10) == ("rejected", "2 CPUs")
    assert [status_of(run, *cell)[0] for cell in ((OTHER, 1), (BASE, 10))] == ["passed", "passed"]
    assert len(timed_samples(run)) == 9


def test_a_cell_with_an_accepted_launch_has_the_status_of_its_checks():
    times = {key: launches * 2 for key, launches in TIMES.items()}
    for check in ("passed", "not checked", "failed"):
        said = [outcome(OTHER, check, 10, reason="of the check"), rejection(OTHER, 10, 0)]
        assert status_of(made_up_run(None, times, outcomes=said), OTHER, 10) == (check, "of the check")


def test_a_rejection_drops_the_samples_of_its_cell_launch_and_attempt_and_no_others():
    keys = ["problem", "variant", "threads", "size", "launch", "attempt"]
    named = ("nielsen", OTHER, 1, 10, 1, 1)
    others = [(*named[:i], other, *named[i + 1 :]) for i, other in enumerate(("softmax", BASE, 2, 1, 0, 0))]
    samples = [
        {**sample(OTHER, 10, 1, round_, 1e-5), **dict(zip(keys, key, strict=True))}
        for key in (named, *others)
        for round_ in (-1, 0)
    ]
    run = made_up_run(None, TIMES, samples=samples, outcomes=[rejection(OTHER, 10, 1, attempt=1), outcome(BASE)])
    kept = accepted(run.samples, run)

    assert list(kept[keys].itertuples(index=False, name=None)) == [key for key in others for _ in range(2)]


def test_a_rejected_launch_without_such_an_outcome_takes_nothing_away():
    run = made_up_run(None, TIMES, launches=[launch_row(OTHER, 0, status="rejected", reason="2 CPUs")])

    assert status_of(run, OTHER, 10) == ("passed", "")
    assert len(timed_samples(run)) == 12


def test_a_number_of_threads_read_back_wrong_is_a_failure_of_the_variant():
    said = [outcome(BASE), outcome(OTHER, "failed", stage="threads", threads=1, reason="found 2 threads")]

    assert status_of(made_up_run(None, TIMES, outcomes=said), OTHER, 10) == ("failed", "found 2 threads")


def test_an_untrained_stress_problem_does_not_change_a_cell_that_passed_head_and_tail():
    ends = [outcome(OTHER, size=10, stage=stage) for stage in ("head", "sample")]
    stress_problem = outcome(OTHER, "not checked", 10, stage="stress", reason="slow")

    assert status_of(made_up_run(None, TIMES, outcomes=[*ends, stress_problem]), OTHER, 10) == ("passed", "")
    assert status_of(made_up_run(None, TIMES, outcomes=[stress_problem, ends[0]]), OTHER, 10) == ("not checked", "slow")
    assert status_of(made_up_run(None, TIMES, outcomes=[stress_problem, ends[1]]), OTHER, 10) == ("not checked", "slow")
    failed = outcome(OTHER, "failed", 10, stage="stress", reason="wrong")
    assert status_of(made_up_run(None, TIMES, outcomes=[*ends, failed]), OTHER, 10) == ("failed", "wrong")


def test_the_error_of_a_cell_is_the_one_closest_to_its_bound():
    said = [
        outcome(OTHER, size=10, error=1e-6, bound=1e-3),
        outcome(OTHER, size=10, error=8e-7, bound=1e-6),
        outcome(OTHER, size=10),
    ]
    run = made_up_run(None, TIMES, outcomes=said)
    cells = planned_cells(run)
    found = statuses(run, cells, timed_samples(run))[(cells["variant"] == OTHER) & (cells["size"] == 10)]

    assert found["error"].item() == 8e-7
    assert found["bound"].item() == 1e-6
