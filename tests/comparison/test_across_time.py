"""Two runs of the same code hardly ever differ, a tenth more time is found, and nothing else moves with it."""

import math
from dataclasses import asdict, replace
from functools import cache

import msgspec
import numpy as np
import pandas as pd
import pytest
from made_up_run import BASE, CONTROL, outcome, with_plan
from pair_of_runs import OTHERS, SIZES, SLOWED, cells, noisy_run, noisy_samples

from paragone import METHOD_VERSION
from paragone.analyse.results import Results
from paragone.comparison.across_time import AS_MEASURED, UNCHANGED, compare, estimates
from paragone.errors import Incomparable
from paragone.report.text.comparison import comparison_report

SEEDS = range(12)


@cache
def first():
    """The results of a run; tests compare them and change nothing."""
    return Results(noisy_run("a", 1))


@cache
def second_slowed():
    """Those of a second run, in which one implementation has changed and takes a fifth longer."""
    return Results(noisy_run("b", 2, changed=[SLOWED], slower={SLOWED: 1.2}))


def different(found):
    return found[found["verdict"].isin(["faster", "slower"])]


@pytest.fixture(scope="module")
def of_equal_code():
    """Return, per seed, what is found between two runs of the same code, a tenth and more apart in speed."""
    return [estimates(cells(), noisy_samples(2 * seed), noisy_samples(2 * seed + 1)) for seed in SEEDS]


@pytest.fixture(scope="module")
def of_slowed_code():
    """Return the same with one implementation that takes a tenth longer in the second run."""
    return [
        estimates(cells(changed=[SLOWED]), noisy_samples(2 * seed), noisy_samples(2 * seed + 1, slower={SLOWED: 1.1}))
        for seed in SEEDS
    ]


def test_of_the_cells_of_equal_code_at_most_one_in_a_hundred_is_called_different(of_equal_code):
    assert sum(map(len, map(different, of_equal_code))) <= 0.01 * sum(map(len, of_equal_code))


def test_a_tenth_more_time_is_found_in_95_of_100_cases_as_slower_and_nowhere_else(of_slowed_code):
    called = [different(found) for found in of_slowed_code]
    right = [found[found["variant"] == SLOWED] for found in called]

    assert sum(map(len, right)) >= 0.95 * len(SEEDS) * len(SIZES)
    assert all((found["verdict"] == "slower").all() for found in right)
    assert sum(map(len, called)) - sum(map(len, right)) <= 0.01 * sum(map(len, of_slowed_code))


def test_the_interval_holds_the_truth_as_often_as_it_says(of_equal_code, of_slowed_code):
    holds = [
        row.ratio_low <= (1 / factor if row.variant == SLOWED else 1) <= row.ratio_high
        for factor, comparisons in ((1.0, of_equal_code), (1.1, of_slowed_code))
        for found in comparisons
        for row in found.itertuples()
    ]

    assert len(holds) == 2 * len(SEEDS) * len(SIZES) * 8
    assert 0.92 <= np.mean(holds) < 0.995


def test_what_slows_everybody_alike_is_divided_out_and_stands_beside():
    slower = dict.fromkeys([BASE, CONTROL, *OTHERS], 2.0)
    as_fast = cells().assign(work_per_second_b=0.5)

    found = estimates(as_fast, noisy_samples(1), noisy_samples(2, slower=slower))

    assert different(found).empty
    assert found["ratio"].tolist() == pytest.approx([1] * len(found), abs=0.05)
    assert (found["ratio_as_measured"] == 0.5).all()
    assert (found["basis"] == UNCHANGED).all()


def test_one_unchanged_cell_that_did_change_does_not_move_the_others():
    found = estimates(cells(), noisy_samples(1, of_run=0), noisy_samples(2, of_run=0, slower={SLOWED: 1.5}))

    others = found[found["variant"] != SLOWED]
    assert others["ratio"].tolist() == pytest.approx([1] * len(others), abs=0.03)


def test_the_interval_is_widened_by_what_runs_of_the_same_code_show():
    quiet, restless = (
        estimates(cells(), noisy_samples(1, of_run=size), noisy_samples(2, of_run=size)) for size in (0.0, 0.1)
    )

    assert restless["deviation_between"].min() > 5 * quiet["deviation_between"].max()
    assert np.log(restless["ratio_high"] / restless["ratio_low"]).min() > 0.3


def test_with_few_anchors_the_margin_stands_in_for_what_was_not_seen():
    few = [BASE, CONTROL, SLOWED]
    found = estimates(
        cells([SLOWED], few, margin=0.04),
        noisy_samples(1, variants=few, of_run=0),
        noisy_samples(2, variants=few, of_run=0),
    )

    assert found["deviation_between"].min() >= math.log1p(0.04) - 1e-12


def test_without_unchanged_code_ratios_are_as_measured():
    everything = [BASE, CONTROL, *OTHERS]

    found = estimates(cells(everything), noisy_samples(1), noisy_samples(2, slower=dict.fromkeys(everything, 1.3)))

    assert (found["basis"] == AS_MEASURED).all()
    assert found["ratio"].tolist() == pytest.approx([1 / 1.3] * len(found), rel=0.12)


