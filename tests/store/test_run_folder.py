"""A run's folder: whatever happens while it is written, what was measured before can be read."""

import errno
import math
import os
from pathlib import Path

import pytest
from made_up_run import (
    BASE,
    launch_row,
    outcome,
)

from paragone.errors import ResultsUnusable
from paragone.files.atomic import write_json
from paragone.files.json_lines import read_json, read_rows
from paragone.store import run_folder
from paragone.store.reader import read_table
from paragone.store.records import Launch, Outcome, Round, columns
from paragone.store.run_folder import RunFolder


def rows_of(folder: Path) -> list[dict]:
    return read_rows(folder / "rounds.jsonl")


def append_rounds(folder: Path, *rounds: int) -> None:
    with RunFolder(folder) as rows:
        for round_ in rounds:
            rows.append(Round(problem="nielsen", round=round_))


# --- rows ---


def test_a_row_is_read_back_with_every_column_of_its_table(tmp_path):
    with RunFolder(tmp_path) as rows:
        rows.append(Launch(**launch_row("a[b=c] (A/A)", 0, cpus=(0, 1), reason="W ↔ 1\n2", load_seconds=0.1)))
    (row,) = read_rows(tmp_path / "launches.jsonl")

    assert columns(Launch) == tuple(row)
    assert ("a[b=c] (A/A)", [0, 1], "W ↔ 1\n2", 0.1) == (
        row["variant"],
        row["cpus"],
        row["reason"],
        row["load_seconds"],
    )
    assert row["build_info"] is None


def test_a_row_is_in_the_file_when_append_returns(tmp_path):
    with RunFolder(tmp_path) as rows:
        rows.append(Round(round=1))
        assert [1] == [row["round"] for row in rows_of(tmp_path)]
        rows.append(Round(round=2))
        assert [1, 2] == [row["round"] for row in rows_of(tmp_path)]


def test_a_row_is_synchronised_to_disk_before_append_returns(tmp_path, monkeypatch):
    synchronised = []
    monkeypatch.setattr(
        run_folder.os, "fdatasync", lambda descriptor: synchronised.append(os.fstat(descriptor).st_size)
    )
    append_rounds(tmp_path, 1, 2)

    sizes = [len(line) + 1 for line in (tmp_path / "rounds.jsonl").read_bytes().splitlines()]
    assert [sizes[0], sum(sizes)] == synchronised


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
        rows.append(Outcome(**outcome(BASE, error=math.nan, bound=math.inf)))
    (row,) = read_table(tmp_path, Outcome)

    assert math.isnan(row.error)
    assert math.inf == row.bound


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
def test_a_full_disk_is_an_error_and_loses_only_the_row_that_did_not_fit(tmp_path, monkeypatch, room):
    append_rounds(tmp_path, 1)
    really_open = RunFolder._open
    with RunFolder(tmp_path) as rows:
        monkeypatch.setattr(RunFolder, "_open", lambda self, table: FullDisk(really_open(self, table), room))
        with pytest.raises(ResultsUnusable) as raised:
            rows.append(Round(round=2))
        monkeypatch.undo()  # somebody made room
        rows.append(Round(round=3))

    assert f"{tmp_path / 'rounds.jsonl'}: cannot be written:" in str(raised.value)
    assert f"paragone bench --resume {tmp_path.name}" in str(raised.value)
    assert [1, 3] == [row["round"] for row in rows_of(tmp_path)]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_the_error_quotes_the_system_message_for_a_full_disk(tmp_path, monkeypatch):
    # Never read: /dev/full gives zeros without end.
    full = Path("/dev/full").open("ab", buffering=0)  # noqa: SIM115 -- closed by the folder
    monkeypatch.setattr(RunFolder, "_open", lambda self, table: full)
    with RunFolder(tmp_path) as rows, pytest.raises(ResultsUnusable, match=os.strerror(errno.ENOSPC)):
        rows.append(Round(round=1))


def test_a_second_writer_is_refused_until_the_first_lets_go(tmp_path):
    with RunFolder(tmp_path):
        with pytest.raises(ResultsUnusable, match="another paragone is writing to this run"):
            RunFolder(tmp_path)
        read_rows(tmp_path / "rounds.jsonl")  # readers need no lock
    RunFolder(tmp_path).close()


def test_a_file_system_without_locks_is_not_taken_for_another_writer(tmp_path, monkeypatch):
    def refuse(file, operation):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(run_folder.fcntl, "flock", refuse)
    with pytest.raises(ResultsUnusable, match="cannot lock files: No locks available"):
        RunFolder(tmp_path)


def test_half_a_character_is_kept_in_a_form_that_is_read_back(tmp_path):
    """A path or a variable need not be UTF-8; what a run could not be read back with is not written."""
    write_json(tmp_path / "environment.json", {"inherited": ["a\udcffb", "µ", "\U0001f600"], "\udcff": math.inf})
    with RunFolder(tmp_path) as rows:
        rows.append(Outcome(**{**outcome(BASE), "reason": "a\udcffb"}))

    assert read_json(tmp_path / "environment.json") == {"inherited": ["a?b", "µ", "\U0001f600"], "?": math.inf}
    assert read_rows(tmp_path / "outcomes.jsonl")[0]["reason"] == "a?b"


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ResultsUnusable, match=r"file/run: cannot be written: Not a directory"):
        RunFolder(tmp_path / "file" / "run")


def test_json_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "finished.json"
    write_json(path, {"finished": False})

    def torn(descriptor):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(run_folder.os, "fsync", torn)
    with pytest.raises(OSError, match="Input/output error"):
        write_json(path, {"finished": True})
    assert {"finished": False} == read_json(path)


@pytest.mark.parametrize("name", ["lock", "rounds.jsonl"])
def test_a_run_is_not_written_through_a_link_or_into_a_pipe(tmp_path, name):
    (tmp_path / "run").mkdir()
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "run" / name).symlink_to(tmp_path / "mine")
    with pytest.raises(ResultsUnusable, match="cannot be written"):
        append_rounds(tmp_path / "run", 1)
    (tmp_path / "run" / name).unlink()
    os.mkfifo(tmp_path / "run" / name)
    with pytest.raises(ResultsUnusable, match="cannot be written"):
        append_rounds(tmp_path / "run", 1)

    assert (tmp_path / "mine").read_text() == "mine"


def test_of_rows_written_as_one_a_full_disk_leaves_none(tmp_path, monkeypatch):
    append_rounds(tmp_path, 1)
    really_open = RunFolder._open
    with RunFolder(tmp_path) as rows:
        monkeypatch.setattr(RunFolder, "_open", lambda self, table: FullDisk(really_open(self, table), 150))
        with pytest.raises(ResultsUnusable):
            rows.append(Round(round=2), Round(round=3))
    assert [1] == [row["round"] for row in rows_of(tmp_path)]
