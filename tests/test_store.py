"""A run's folder: whatever happens while it is written, what was measured before can be read."""

import errno
import json
import math
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness import store
from harness.errors import ResultsUnusable
from harness.runs import new_run_folder
from harness.store import COLUMNS, RunFolder, read_json, read_rows, read_run, read_sources, write_json

NOW = datetime(2025, 3, 4, 5, 6, 7, tzinfo=UTC)
ROW = {"problem": "nielsen", "variant": "numpy_rows[dtype=float32]", "threads": 1, "elapsed_s": 0.25}


def rows_of(folder: Path) -> list[dict]:
    return read_rows(folder / "rounds.jsonl")


def append_rounds(folder: Path, *rounds: int) -> None:
    with RunFolder(folder) as rows:
        for round_ in rounds:
            rows.append("rounds", {"problem": "nielsen", "round": round_})


# --- rows ---


def test_a_row_is_read_back_with_every_column_of_its_table(tmp_path):
    with RunFolder(tmp_path) as rows:
        rows.append("launches", {"variant": "a[b=c] (A/A)", "cpus": [0, 1], "reason": "W ↔ 1\n2", "load_seconds": 0.1})
    (row,) = read_rows(tmp_path / "launches.jsonl")

    assert list(COLUMNS["launches"]) == list(row)
    assert ("a[b=c] (A/A)", [0, 1], "W ↔ 1\n2", 0.1) == (
        row["variant"],
        row["cpus"],
        row["reason"],
        row["load_seconds"],
    )
    assert row["problem"] is None


def test_a_row_is_in_the_file_when_append_returns(tmp_path):
    with RunFolder(tmp_path) as rows:
        rows.append("rounds", {"round": 1})
        assert [1] == [row["round"] for row in rows_of(tmp_path)]
        rows.append("rounds", {"round": 2})
        assert [1, 2] == [row["round"] for row in rows_of(tmp_path)]


def test_a_row_is_synchronised_to_disk_before_append_returns(tmp_path, monkeypatch):
    synchronised = []
    monkeypatch.setattr(store.os, "fdatasync", lambda descriptor: synchronised.append(os.fstat(descriptor).st_size))
    append_rounds(tmp_path, 1, 2)

    sizes = [len(line) + 1 for line in (tmp_path / "rounds.jsonl").read_bytes().splitlines()]
    assert [sizes[0], sum(sizes)] == synchronised


def test_a_column_that_does_not_exist_is_refused(tmp_path):
    with RunFolder(tmp_path) as rows, pytest.raises(KeyError, match=r"rounds has no column \['digest'\]"):
        rows.append("rounds", {"round": 1, "digest": "x"})
    assert not (tmp_path / "rounds.jsonl").exists()


@pytest.mark.parametrize("torn", [b'{"problem": "niel', b"{", b"\0\0\0\0", b'{"round": 3}'])
def test_a_torn_last_line_is_dropped_and_cut_off_when_the_run_is_taken_up_again(tmp_path, torn):
    append_rounds(tmp_path, 1, 2)
    with (tmp_path / "rounds.jsonl").open("ab") as file:
        file.write(torn)

    assert [1, 2] == [row["round"] for row in rows_of(tmp_path)]
    append_rounds(tmp_path, 3)
    assert [1, 2, 3] == [row["round"] for row in rows_of(tmp_path)]


def test_a_table_that_holds_nothing_but_a_torn_line_is_empty(tmp_path):
    (tmp_path / "rounds.jsonl").write_bytes(b'{"problem"')

    assert [] == rows_of(tmp_path)
    append_rounds(tmp_path, 1)
    assert [1] == [row["round"] for row in rows_of(tmp_path)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b'{"round": ', "line 2: not a row"),
        (b"", "line 2: not a row"),
        (b"[1]", "line 2: not a row: expected an object, got list"),
        (b"\xff\xfe", "line 2: not a row"),
        (b"[" * 100_000, "line 2: not a row"),
    ],
    ids=lambda value: repr(value[:20]),
)
def test_any_other_line_that_cannot_be_read_is_named(tmp_path, line, expected):
    append_rounds(tmp_path, 1, 2, 3)
    lines = (tmp_path / "rounds.jsonl").read_bytes().split(b"\n")
    lines[1] = line
    (tmp_path / "rounds.jsonl").write_bytes(b"\n".join(lines))

    with pytest.raises(ResultsUnusable) as raised:
        rows_of(tmp_path)
    assert f"{tmp_path / 'rounds.jsonl'}, {expected}" in str(raised.value)


def test_a_number_that_is_not_finite_survives(tmp_path):
    with RunFolder(tmp_path) as rows:
        rows.append("outcomes", {"error": float("nan"), "bound": float("inf")})
    (row,) = read_rows(tmp_path / "outcomes.jsonl")

    assert math.isnan(row["error"])
    assert math.inf == row["bound"]


# --- a disk that is full, a folder that cannot be written ---


class FullDisk:
    """A file that takes the first bytes of a row and then no more."""

    def __init__(self, file, room):
        self.file, self.room = file, room

    def write(self, content):
        if self.room == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return self.file.write(content[: self.room])

    def __getattr__(self, name):
        return getattr(self.file, name)