def test_a_single_launch_has_no_interval_and_no_verdict():
    found = estimates(cells(), noisy_samples(1, launches=1), noisy_samples(2))

    assert set(found["verdict"]) == {"no interval"}
    assert found["ratio_low"].isna().all()


def test_an_unknown_margin_allows_no_verdict():
    found = estimates(cells([SLOWED], margin=math.nan), noisy_samples(1), noisy_samples(2, slower={SLOWED: 2.0}))

    assert set(found["verdict"]) == {"no interval"}


def test_a_difference_within_the_margin_is_no_difference_however_sure():
    quiet = {"own": 0.001, "of_run": 0.0, "within": 0.001}
    a, b = noisy_samples(1, **quiet), noisy_samples(2, slower={SLOWED: 1.03}, **quiet)

    wide, narrow = (estimates(cells([SLOWED], margin=margin), a, b) for margin in (0.04, 0.01))

    assert different(wide).empty
    assert set(different(narrow)["variant"]) == {SLOWED}


def test_launches_cut_short_do_not_count():
    whole = noisy_samples(1)
    torn = whole[(whole["launch"] < 4) | (whole["round"] < 2)]

    found = estimates(cells(), torn, noisy_samples(2))

    assert set(found["n_launches_a"]) == {4}
    assert set(found["n_launches_b"]) == {5}


def test_changed_code_is_a_family_of_its_own_so_that_many_untouched_cells_do_not_drown_it():
    a, b = noisy_samples(1), noisy_samples(2, slower={SLOWED: 1.1})

    found = estimates(cells([SLOWED]), a, b).set_index("variant").loc[SLOWED]

    # Of two hypotheses the larger p stays as it is, and the smaller is doubled at most.
    assert (found["p_adjusted"] <= 2 * found["p"]).all()
    assert found["p_adjusted"].max() == found["p"].max()


def test_an_interval_beyond_the_margin_is_not_enough_where_p_adjusted_over_the_grid_is_not_small():
    a, b = noisy_samples(1), noisy_samples(2)
    doubted = []
    for factor in (1.03, 1.04, 1.05, 1.06, 1.07):
        slower = b.assign(step_seconds=b["step_seconds"].where(b["variant"] != SLOWED, factor * b["step_seconds"]))
        found = estimates(cells(margin=0.001), a, slower)
        beyond = (found["ratio_high"] < 1 / 1.001) | (found["ratio_low"] > 1.001)
        doubted += found.loc[beyond & ~(found["p_adjusted"] < 0.05), "verdict"].tolist()

    assert len(doubted) > 0
    assert not {"faster", "slower"} & {*doubted}


def test_a_cell_is_never_compared_with_itself():
    few = [BASE, CONTROL, SLOWED]
    quiet = {"variants": few, "own": 0.001, "of_run": 0.0, "within": 0.001}

    found = estimates(cells([SLOWED], few), noisy_samples(1, **quiet), noisy_samples(2, slower={CONTROL: 1.3}, **quiet))

    ratios = found.set_index("variant")["ratio"]
    assert ratios[BASE].tolist() == pytest.approx([1.3] * len(SIZES), rel=0.01)
    assert ratios[CONTROL].tolist() == pytest.approx([1 / 1.3] * len(SIZES), rel=0.01)


# --- whole runs ---


def test_a_run_against_another_of_the_same_code_finds_anchors_by_their_source():
    found = compare(first(), second_slowed())

    assert set(different(found.cells)["variant"]) == {SLOWED}
    assert set(found.cells.loc[found.cells["source"] == "changed", "variant"]) == {SLOWED}
    assert (found.cells["basis"] == UNCHANGED).all()
    assert found.overridden == []


def test_what_is_slower_beyond_a_limit_is_so_with_all_of_its_interval():
    found = compare(first(), second_slowed())
    slowed = found.cells[found.cells["variant"] == SLOWED]

    assert set(found.slower_beyond(0.05)["variant"]) == {SLOWED}
    for row in slowed.itertuples():
        estimate, surely = 1 / row.ratio - 1, 1 / row.ratio_high - 1
        assert row.size not in set(found.slower_beyond(estimate - 1e-6)["size"])
        assert row.size in set(found.slower_beyond(surely - 1e-6)["size"])


def test_another_version_of_numpy_is_not_divided_out():
    newer = {"packages": {"numpy": "2.5.0"}}

    found = compare(first(), Results(noisy_run("b", 2, environment=newer)))

    assert (found.cells["basis"] == AS_MEASURED).all()


