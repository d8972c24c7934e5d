"""Every warning appears where its reason is, and only there."""

import math
from dataclasses import replace

import pytest
from made_up_run import BASE, CONTROL, OTHER, launch_row, made_up_run, outcome, rejection, with_environment

from paragone.analyse.results import Results
from paragone.analyse.warnings import smallest_resolvable, stage_seconds, time_shares

QUIET = {(BASE, 10): [[2e-5] * 3] * 2, (CONTROL, 10): [[2e-5] * 3] * 2, (OTHER, 10): [[1e-5] * 3] * 2}


def warned(run, *words):
    return [text for text in Results(run).warnings if all(word in text for word in words)]


def test_a_quiet_and_complete_run_has_no_warnings():
    run = made_up_run(None, QUIET)

    assert Results(run).warnings == []


def test_the_warnings_of_the_machine_come_first():
    run = made_up_run(None, QUIET, finished=False)
    run = with_environment(run, warnings=["the governor is powersave"])

    assert Results(run).warnings[0] == "the governor is powersave"


def test_an_interrupted_run_says_how_to_take_it_up():
    assert warned(made_up_run(None, QUIET, finished=False), "interrupted", "--resume made-up")


def test_samples_of_another_run_are_named_and_counted():
    run = made_up_run(None, QUIET)
    (named,) = warned(replace(run, samples=run.samples.assign(size=77)), "samples.jsonl")

    assert f"has {len(run.samples)} samples that the plan does not ask for, of " in named
    assert f"{OTHER} at batch 77" in named
    assert not warned(run, "samples.jsonl")


def test_minimum_and_median_that_rank_two_differently_are_named():
    # By the median the other is twice as fast; by the minimum it is half as fast.
    times = {**QUIET, (BASE, 10): [[2e-5, 2e-5, 0.4e-5]] * 2, (CONTROL, 10): [[2e-5, 2e-5, 0.4e-5]] * 2}

    assert len(warned(made_up_run(None, times), "1 thread: median and minimum", OTHER, BASE)) == 1


def test_a_variant_that_cannot_be_ranked_is_named_once_with_all_its_partners():
    noisy, alone = "noisy[dtype=float32]", "alone[dtype=float32]"
    steady = {(name, 10): [[seconds] * 3] * 2 for name, seconds in ((BASE, 2e-5), (CONTROL, 2e-5), (OTHER, 1.9e-5))}
    times = {**steady, (noisy, 10): [[3e-5, 3e-5, 1e-5]] * 2, (alone, 10): [[9e-5] * 3] * 2}
    (sentence,) = warned(made_up_run(None, times), "median and minimum")

    assert f"put {noisy} on opposite sides of {BASE}, {OTHER}; do not rank it against them." in sentence
    assert alone not in sentence


def test_minimum_and_median_that_differ_within_the_margin_are_not():
    times = {**QUIET, (OTHER, 10): [[1.99e-5, 1.99e-5, 2.01e-5]] * 2, (BASE, 10): [[2e-5, 2e-5, 1.985e-5]] * 2}

    assert not warned(made_up_run(None, times), "median and minimum")


def test_a_scatter_of_ten_per_cent_within_launches_is_named():
    times = {**QUIET, (OTHER, 10): [[1e-5, 1.1e-5, 0.9e-5]] * 2}

    assert warned(made_up_run(None, times), "scatter", f"{OTHER} at batch 10")


def test_one_burst_in_a_launch_is_no_scatter():
    times = {**QUIET, (OTHER, 10): [[1e-5, 1e-5, 1.01e-5, 9e-5]] * 2}

    assert not warned(made_up_run(None, times), "scatter")


def test_samples_below_a_millisecond_are_named():
    times = {**QUIET, (OTHER, 10): [[9e-7] * 3] * 2}  # 1000 steps of 0.9 µs

    assert warned(made_up_run(None, times), "shorter than 1 ms", OTHER)


@pytest.mark.parametrize(("n_slow", "is_named"), [(6, True), (0, False)])
def test_a_median_outside_its_interval_is_named(n_slow, is_named):
    # Of twenty launches six are twice as slow: the mean of the logarithms leaves the median behind.
    launches = [[1e-5 * (1 + number / 1000)] * 3 for number in range(20 - n_slow)] + [[2e-5] * 3] * n_slow
    few = [[2e-5] * 3] * 20
    run = made_up_run(None, {(BASE, 10): few, (CONTROL, 10): few, (OTHER, 10): launches})

    assert bool(warned(run, "outside the interval", f"{OTHER} at batch 10")) == is_named


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