@pytest.mark.parametrize("room", [0, 10])
def test_a_full_disk_is_told_and_costs_only_the_row_that_did_not_fit(tmp_path, monkeypatch, room):
    append_rounds(tmp_path, 1)
    really_open = RunFolder._open
    with RunFolder(tmp_path) as rows:
        monkeypatch.setattr(RunFolder, "_open", lambda self, table: FullDisk(really_open(self, table), room))
        with pytest.raises(ResultsUnusable) as raised:
            rows.append("rounds", {"round": 2})
        monkeypatch.undo()  # somebody made room
        rows.append("rounds", {"round": 3})

    assert f"{tmp_path / 'rounds.jsonl'}: cannot be written:" in str(raised.value)
    assert f"paragone bench --resume {tmp_path.name}" in str(raised.value)
    assert [1, 3] == [row["round"] for row in rows_of(tmp_path)]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_what_the_system_says_of_a_full_disk_is_passed_on(tmp_path, monkeypatch):
    # Never read: /dev/full gives zeros without end.
    full = Path("/dev/full").open("ab", buffering=0)  # noqa: SIM115 -- closed by the folder
    monkeypatch.setattr(RunFolder, "_open", lambda self, table: full)
    with RunFolder(tmp_path) as rows, pytest.raises(ResultsUnusable, match=os.strerror(errno.ENOSPC)):
        rows.append("rounds", {"round": 1})


def test_a_second_writer_is_refused_until_the_first_lets_go(tmp_path):
    with RunFolder(tmp_path):
        with pytest.raises(ResultsUnusable, match="another paragone is writing to this run"):
            RunFolder(tmp_path)
        read_rows(tmp_path / "rounds.jsonl")  # readers need no lock
    RunFolder(tmp_path).close()


def test_a_file_system_without_locks_is_not_taken_for_another_writer(tmp_path, monkeypatch):
    def refuse(file, operation):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(store.fcntl, "flock", refuse)
    with pytest.raises(ResultsUnusable, match="cannot lock files: No locks available"):
        RunFolder(tmp_path)


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ResultsUnusable, match=r"file/run: cannot be written: Not a directory"):
        RunFolder(tmp_path / "file" / "run")


def test_json_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "finished.json"
    write_json(path, {"finished": False})

    def torn(descriptor):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(store.os, "fsync", torn)
    with pytest.raises(OSError, match="Input/output error"):
        write_json(path, {"finished": True})
    assert {"finished": False} == read_json(path)


def test_a_run_without_a_row_has_every_table_with_all_its_columns(tmp_path):
    run = read_run(new_run_folder(tmp_path, NOW, {"cells": []}, {"cpu": "x"}))

    for table, columns in COLUMNS.items():
        assert (0, list(columns)) == (len(getattr(run, table)), list(getattr(run, table).columns))
    assert run.finished is None
    assert {"cpu": "x"} == run.environment


def test_a_run_is_read_with_its_rows_and_its_ending(tmp_path):
    folder = new_run_folder(tmp_path, NOW, {}, {})
    append_rounds(folder, 4, 5)
    write_json(folder / "finished.json", {"finished": True})
    run = read_run(folder)

    assert [4, 5] == run.rounds["round"].tolist()
    assert run.rounds["elapsed_s"].isna().all()
    assert {"finished": True} == run.finished


def test_columns_that_a_later_version_added_are_left_out(tmp_path):
    folder = new_run_folder(tmp_path, NOW, {}, {})
    (folder / "rounds.jsonl").write_text(json.dumps({"round": 1, "temperature": 50}) + "\n")

    assert list(COLUMNS["rounds"]) == list(read_run(folder).rounds.columns)


@pytest.mark.parametrize(
    ("content", "expected"),
    [("{", "not JSON"), ("[1]", "expected a JSON object, got list"), ("[" * 100_000, "not JSON"), ("\xff", "not JSON")],
    ids=["torn", "a list", "deep", "not UTF-8"],
)
def test_a_damaged_plan_is_named(tmp_path, content, expected):
    folder = new_run_folder(tmp_path, NOW, {}, {})
    (folder / "plan.json").write_bytes(content.encode("latin-1"))

    with pytest.raises(ResultsUnusable) as raised:
        read_run(folder)
    assert f"{folder / 'plan.json'}: {expected}" in str(raised.value)


def test_a_plan_that_is_a_folder_is_named(tmp_path):
    (tmp_path / "plan.json").mkdir()
    with pytest.raises(ResultsUnusable, match=r"plan\.json: cannot be read: Is a directory"):
        read_json(tmp_path / "plan.json")


def test_the_sources_that_a_run_kept_are_read_back(tmp_path):
    kept = {"a": {"hash": "1", "files": {"a/b.py": "é\n"}, "left_out": {"c": "why"}}}
    folder = new_run_folder(tmp_path, NOW, {}, {}, sources=kept)

    assert read_sources(folder) == kept
    assert {"plan.json", "environment.json", "sources.json"} == {path.name for path in folder.iterdir()}


def test_a_run_made_before_sources_were_kept_has_none(tmp_path):
    assert {} == read_sources(new_run_folder(tmp_path, NOW, {}, {}))


def test_sources_of_another_shape_are_refused_by_name(tmp_path):
    folder = new_run_folder(tmp_path, NOW, {}, {}, sources={"a": {"hash": "1", "files": ["x"], "left_out": {}}})
    with pytest.raises(ResultsUnusable, match=r"sources\.json: a\.files: expected a table of texts"):
        read_sources(folder)
