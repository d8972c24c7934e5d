"""Every warning appears where its reason is, and only there."""

import math

import pytest
from made_up_run import BASE, CONTROL, OTHER, launch_row, made_up_run

from harness.analyse import summarise
from harness.doubts import smallest_resolvable, time_shares, warnings

QUIET = {(BASE, 10): [[2e-5] * 3] * 2, (CONTROL, 10): [[2e-5] * 3] * 2, (OTHER, 10): [[1e-5] * 3] * 2}


def warned(run, *words):
    return [text for text in warnings(run, summarise(run)) if all(word in text for word in words)]


def test_a_quiet_and_complete_run_has_no_warnings():
    run = made_up_run(None, QUIET)

    assert warnings(run, summarise(run)) == []


def test_the_warnings_of_the_machine_come_first():
    run = made_up_run(None, QUIET, finished=False)
    run = type(run)(**{**vars(run), "environment": {"warnings": ["the governor is powersave"]}})

    assert warnings(run, summarise(run))[0] == "the governor is powersave"


def test_an_interrupted_run_says_how_to_take_it_up():
    assert warned(made_up_run(None, QUIET, finished=False), "interrupted", "--resume made-up")


def test_minimum_and_median_that_rank_two_differently_are_named():
    # By the median the other is twice as fast; by the minimum it is half as fast.
    times = {**QUIET, (BASE, 10): [[2e-5, 2e-5, 0.4e-5]] * 2, (CONTROL, 10): [[2e-5, 2e-5, 0.4e-5]] * 2}

    assert len(warned(made_up_run(None, times), "by the median", OTHER, BASE)) == 1


def test_minimum_and_median_that_differ_within_the_margin_are_not():
    times = {**QUIET, (OTHER, 10): [[1.99e-5, 1.99e-5, 2.01e-5]] * 2, (BASE, 10): [[2e-5, 2e-5, 1.985e-5]] * 2}

    assert not warned(made_up_run(None, times), "by the median")


def test_a_scatter_of_ten_per_cent_within_launches_is_named():
    times = {**QUIET, (OTHER, 10): [[1e-5, 1.1e-5, 0.9e-5]] * 2}

    assert warned(made_up_run(None, times), "scatter", f"{OTHER} at batch 10")


def test_one_burst_in_a_launch_is_no_scatter():
    times = {**QUIET, (OTHER, 10): [[1e-5, 1e-5, 1.01e-5, 9e-5]] * 2}

    assert not warned(made_up_run(None, times), "scatter")


def test_samples_below_a_millisecond_are_named():
    times = {**QUIET, (OTHER, 10): [[9e-7] * 3] * 2}  # 1000 steps of 0.9 µs

    assert warned(made_up_run(None, times), "shorter than 1 ms", OTHER)


def test_many_cells_are_counted_not_listed():
    times = {(BASE, size): [[9e-7] * 3] * 2 for size in (1, 2, 4, 8, 16)}

    assert warned(made_up_run(None, times), "at batch 4 and 2 more cells")


def test_work_while_waiting_is_named():
    run = made_up_run(None, QUIET)
    run.samples.loc[run.samples["variant"] == OTHER, "waiting_cpu_ns"] = 1_000_000

    assert warned(run, "should have waited", OTHER)
    assert not warned(run, "should have waited", BASE)


def test_an_a_a_difference_where_there_is_none_is_named():
    times = {**QUIET, (CONTROL, 10): [[2.1e-5] * 3] * 2}

    assert warned(made_up_run(None, times), "A/A shows a difference", CONTROL)


def test_noise_above_five_per_cent_is_named():
    times = {**QUIET, (CONTROL, 10): [[2.0e-5] * 3, [2.03e-5] * 3]}

    assert warned(made_up_run(None, times), "cannot tell the baseline from itself")


def test_a_run_without_control_says_that_its_noise_is_not_known():
    assert warned(made_up_run(None, {(BASE, 10): [[1e-5] * 3] * 2}), "no A/A control")


def test_rejected_and_failed_launches_are_named_with_their_reasons():
    launches = [launch_row(OTHER, 0), launch_row(OTHER, 1, status="rejected", reason="used 1.9 CPUs")]

    assert warned(made_up_run(None, QUIET, launches=launches), "launch 1", OTHER, "used 1.9 CPUs", "do not count")


def test_the_share_of_the_rounds_inside_timed_samples_leaves_out_cold_calls():
    rounds = [{"problem": "nielsen", "threads": 1, "wave": 0, "launch": 0, "attempt": 0, "round": 0, "elapsed_s": 0.5}]
    shares = time_shares(made_up_run(None, QUIET, rounds=rounds))

    # 2 launches × 3 rounds × 1000 steps × (20 + 20 + 10) µs
    assert shares["timed_seconds"] == pytest.approx(0.3)
    assert shares["timed_share"] == pytest.approx(0.6)
    assert shares["start_seconds"] == 6  # three variants, two launches, a second each


def test_without_rounds_there_is_no_share():
    assert math.isnan(time_shares(made_up_run(None, QUIET))["timed_share"])


def test_what_a_run_can_resolve_is_its_margin_and_half_the_width_of_a_typical_interval():
    certain = smallest_resolvable(summarise(made_up_run(None, QUIET)))
    d = 0.002
    spread = [[1e-5 * math.exp(d)] * 3, [1e-5 * math.exp(-d)] * 3]
    uncertain = smallest_resolvable(summarise(made_up_run(None, {**QUIET, (OTHER, 10): spread})))

    assert certain == {"nielsen": pytest.approx(0.01)}
    assert uncertain == {"nielsen": pytest.approx(1.01 * math.exp(12.706 * d) - 1, rel=1e-3)}