def test_a_problem_without_an_a_a_interval_has_a_warning_that_its_noise_is_unknown():
    alone = {(BASE, 10): [[1e-5] * 3] * 2}
    cut_off = {**alone, (CONTROL, 10): [[1e-5] * 3, [None] * 3]}

    for times in (alone, cut_off):
        assert warned(made_up_run(None, times), "nielsen", "noise is not known", "nothing is called faster")


def test_one_launch_with_a_a_times_needs_no_such_sentence():
    assert not warned(made_up_run(None, {key: times[:1] for key, times in QUIET.items()}), "noise is not known")
    assert warned(made_up_run(None, {(BASE, 10): [[1e-5] * 3]}), "noise is not known")


def test_unverified_cells_are_in_no_warning_about_rankings():
    times = {**QUIET, (BASE, 10): [[2e-5, 2e-5, 0.4e-5]] * 2}
    said = [outcome(BASE), outcome(CONTROL), outcome(OTHER, "not checked")]

    assert warned(made_up_run(None, times), "median and minimum", OTHER)
    assert not warned(made_up_run(None, times, outcomes=said), "median and minimum", OTHER)


def test_rankings_are_examined_without_a_known_margin_too():
    times = {(BASE, 10): [[2e-5, 2e-5, 0.4e-5]] * 2, (OTHER, 10): [[1e-5] * 3] * 2}

    assert warned(made_up_run(None, times), "median and minimum", OTHER)


def test_a_rejection_is_a_warning_with_its_launch_counted_from_one():
    said = [outcome(name) for name in (BASE, CONTROL, OTHER)]
    said.append(rejection(OTHER, 10, 1, reason="used 1.90 s of CPU time per second with 1 thread asked for"))
    launches = [launch_row(OTHER, 0), launch_row(OTHER, 1, status="rejected", reason="used 1.90 s")]

    assert warned(made_up_run(None, QUIET, launches=launches, outcomes=said), "rejected") == [
        f"launch 2 of {OTHER} at batch 10 (nielsen) was rejected: used 1.90 s of CPU time per second with 1 thread "
        "asked for. The samples of that launch at that batch size do not count."
    ]


def test_a_failed_launch_is_a_warning_with_its_reason_counted_from_one():
    launches = [launch_row(OTHER, 0, status="failed", reason="killed by signal 9")]

    assert warned(made_up_run(None, QUIET, launches=launches), "launch 1 of", OTHER, "failed: killed by signal 9.")


def rounds_of(launch, count, elapsed_s):
    where = {"problem": "nielsen", "threads": 1, "wave": 0, "launch": launch, "attempt": 0}
    return [{**where, "round": round_, "elapsed_s": elapsed_s} for round_ in range(count)]


def test_the_share_of_the_rounds_inside_timed_samples_leaves_out_cold_calls():
    run = made_up_run(None, QUIET, rounds=rounds_of(0, 3, 0.1) + rounds_of(1, 3, 0.1))
    shares = time_shares(run)

    # 2 launches × 3 rounds × 1000 steps × (20 + 20 + 10) µs
    assert shares["timed_seconds"] == pytest.approx(0.3)
    assert shares["timed_share"] == pytest.approx(0.5)
    assert shares["start_seconds"] == 6  # three variants, two launches, a second each


def test_samples_of_a_round_that_was_cut_off_are_in_neither_part_of_the_share():
    shares = time_shares(made_up_run(None, QUIET, rounds=rounds_of(0, 2, 0.05)))

    assert shares["timed_seconds"] == pytest.approx(0.1)
    assert shares["timed_share"] == pytest.approx(1)


def test_the_stages_of_all_launches_are_summed_in_the_order_of_the_run():
    stages = [("verification", None, 3.0), ("loading", 0, 1.0), ("rounds", 0, 5.0), ("loading", 1, 0.5)]
    run = made_up_run(
        None, QUIET, stages=[{"stage": name, "launch": launch, "elapsed_s": s} for name, launch, s in stages]
    )

    assert [("verification", 3.0), ("loading", 1.5), ("rounds", 5.0)] == list(stage_seconds(run).items())


def test_without_rounds_there_is_no_share():
    assert math.isnan(time_shares(made_up_run(None, QUIET))["timed_share"])


def test_the_smallest_resolvable_difference_is_the_margin_and_half_a_typical_interval():
    certain = smallest_resolvable(Results(made_up_run(None, QUIET)).summary)
    d = 0.002
    spread = [[1e-5 * math.exp(d)] * 3, [1e-5 * math.exp(-d)] * 3]
    uncertain = smallest_resolvable(Results(made_up_run(None, {**QUIET, (OTHER, 10): spread})).summary)

    assert certain == {"nielsen": pytest.approx(0.01)}
    assert uncertain == {"nielsen": pytest.approx(1.01 * math.exp(12.706 * d) - 1, rel=1e-3)}
