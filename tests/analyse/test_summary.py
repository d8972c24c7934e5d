"""Frames small enough to check by head; the expected numbers are worked out beside them."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_run import BASE, CONTROL, OTHER, cell, change_plan, made_up_run, outcome, rejection, row_of, sample

from paragone.analyse.results import Results
from paragone.analyse.summary import COLUMNS, baseline_variants
from paragone.analyse.verdicts import ONE_LAUNCH, margins, margins_of_one_launch, whole_percent

# Student's t, 97.5 %, from a printed table, by degrees of freedom.
T = {1: 12.706, 2: 4.3027, 4: 2.7764}

PROMISED = """
    problem implementation variant language layout order dtype size threads status reason n_launches n_samples
    work_per_second work_per_second_low work_per_second_high seconds_per_pass cold_seconds peak_memory_mb
    ratio_to_baseline ratio_low ratio_high verdict
""".split()


def steady(*per_launch, rounds=3):
    return [[seconds] * rounds for seconds in per_launch]


def summary_of(times, **others):
    return Results(made_up_run(None, times, **others)).summary


def test_the_summary_has_a_row_for_every_cell_and_the_columns_that_were_promised():
    summary = summary_of({(BASE, 10): steady(1e-5), (CONTROL, 10): steady(1e-5), (OTHER, 10): steady(1e-5)})

    assert list(summary["variant"]) == [BASE, CONTROL, OTHER]
    assert list(summary.columns) == COLUMNS
    assert set(PROMISED) <= set(COLUMNS)


def test_the_headline_is_the_median_over_launches_of_the_median_within_a_launch():
    # Medians 2, 3 and 9: the median of medians is 3, the median of all nine samples 4, their mean 5.
    times = [[1e-5, 2e-5, 9e-5], [3e-5, 3e-5, 4e-5], [9e-5, 9e-5, 5e-5]]
    row = row_of(summary_of({(BASE, 10): times}), BASE)

    assert row.seconds_per_step == pytest.approx(3e-5)
    assert row.work_per_second == pytest.approx(10 / 3e-5)
    assert row.work_per_second_best == pytest.approx(10 / 1e-5)
    assert row.seconds_per_pass == pytest.approx(3e-5 * 5000)  # nielsen: 50,000 images in steps of 10
    assert (row.n_launches, row.n_samples) == (3, 9)


def test_the_interval_of_the_headline_is_students_t_on_the_logs_of_the_launches():
    row = row_of(summary_of({(BASE, 10): steady(1e-5, 2e-5, 4e-5)}), BASE)
    # Logs of the medians: log(2e-5) − log 2, + 0, + log 2; their deviation is log 2.
    reach = T[2] * math.log(2) / math.sqrt(3)

    assert row.work_per_second_low == pytest.approx(10 / 2e-5 * math.exp(-reach), rel=1e-4)
    assert row.work_per_second_high == pytest.approx(10 / 2e-5 * math.exp(reach), rel=1e-4)


def test_a_ratio_is_formed_within_a_round_so_that_a_slow_round_slows_both():
    base = [[1e-5, 5e-5, 1e-5], [2e-5, 2e-5, 8e-5]]
    times = {(BASE, 10): base, (CONTROL, 10): base, (OTHER, 10): [[t / 2 for t in rounds] for rounds in base]}
    row = row_of(summary_of(times), OTHER)

    assert row.ratio_to_baseline == pytest.approx(2)
    assert (row.ratio_low, row.ratio_high) == (pytest.approx(2), pytest.approx(2))
    assert row.verdict == "faster"


def test_the_interval_of_a_ratio_is_students_t_on_one_log_ratio_per_launch():
    # Within the launches the ratios are (1, 1, 3), (2, 2, 2) and (4, 1, 4): medians 1, 2 and 4.
    other = [[1e-5, 1e-5, 1e-5 / 3], [5e-6] * 3, [2.5e-6, 1e-5, 2.5e-6]]
    row = row_of(summary_of({(BASE, 10): steady(1e-5, 1e-5, 1e-5), (OTHER, 10): other}), OTHER)
    reach = T[2] * math.log(2) / math.sqrt(3)

    assert row.ratio_to_baseline == pytest.approx(2, rel=1e-4)
    assert row.ratio_low == pytest.approx(2 * math.exp(-reach), rel=1e-3)
    assert row.ratio_high == pytest.approx(2 * math.exp(reach), rel=1e-3)
    assert row.verdict == "not enough data"


def test_a_round_that_only_one_of_the_two_was_sampled_in_forms_no_ratio():
    base = [[1e-5, 1e-5, 1e-5, None]] * 2
    other = [[1e-5, 1e-5, 1e-5, 9e-5], [None, 1e-5, 1e-5, 1e-5]]

    assert row_of(summary_of({(BASE, 10): base, (OTHER, 10): other}), OTHER).ratio_to_baseline == pytest.approx(1)


def test_the_baseline_of_a_cell_has_its_own_dtype_and_batch_size():
    base64 = BASE.replace("float32", "float64")
    other64 = OTHER.replace("float32", "float64")
    times = {
        **{(BASE, 1): steady(1e-5, 1e-5), (BASE, 10): steady(2e-5, 2e-5), (base64, 10): steady(8e-5, 8e-5)},
        **{(OTHER, 1): steady(1e-5, 1e-5), (OTHER, 10): steady(1e-5, 1e-5), (other64, 10): steady(2e-5, 2e-5)},
    }
    summary = summary_of(times)

    assert row_of(summary, OTHER, 1).ratio_to_baseline == pytest.approx(1)
    assert row_of(summary, OTHER, 10).ratio_to_baseline == pytest.approx(2)
    assert row_of(summary, other64, 10).ratio_to_baseline == pytest.approx(4)


def test_the_baseline_stands_in_every_wave_and_each_ratio_is_formed_within_its_own():
    cells = [cell(BASE, 10), cell(BASE, 10, wave=1), cell(OTHER, 10, wave=1)]
    samples = [
        sample(name, 10, launch, round_, seconds, wave=wave)
        for name, wave, seconds in ((BASE, 0, 9e-5), (BASE, 1, 2e-5), (OTHER, 1, 1e-5))
        for launch in range(2)
        for round_ in range(3)
    ]
    summary = Results(made_up_run(None, {(BASE, 10): [[1] * 3] * 2}, cells=cells, samples=samples)).summary

    assert row_of(summary, OTHER).ratio_to_baseline == pytest.approx(2)
    assert row_of(summary, BASE).n_launches == 4


def test_a_launch_taken_up_again_is_another_launch_and_pairs_only_with_its_own_attempt():
    def rows(name, seconds):
        return [sample(name, 10, 0, round_, seconds[round_ // 3], attempt=round_ // 3) for round_ in range(6)]

    samples = rows(BASE, (1e-5, 4e-5)) + rows(OTHER, (1e-5, 2e-5))
    run = made_up_run(None, {(BASE, 10): [[1] * 6] * 2, (OTHER, 10): [[1] * 6] * 2}, samples=samples)
    row = row_of(Results(run).summary, OTHER)

    assert row.n_launches == 2
    assert row.ratio_to_baseline == pytest.approx(math.sqrt(1 * 2))


def test_a_launch_of_two_rounds_enters_no_interval():
    short = [[1e-5] * 3, [1e-5] * 3, [9e-5, 9e-5, None]]
    row = row_of(summary_of({(BASE, 10): steady(1e-5, 1e-5, 1e-5), (OTHER, 10): short}), OTHER)

    assert (row.n_launches, row.n_samples) == (2, 8)
    assert row.work_per_second == pytest.approx(10 / 1e-5)
    assert row.ratio_to_baseline == pytest.approx(1)


def test_a_launch_with_two_rounds_that_have_both_enters_no_interval_of_a_ratio():
    # Three samples of each in the last launch, but only two of its rounds have both.
    base = [[1e-5] * 4, [1e-5] * 4, [9e-5, 9e-5, 9e-5, None]]
    other = [[1e-5] * 4, [1e-5] * 4, [None, 1e-5, 1e-5, 1e-5]]
    row = row_of(summary_of({(BASE, 10): base, (OTHER, 10): other}), OTHER)

    assert row.n_launches == 3
    assert [row.ratio_to_baseline, row.ratio_low, row.ratio_high] == pytest.approx([1, 1, 1])


def test_a_baseline_sampled_once_per_launch_can_still_be_compared_with():
    cells = [cell(BASE, 10, once=True), cell(OTHER, 10)]
    times = {(BASE, 10): [[None, 2e-5, None]] * 2, (OTHER, 10): steady(1e-5, 1e-5)}

    assert row_of(summary_of(times, cells=cells), OTHER).ratio_low == pytest.approx(2)


def test_a_plan_of_two_rounds_makes_launches_of_two_enough():
    assert row_of(summary_of({(BASE, 10): steady(1e-5, 1e-5, rounds=2)}), BASE).n_launches == 2


def test_a_cell_sampled_once_per_launch_still_has_an_interval_over_launches():
    once = [[None, seconds, None] for seconds in (1e-5, 2e-5, 4e-5)]
    cells = [cell(BASE, 10), cell(OTHER, 10, once=True)]
    base = [[9e-5, 4e-5, 9e-5], [9e-5, 8e-5, 9e-5], [9e-5, 16e-5, 9e-5]]
    row = row_of(summary_of({(BASE, 10): base, (OTHER, 10): once}, cells=cells), OTHER)

    assert (row.n_launches, row.n_samples) == (3, 3)
    assert row.ratio_to_baseline == pytest.approx(4)
    assert row.ratio_low == pytest.approx(4)
    assert row.work_per_second_low < row.work_per_second < row.work_per_second_high


def test_one_launch_has_no_interval_and_says_so():
    summary = summary_of({(BASE, 10): steady(2e-5), (CONTROL, 10): steady(2e-5), (OTHER, 10): steady(1e-5)})
    row = row_of(summary, OTHER)

    assert row.ratio_to_baseline == pytest.approx(2)
    assert math.isnan(row.ratio_low)
    assert math.isnan(row.work_per_second_high)
    assert row.verdict == "no interval: one launch"
    assert row_of(summary, CONTROL).verdict == "A/A: no interval: one launch"


def one_launch(control, other):
    """Return the summary of a launch at two sizes; A/A at 1 and 10, and `other`, are these speeds of the baseline."""
    times = {(BASE, size): steady(1e-5) for size in (1, 10)}
    times |= {(CONTROL, size): steady(1e-5 / ratio) for size, ratio in zip((1, 10), control, strict=True)}
    return summary_of({**times, (OTHER, 10): steady(1e-5 / other)})


@pytest.mark.parametrize(
    ("other", "verdict"),
    [(1.19, "within A/A"), (1 / 1.19, "within A/A"), (1.21, ONE_LAUNCH), (1 / 1.21, ONE_LAUNCH)],
)
@pytest.mark.parametrize("control", [(1.2, 1.0), (1.0, 1 / 1.2)])
def test_of_one_launch_what_lies_within_the_worst_a_a_of_its_problem_is_not_told_apart(control, other, verdict):
    summary = one_launch(control, other)

    assert row_of(summary, OTHER).verdict == verdict
    assert summary["margin"].to_numpy() == pytest.approx(0.2)
    assert set(summary.loc[summary["control"], "verdict"]) == {f"A/A: {ONE_LAUNCH}"}
    assert row_of(summary, BASE).verdict == "baseline"


def test_of_one_launch_no_difference_below_one_per_cent_is_told_apart():
    assert row_of(one_launch((1.0, 1.0), 1.009), OTHER).verdict == "within A/A"


def test_of_one_launch_without_a_a_nothing_is_said_to_lie_within_it():
    summary = summary_of({(BASE, 10): steady(1e-5), (OTHER, 10): steady(1e-5)})

    assert row_of(summary, OTHER).verdict == ONE_LAUNCH
    assert summary["margin"].isna().all()


def test_what_differs_less_than_a_a_in_several_launches_has_their_verdict_and_is_not_called_within_a_a():
    noisy = with_control((1.3e-5, 1.3e-5), (1.2e-5, 1.2e-5))

    assert row_of(noisy, OTHER).verdict == "not enough data"


def test_one_launch_of_several_planned_is_not_enough_data():
    times = {(BASE, 10): steady(1e-5, 1e-5), (OTHER, 10): [[1e-5] * 3, [None] * 3]}

    assert row_of(summary_of(times), OTHER).verdict == "not enough data"


def test_warm_ups_and_cold_calls_are_in_no_average():
    extra = [sample(BASE, 10, 0, -1, 9.0, kind="warmup"), sample(BASE, 10, 0, -1, 7e-5)]
    samples = [*extra, *(sample(BASE, 10, 0, round_, 1e-5) for round_ in range(3))]
    row = row_of(Results(made_up_run(None, {(BASE, 10): [[1] * 3]}, samples=samples)).summary, BASE)

    assert row.work_per_second == pytest.approx(10 / 1e-5)
    assert row.n_samples == 3
    assert row.cold_seconds == pytest.approx(7e-5 * 1000)
    assert row.cold_ratio == pytest.approx(7)


def test_the_cold_call_is_the_first_of_its_process_and_compared_step_by_step():
    samples = [
        sample(BASE, 10, 0, -1, 1e-5, started_s=5.0),
        sample(BASE, 10, 0, -1, 3e-5, started_s=1.0, n_steps=500, elapsed_ns=15_000_000),
        *(sample(BASE, 10, 0, round_, 1e-5) for round_ in range(3)),
    ]
    row = row_of(Results(made_up_run(None, {(BASE, 10): [[1] * 3]}, samples=samples)).summary, BASE)

    assert row.cold_seconds == pytest.approx(0.015)
    assert row.cold_ratio == pytest.approx(3)


def test_a_failed_cell_shows_no_number_and_its_neighbours_keep_theirs():
    times = {(BASE, 10): steady(1e-5, 1e-5), (OTHER, 10): steady(1e-5, 1e-5), (OTHER, 100): steady(1e-5, 1e-5)}
    wrong = outcome(OTHER, "failed", 10, reason="W1 differs", error=0.03, bound=2e-5)
    summary = summary_of(times, outcomes=[outcome(BASE), outcome(OTHER), wrong])
    row = row_of(summary, OTHER)

    assert (row.status, row.reason, row.verdict) == ("failed", "W1 differs", "")
    assert row[COLUMNS[COLUMNS.index("work_per_second") : COLUMNS.index("margin")]].isna().all()
    assert (row.n_launches, row.n_samples) == (0, 0)
    assert row_of(summary, OTHER, 100).work_per_second > 0


def test_nothing_is_compared_with_a_failed_baseline():
    times = {(BASE, 10): steady(1e-5, 1e-5), (OTHER, 10): steady(1e-5, 1e-5)}
    row = row_of(summary_of(times, outcomes=[outcome(BASE, "failed"), outcome(OTHER)]), OTHER)

    assert math.isnan(row.ratio_to_baseline)
    assert row.work_per_second > 0
    assert row.verdict == "not enough data"


def test_samples_that_were_rejected_count_for_nothing_and_neither_does_their_cold_call():
    times = {(BASE, 10): steady(1e-5, 9e-5), (BASE, 100): steady(1e-5, 9e-5)}
    summary = summary_of(times, outcomes=[outcome(BASE), rejection(BASE, 10, 1)])
    row, other = row_of(summary, BASE), row_of(summary, BASE, 100)

    assert (row.status, row.n_launches, row.n_samples) == ("passed", 1, 3)
    assert row.work_per_second == pytest.approx(1e6)
    assert row.cold_seconds == pytest.approx(3e-5 * 1000)
    assert (other.n_launches, other.cold_seconds) == (2, pytest.approx(3 * 5e-5 * 1000))


def test_a_cell_that_was_not_checked_keeps_its_times_and_has_no_ratio():
    times = {(name, 10): steady(1e-5, 1e-5) for name in (BASE, CONTROL)} | {(OTHER, 10): steady(5e-6, 5e-6)}
    said = [outcome(BASE), outcome(CONTROL), outcome(OTHER, "not checked", reason="it diverges")]
    row = row_of(summary_of(times, outcomes=said), OTHER)

    assert (row.status, row.verdict, row.n_launches) == ("not checked", "not verified", 2)
    assert row.work_per_second == pytest.approx(2e6)
    assert row[["ratio_to_baseline", "ratio_low", "ratio_high"]].isna().all()


def test_nothing_is_compared_with_a_baseline_that_was_not_checked():
    times = {(name, 10): steady(1e-5, 1e-5) for name in (BASE, CONTROL)} | {(OTHER, 10): steady(5e-6, 5e-6)}
    said = [outcome(BASE, "not checked"), outcome(CONTROL, "not checked"), outcome(OTHER)]
    summary = summary_of(times, outcomes=said)

    assert list(summary["verdict"]) == ["baseline", "A/A: not verified", "not enough data"]
    assert summary["ratio_to_baseline"].isna().all()


def test_the_baseline_is_exactly_one():
    row = row_of(summary_of({(BASE, 10): [[1e-5, 3e-5, 2e-5]] * 2}), BASE)

    assert (row.ratio_to_baseline, row.verdict) == (1.0, "baseline")


def test_the_baseline_of_each_dtype_has_the_axes_asked_for_or_their_first_values():
    in_f = BASE.replace("order=C", "order=F")
    run = made_up_run(None, {(name, 10): steady(1e-5) for name in (CONTROL, BASE, in_f, OTHER)})

    assert baseline_variants(run) == {"float32": BASE}
    change_plan(run, baseline="numpy_rows[dtype=float32,order=F]")
    assert baseline_variants(run) == {"float32": in_f}
    change_plan(run, baseline="numpy_tuned")
    assert baseline_variants(run) == {"float32": OTHER}


# --- margins and verdicts ---


def test_of_one_launch_the_margin_is_that_of_as_many_threads():
    """At one thread A/A is near 1, at two it is not, at four there is none: then the largest of the problem holds."""
    frame = pd.DataFrame(
        [("nielsen", threads, is_control, ratio) for threads, is_control, ratio in
         ((1, True, 1.0), (1, True, 1.02), (2, True, 1 / 1.5), (1, False, 1.1), (2, False, 1.1), (4, False, 1.1))],
        columns=["problem", "threads", "control", "ratio_to_baseline"],
    )  # fmt: skip

    assert margins_of_one_launch(frame).tolist() == pytest.approx([0.02, 0.02, 0.5, 0.02, 0.5, 0.5])


def with_control(control, other):
    """Return the summary of two launches in which control and other take these times, the baseline 1e-5."""
    return summary_of({(BASE, 10): steady(1e-5, 1e-5), (CONTROL, 10): steady(*control), (OTHER, 10): steady(*other)})


def test_the_margin_is_one_per_cent_where_a_a_shows_less():
    assert pytest.approx(0.01) == margins(with_control((1e-5, 1e-5), (1e-5, 1e-5))).to_numpy()


@pytest.mark.parametrize("middle", [-0.01, 0.0, 0.01])
def test_the_margin_is_the_farther_end_of_the_a_a_interval_where_that_is_more(middle):
    # Log-ratios of middle ± d have the interval middle ± t·d: here t·d is 12.706 · 0.002.
    d = 0.002
    summary = with_control((1e-5 * math.exp(middle + d), 1e-5 * math.exp(middle - d)), (1e-5, 1e-5))

    assert margins(summary).to_numpy() == pytest.approx(math.expm1(abs(middle) + T[1] * d), rel=1e-3)


def test_the_margin_of_a_cell_is_that_of_its_own_point_of_the_grid():
    noisy = steady(1e-5, 1.02e-5)
    times = {
        (BASE, 10): steady(1e-5, 1e-5),
        (CONTROL, 10): steady(1e-5, 1e-5),
        (BASE, 1): noisy,
        (CONTROL, 1): noisy[::-1],
    }
    summary = summary_of(times)

    assert (margins(summary)[summary["size"] == 1] > 0.1).all()
    assert pytest.approx(0.01) == margins(summary)[summary["size"] == 10].to_numpy()


def test_where_a_point_has_no_a_a_the_largest_margin_of_its_problem_stands_in():
    noisy = steady(1e-5, 1.02e-5)
    times = {(BASE, 10): steady(1e-5, 1e-5), (BASE, 1): noisy, (CONTROL, 1): noisy[::-1]}
    summary = summary_of(times)

    assert (margins(summary) > 0.1).all()


@pytest.mark.parametrize("control", [None, [[1e-5] * 3, [None] * 3]])
def test_without_any_a_a_interval_in_its_problem_the_margin_is_unknown_and_nothing_gets_a_verdict(control):
    times = {(BASE, 10): steady(1e-5, 1e-5), (OTHER, 10): steady(5e-6, 5e-6), (OTHER, 1): steady(1e-5, 1e-5)}
    times |= {(BASE, 1): steady(1e-5, 1e-5)} | ({(CONTROL, 10): control} if control else {})
    summary = summary_of(times)

    assert summary["margin"].isna().all()
    assert row_of(summary, OTHER).ratio_low == pytest.approx(2)
    assert [row_of(summary, OTHER, size).verdict for size in (1, 10)] == ["not enough data"] * 2


def test_the_a_a_of_another_problem_says_nothing_about_the_margin():
    summary = summary_of({(BASE, 10): steady(1e-5, 1e-5), (CONTROL, 10): steady(1e-5, 1e-5)})

    assert margins(pd.concat([summary, summary[~summary["control"]].assign(problem="softmax")])).isna().tolist() == [
        *(False, False, True)
    ]


@pytest.mark.parametrize(
    ("times_faster", "verdict"),
    [
        (1.02, "faster"),
        (1.005, "same within 1 %"),
        (0.995, "same within 1 %"),
        (0.97, "slower"),
        (2.0, "faster"),
    ],
)
def test_a_certain_ratio_is_faster_slower_or_the_same_by_the_margin_of_one_per_cent(times_faster, verdict):
    seconds = 1e-5 / times_faster

    assert row_of(with_control((1e-5, 1e-5), (seconds, seconds)), OTHER).verdict == verdict


def test_an_uncertain_ratio_within_five_per_cent_is_the_same_within_its_reach():
    d = 0.03 / T[1]  # the interval reaches ±0.03 in logs: 3.05 %, rounded up
    summary = with_control((1e-5, 1e-5), (1e-5 * math.exp(d), 1e-5 * math.exp(-d)))

    assert row_of(summary, OTHER).verdict == "same within 4 %"


def test_an_uncertain_ratio_beyond_five_per_cent_is_not_enough_data():
    d = 0.06 / T[1]

    assert (
        row_of(with_control((1e-5, 1e-5), (1e-5 * math.exp(d), 1e-5 * math.exp(-d))), OTHER).verdict
        == "not enough data"
    )


def test_a_difference_below_the_a_a_margin_is_not_called():
    d = 0.04 / T[1]
    summary = with_control((1e-5 * math.exp(d), 1e-5 * math.exp(-d)), (1e-5 / 1.03, 1e-5 / 1.03))

    assert row_of(summary, OTHER).verdict == "same within 3 %"


def test_a_a_says_that_it_differs_where_its_interval_excludes_one():
    assert row_of(with_control((1.02e-5, 1.02e-5), (1e-5, 1e-5)), CONTROL).verdict == "A/A: differs, by at most 2 %"
    assert row_of(with_control((1e-5, 1e-5), (1e-5, 1e-5)), CONTROL).verdict == "A/A: same within 1 %"


def test_per_cents_are_rounded_up_and_never_to_nothing():
    logs = np.log1p([0.0, 0.01, 0.0101, 0.2])
    assert list(whole_percent(pd.Series(logs))) == ["1", "1", "2", "20"]


# --- empty and interrupted runs ---


def test_a_run_interrupted_before_its_first_sample_has_every_row_and_no_number():
    summary = summary_of({}, cells=[cell(BASE, 10), cell(OTHER, 10)], finished=False, launches=[])

    assert list(summary["status"]) == ["not measured"] * 2
    assert set(summary["reason"]) == {"the run was interrupted before it"}
    assert summary["work_per_second"].isna().all()


def test_a_run_without_cells_has_an_empty_summary():
    summary = summary_of({}, cells=[])

    assert (len(summary), list(summary.columns)) == (0, COLUMNS)


# --- what must hold for any times ---

FEW = settings(max_examples=settings.default.max_examples * 2 // 5)  # an example takes a tenth of a second or two
SECONDS = st.lists(st.lists(st.floats(1e-6, 1e-3), min_size=3, max_size=3), min_size=2, max_size=3).filter(
    lambda launches: len({len(rounds) for rounds in launches}) == 1
)


@FEW
@given(base=SECONDS, factor=st.floats(0.1, 10), slowdowns=st.lists(st.floats(1, 20), min_size=9, max_size=9))
def test_a_slowdown_common_to_a_round_changes_no_ratio(base, factor, slowdowns):
    slow = [[t * slowdowns[3 * i + j] for j, t in enumerate(rounds)] for i, rounds in enumerate(base)]
    quiet, disturbed = (
        row_of(summary_of({(BASE, 10): t, (OTHER, 10): [[s * factor for s in rounds] for rounds in t]}), OTHER)
        for t in (base, slow)
    )

    for column in ("ratio_to_baseline", "ratio_low", "ratio_high"):
        assert disturbed[column] == pytest.approx(quiet[column], rel=1e-3)


@FEW
@given(base=SECONDS, other=SECONDS)
def test_half_the_time_is_twice_the_ratio_and_twice_the_throughput(base, other):
    n = min(len(base), len(other))
    base, other = base[:n], other[:n]
    once, twice = (
        row_of(summary_of({(BASE, 10): base, (OTHER, 10): [[t / k for t in rounds] for rounds in other]}), OTHER)
        for k in (1, 2)
    )

    for column in ("ratio_to_baseline", "ratio_low", "ratio_high", "work_per_second", "work_per_second_low"):
        assert twice[column] == pytest.approx(2 * once[column], rel=1e-3)


@FEW
@given(times=SECONDS)
def test_a_a_of_identical_times_is_exactly_one_and_leaves_the_margin_alone(times):
    summary = summary_of({(BASE, 10): times, (CONTROL, 10): times})
    row = row_of(summary, CONTROL)

    assert (row.ratio_to_baseline, row.ratio_low, row.ratio_high) == (1.0, 1.0, 1.0)
    assert pytest.approx(0.01) == margins(summary).to_numpy()


@FEW
@given(base=SECONDS, other=SECONDS)
def test_a_over_b_is_the_inverse_of_b_over_a(base, other):
    n = min(len(base), len(other))
    there = made_up_run(None, {(BASE, 10): base[:n], (OTHER, 10): other[:n]})
    back = made_up_run(None, {(BASE, 10): base[:n], (OTHER, 10): other[:n]})
    change_plan(back, baseline="numpy_tuned")
    ratio, inverse = row_of(Results(there).summary, OTHER), row_of(Results(back).summary, BASE)

    assert ratio.ratio_to_baseline * inverse.ratio_to_baseline == pytest.approx(1)
    assert ratio.ratio_low * inverse.ratio_high == pytest.approx(1)