def test_cells_that_failed_in_one_run_fall_out_with_the_reason():
    bad = [outcome(name) for name in (BASE, CONTROL, *OTHERS[1:])] + [outcome(SLOWED, "failed", reason="W1 is off")]

    found = compare(first(), Results(noisy_run("b", 2, tables={"outcomes": bad})))

    assert set(found.not_compared["variant"]) == {SLOWED}
    assert set(found.not_compared["why"]) == {"failed in B: W1 is off"}
    assert SLOWED not in set(found.cells["variant"])
    assert set(found.newly_failed["variant"]) == {SLOWED}


def test_a_control_that_fails_and_what_failed_before_are_not_newly_failed():
    bad = [outcome(name) for name in (BASE, *OTHERS[1:])]
    bad += [outcome(CONTROL, "failed"), outcome(SLOWED, "failed")]
    a, b = (Results(noisy_run(name, n, tables={"outcomes": bad})) for n, name in enumerate("ab", 1))

    assert compare(first(), b).newly_failed["variant"].eq(SLOWED).all()
    assert compare(a, b).newly_failed.empty


def test_variants_that_only_one_run_has_fall_out():
    found = compare(first(), Results(noisy_run("b", 2, variants=[BASE, CONTROL, *OTHERS[1:]])))

    assert found.not_compared["why"].tolist() == ["variant not in B"] * len(SIZES)


def test_variants_that_only_the_second_run_has_fall_out_too():
    """Whoever adds an implementation and compares with the run before it has cells of which only B knows."""
    found = compare(Results(noisy_run("a", 1, variants=[BASE, CONTROL, *OTHERS[1:]])), Results(noisy_run("b", 2)))

    assert found.not_compared["why"].tolist() == ["variant not in A"] * len(SIZES)
    assert found.cells["control"].dtype == bool
    assert f"{len(SIZES)} cells fell out: {len(SIZES)} variant not in A" in comparison_report([found], 0.05)


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ({"method_version": 1}, f"method version {METHOD_VERSION} and 1"),
        ({"seed": 7}, "seeds 1 and 7"),
        ({"threads": [2]}, "no number of threads in common: 1 and 2"),
        ({"data": {"name": "digits", "origin": "", "sha256": "ff", "n_train": 1, "n_test": 1}}, "other data: MNIST"),
    ],
)
def test_what_is_not_the_same_work_is_refused_unless_told(plan, said):
    a, b = noisy_run("a", 1), noisy_run("b", 2, plan=plan)

    with pytest.raises(Incomparable, match=said):
        compare(Results(a), Results(b))

    found = compare(Results(a), Results(b), anyway=True)
    assert any(said in reason for reason in found.overridden)
    assert (found.cells["basis"] == AS_MEASURED).all(), "what is other work is no anchor"


def test_of_several_numbers_of_threads_none_is_taken_for_another():
    a, b = noisy_run("a", 1), noisy_run("b", 2, plan={"threads": [2, 4]})
    tables = ("samples", "launches")
    both = {name: pd.concat([getattr(b, name).assign(threads=count) for count in (2, 4)]) for name in tables}
    cells = [{**cell, "threads": count} for count in (2, 4) for cell in msgspec.to_builtins(b.plan.cells)]

    with pytest.raises(Incomparable, match="have no cell that passed in both"):
        compare(Results(a), Results(replace(with_plan(b, cells=cells), **both)), anyway=True)


def test_another_definition_of_the_workload_is_refused_by_what_differs():
    a = noisy_run("a", 1)
    other = {"nielsen": {**asdict(a.plan.problems["nielsen"]), "learning_rate": [[0, 0.1]]}}

    with pytest.raises(Incomparable, match=r"problem nielsen is defined differently: learning_rate .*3.0.* and .*0.1"):
        compare(Results(a), Results(noisy_run("b", 2, plan={"problems": other})))


def test_another_grid_of_batch_sizes_is_no_other_workload():
    a = noisy_run("a", 1)
    other = {"nielsen": {**asdict(a.plan.problems["nielsen"]), "batch_sizes": [1]}}

    assert compare(Results(a), Results(noisy_run("b", 2, plan={"problems": other}))).overridden == []


def test_one_launch_is_refused_for_it_can_tell_nothing():
    quick = noisy_run("b", 2, plan={"launches": 1})

    with pytest.raises(Incomparable, match=r"b has one launch"):
        compare(first(), Results(quick))


def test_cells_of_which_no_sample_is_left_are_refused_in_a_sentence():
    cells = pd.DataFrame({"problem": ["p"], "variant": ["v"], "size": [1], "threads": [1], "dtype": ["float32"]})
    none = Results(noisy_run("a", 1)).samples.iloc[:0]

    with pytest.raises(Incomparable, match="no cell that passed in both runs has a timed sample"):
        estimates(cells.assign(is_anchor=False), none, none)


def test_runs_without_a_common_cell_are_refused_with_the_count_of_reasons():
    a = noisy_run("a", 1)
    b = replace(noisy_run("b", 2), outcomes=a.outcomes.assign(status="failed", reason="all wrong"))

    with pytest.raises(Incomparable, match=r"no cell that passed in both: failed in B: all wrong \(16\)"):
        compare(Results(a), Results(b))
