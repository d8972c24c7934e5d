"""A history in words: one lead, a row for each cell that changed, a row of the CSV for each cell and run."""

import csv
import io

import pytest
from pair_of_runs import SLOWED
from runs_over_time import nights, past

from paragone.analyse.results import Results
from paragone.comparison.history import history_of, past_run
from paragone.report.text.history import (
    cell_names,
    change_rows,
    event_facts,
    event_title,
    history_csv,
    lead,
    left_out_sentences,
    place_of,
)


@pytest.fixture(scope="module")
def history():
    return history_of([past_run(Results(run)) for run in nights(8, at=4, factor=1.25)], [("2026-01-01", "it is quick")])


@pytest.fixture(scope="module")
def rows(history):
    return list(csv.DictReader(io.StringIO(history_csv(history))))


def test_the_lead_counts_runs_cells_and_changes(history):
    assert "Test CPU · 8 runs, 2026-01-02 to 2026-01-09 · 12 cells, of which 2 changed" == lead(history)


def test_an_event_names_both_runs_with_their_commits_and_what_differs(history):
    (event,) = history.events

    assert "2026-01-05T030405Z (abc1234) → 2026-01-06T030405Z (def5678)" == event_title(event)
    assert [("numpy", "2.4.0", "2.5.0")] == event_facts(event)


def test_a_row_of_a_change_has_levels_step_verdict_and_who_moved(history):
    (event,) = history.events
    row = next(row for row in change_rows(event, cell_names(history)) if row.name == "numpy_a 10")

    assert ("0.33× → 0.27×", "slower", "same") == (row.levels, row.word, row.code)
    assert row.step.startswith("0.80× [0.7")
    assert 0.72 < float(row.own.rstrip("×")) < 0.88
    assert 0.9 < float(row.baseline.rstrip("×")) < 1.1


def test_a_cell_is_called_by_what_tells_it_from_the_others(history):
    names = cell_names(history)

    assert {"numpy_a 10", "numpy_a 1 000"} <= {*names.values()}
    assert len(names) == len({*names.values()}) == 12


def test_the_id_of_a_chart_has_only_what_an_address_can_hold(history):
    places = [place_of(track) for track in history.tracks]

    assert "nielsen-numpy-a-dtype-float32--10-1" in places
    assert len(places) == len({*places})


def test_runs_left_out_for_one_reason_are_counted_and_the_newest_named(history):
    assert ["1 run left out: it is quick (2026-01-01)."] == left_out_sentences(history)
    twice = history_of([], [("one", "it is quick"), ("two", "it is quick")])

    assert ["2 runs left out: it is quick (the newest: two)."] == left_out_sentences(twice)


def test_the_csv_has_a_row_for_each_cell_and_run_and_says_where_a_change_begins(rows):
    changed = [row for row in rows if row["change"]]

    assert 12 * 8 == len(rows)
    assert {(SLOWED, "2026-01-06T030405Z", "def5678", "slower")} == {
        (row["variant"], row["run"], row["commit"], row["change"]) for row in changed
    }
    assert all(float(row["p"]) < 0.01 for row in changed)


def test_the_csv_holds_the_level_beside_each_ratio(rows):
    of_one = [row for row in rows if row["variant"] == SLOWED and row["size"] == "10"]

    assert 2 == len({row["level"] for row in of_one})
    assert all(abs(float(row["ratio_to_baseline"]) / float(row["level"]) - 1) < 0.05 for row in of_one)


def test_a_name_from_outside_stays_on_its_line_and_is_no_formula():
    runs = [past(number, plan={"run": f"=cmd()\x1b[{number}"}) for number in range(2)]
    history = history_of([past_run(Results(run)) for run in runs])

    assert "'=cmd()" in history_csv(history)
    assert "\x1b" not in history_csv(history)
