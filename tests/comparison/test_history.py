"""Runs over time: which stand in a line, between which of them a cell changed, and what else differed there."""

import numpy as np
import pandas as pd
import pytest
from made_up_run import BASE, CONTROL
from pair_of_runs import OTHERS, SLOWED
from runs_over_time import nights, past

from paragone.analyse.results import Results
from paragone.comparison import history as module
from paragone.comparison.history import NUMBERS, Track, history_of, past_run


def kept(runs):
    return [past_run(Results(run)) for run in runs]


@pytest.fixture(scope="module")
def eight():
    """Eight nights; from the fifth on one variant is a quarter slower, with another NumPy and commit."""
    return kept(nights(8, at=4, factor=1.25))


@pytest.fixture(scope="module")
def history(eight):
    return history_of(eight)


def names(runs):
    return [past.run.plan.run for past in runs]


def test_a_change_lies_between_the_runs_where_the_version_differs(history):
    (event,) = history.events

    assert names(history.runs)[3:5] == names([event.before, event.after])
    assert [("numpy", "2.4.0", "2.5.0")] == event.differences
    assert {SLOWED} == {track.variant for track, _ in event.changes}
    assert {10, 1000} == {track.size for track, _ in event.changes}
    assert all(change.is_beyond_noise and change.low < -np.log(1.25) < change.high for _, change in event.changes)


def test_every_cell_has_a_track_but_the_baseline_and_its_control(history):
    assert {(name, size) for name in OTHERS for size in (10, 1000)} == {
        (track.variant, track.size) for track in history.tracks
    }
    assert {tuple(range(8))} == {track.places for track in history.tracks}


def test_runs_are_ordered_by_their_times_and_not_by_how_they_are_given(eight, history):
    assert names(history.runs) == names(history_of(reversed(eight)).runs)


def test_a_cell_that_a_run_lacks_passes_over_it(eight):
    cells = eight[4].cells
    lacking = module.PastRun(eight[4].run, cells[cells["variant"] != SLOWED])
    (event,) = history_of([*eight[:4], lacking, *eight[5:]]).events

    assert names(eight)[3] == event.before.run.plan.run
    assert names(eight)[5] == event.after.run.plan.run


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("two machines, another and 0123abcd", {"environment": {"machine": {"id": "another"}}}),
        ("two baselines, numpy_a and numpy_rows", {"plan": {"baseline": "numpy_a"}}),
        ("seeds 2 and 1", {"plan": {"seed": 2}}),
        ("method version 2 and 3", {"plan": {"method_version": 2}}),
    ],
)
def test_a_run_of_another_kind_than_the_newest_is_left_out_with_the_reason(eight, reason, changes):
    (other,) = kept([past(3, **changes)])
    found = history_of([*eight[5:], other])
    ((name, told),) = found.left_out

    assert names(eight)[5:] == names(found.runs)
    assert other.run.plan.run == name
    assert reason in told
    assert names(eight)[5] in told or names(eight)[7] in told


def test_where_the_baseline_gets_slower_its_own_speed_says_so():
    slower = {BASE: 1.3, CONTROL: 1.3}
    history = history_of(kept([past(number, slower if number >= 4 else None) for number in range(8)]))
    (event,) = history.events
    track, change = event.changes[0]

    assert change.step > 0
    assert 0.7 < track.moved(change, "baseline_work_per_second") < 0.85
    assert 0.9 < track.moved(change, "work_per_second") < 1.1


def test_code_that_changed_is_named():
    runs = [past(number, {SLOWED: 1.25} if number >= 4 else None, **_code(number)) for number in range(8)]
    (event,) = history_of(kept(runs)).events

    assert {SLOWED} == event.changed_code


def _code(number):
    sources = {f"source of {name.partition('[')[0]}": "one" for name in OTHERS}
    return {"plan": {"identity": {**sources, "source of numpy_a": "two" if number >= 4 else "one"}}}


def made_up_track(logs, number=0):
    ratios = np.exp(np.asarray(logs))
    numbers = pd.DataFrame(dict.fromkeys(NUMBERS, ratios)).assign(
        ratio_low=ratios * 0.99, ratio_high=ratios * 1.01, margin=0.01
    )
    return Track("p", f"v{number}", 1, 1, "v", "NumPy", "float64", range(len(ratios)), numbers)


def test_among_many_cells_a_change_must_be_surer():
    """A p below 1 % is a change where the cell is alone; among two hundred that do not change, chance explains it."""
    random = np.random.Generator(np.random.PCG64(1))
    logs = 0.01 * random.standard_normal(8) - 0.048 * (np.arange(8) >= 4)
    others = [made_up_track(0.01 * random.standard_normal(8), number) for number in range(1, 200)]
    (alone,) = module._called([made_up_track(logs)])
    among, *rest = module._called([made_up_track(logs), *others])

    assert 1 == len(alone.changes)
    assert 0.00025 < alone.changes[0].p < 0.01
    assert [] == [*among.changes, *(change for track in rest for change in track.changes)]


def test_a_sure_change_stays_one_among_many():
    random = np.random.Generator(np.random.PCG64(1))
    tracks = [made_up_track(0.01 * random.standard_normal(20), number) for number in range(99)]
    sure = made_up_track(0.01 * random.standard_normal(20) - 0.3 * (np.arange(20) >= 10))

    assert [[10]] == [
        [change.at for change in track.changes] for track in module._called([*tracks, sure]) if track.changes
    ]
