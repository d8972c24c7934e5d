"""Rows as frames: of many portions a frame is the same as of one."""

import json

import msgspec
import pandas as pd
import pytest
from made_up_run import BASE, launch_row, outcome, sample

from paragone.store import frames
from paragone.store.frames import frame_of
from paragone.store.reader import read_table
from paragone.store.records import TABLES

ROWS = {
    "samples": [
        sample(BASE, 10, 0, -1, 1e-5, runner_ns=5),
        *(sample(BASE, size, 0, round_, 1e-5, started_s=None) for size in (10, 100) for round_ in range(4)),
        sample(BASE, 1000, 1, 0, 1e-5, started_s=1, position=None, input_seed=7),
    ],
    "launches": [
        launch_row(BASE, 0),
        launch_row(BASE, 1, build_info={"compiler": "gcc", "flags": [1, None]}, cpus=[1, 2]),
        *(launch_row(BASE, 2 + launch, reason=None, samples_checked=launch) for launch in range(5)),
    ],
    "outcomes": [*(outcome(BASE, size=size) for size in (None, 1, 10)), outcome(BASE, error=1e-9, launch=3, note="n")],
    "rounds": [],
}


@pytest.fixture(params=ROWS)
def rows(request, tmp_path):
    """Return the record of a table and its rows, read back."""
    record = TABLES[request.param]
    (tmp_path / f"{request.param}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS[request.param]))
    return record, read_table(tmp_path, record)


@pytest.mark.parametrize("portion", [1, 2, 3])
def test_it_is_the_same_however_the_rows_are_taken(rows, portion, monkeypatch):
    at_once = frame_of(*rows)
    monkeypatch.setattr(frames, "PORTION", portion)

    pd.testing.assert_frame_equal(frame_of(*rows), at_once, check_exact=True)


def test_it_is_the_frame_that_pandas_makes_of_the_rows_as_dicts(rows):
    record, read = rows
    expected = pd.DataFrame([msgspec.to_builtins(row) for row in read], columns=record.__struct_fields__)

    pd.testing.assert_frame_equal(frame_of(record, read), expected, check_exact=True)
