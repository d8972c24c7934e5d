"""A file of a run that somebody deletes, replaces or writes to while the run is measured: the next row tells."""

import os
import re
import shutil

import pytest

from paragone.errors import ResultsUnusable
from paragone.store.records import Finished, Limit, Round
from paragone.store.run_folder import RunFolder


@pytest.fixture
def folder(tmp_path):
    """A run with a plan, an environment, and two tables of an earlier session."""
    folder = tmp_path / "2026-01-01T000000Z"
    folder.mkdir()
    for name in ("plan.json", "environment.json", "sources.json"):
        (folder / name).write_text("{}\n")
    (folder / "outcomes.jsonl").write_text('{"an": "outcome"}\n')
    (folder / "samples.jsonl").write_text('{"a": "sample"}\n')
    return folder


def delete(path):
    path.unlink()


def replace(path):
    """Write the same content into another file, as an editor or `git checkout` does."""
    content = path.read_bytes()
    path.rename(path.with_name("old"))
    path.write_bytes(content)


def cut(path):
    os.truncate(path, 1)


def append(path):
    with path.open("ab") as file:
        file.write(b"{}\n")


def edit(path):
    """Another text of the same length."""
    path.write_bytes(path.read_bytes()[::-1])
    os.utime(path, (1, 1))


def link(path):
    path.rename(path.with_name("old"))
    path.symlink_to("old")


TABLES = ("rounds.jsonl", "outcomes.jsonl", "samples.jsonl")
JSON = ("plan.json", "environment.json", "sources.json")
CHANGES = [
    *((name, change, words) for name in (*TABLES, *JSON) for change, words in ((delete, "deleted"), (cut, "cut to 1"))),
    *((name, change, "replaced") for name in (*TABLES, *JSON) for change in (replace, link)),
    *((name, append, "was written to") for name in (*TABLES, *JSON)),
    *((name, edit, "was written to") for name in JSON),
    ("lock", delete, "deleted"),
    ("lock", replace, "replaced"),
]


@pytest.mark.parametrize(("name", "change", "words"), CHANGES, ids=lambda value: getattr(value, "__name__", value))
def test_a_change_by_somebody_else_stops_the_run_at_the_next_row(folder, name, change, words):
    with RunFolder(folder) as rows:
        rows.append(Round(round=1))
        change(folder / name)
        for write in (lambda: rows.append(Round(round=2)), lambda: rows.end(Finished(finished=True))):
            with pytest.raises(ResultsUnusable) as told:
                write()
            assert re.search(
                rf"another program changed the run while it was measured: {name} .*{words}", str(told.value)
            )
            assert f"paragone bench --resume {folder.name}" in str(told.value)
    assert not (folder / "finished.json").exists()


def test_a_deleted_table_is_told_with_what_is_lost(folder):
    with RunFolder(folder) as rows:
        rows.append(Round(round=1))
        size = (folder / "rounds.jsonl").stat().st_size
        (folder / "rounds.jsonl").unlink()
        with pytest.raises(ResultsUnusable, match=f"rounds.jsonl was deleted, and its {size} bytes are lost"):
            rows.append(Round(round=2))
    assert not (folder / "rounds.jsonl").exists(), "no new table pretends to be whole"


@pytest.mark.parametrize("change", [shutil.rmtree, lambda folder: folder.rename(folder.with_name("moved"))])
def test_of_a_folder_that_is_gone_nothing_is_said_to_be_kept(folder, change):
    with RunFolder(folder) as rows:
        rows.append(Round(round=1))
        change(folder)
        with pytest.raises(ResultsUnusable) as told:
            rows.append(Round(round=2))
    assert "was deleted or moved while it was measured. If it was deleted, all of the run is lost" in str(told.value)
    assert "kept" not in str(told.value)


def test_a_folder_moved_elsewhere_with_a_link_in_its_place_is_the_same_folder(folder, tmp_path):
    """As somebody does whose disk is nearly full."""
    with RunFolder(folder) as rows:
        rows.append(Round(round=1))
        folder.rename(tmp_path / "moved")
        folder.symlink_to(tmp_path / "moved")
        rows.append(Round(round=2))

    assert (tmp_path / "moved" / "rounds.jsonl").read_text().count("\n") == 2


def test_what_the_harness_writes_itself_is_no_change(folder):
    """Of an earlier session a torn line is cut off; reports and notes of the user are no files of the run."""
    (folder / "rounds.jsonl").write_bytes(b'{"torn')
    with RunFolder(folder) as rows:
        for number in range(3):
            rows.append(Round(round=number))
            rows.append(Limit(problem="a", dtype="float32", threads=1, launch=number, what="read", per_second=1.0))
            (folder / "notes.txt").write_text(str(number))
        rows.end(Finished(finished=True))
    with RunFolder(folder) as rows:
        rows.append(Round(round=4))


def test_the_end_of_a_run_deletes_the_report_of_an_earlier_end(folder):
    (folder / "report.md").write_text("interrupted")
    with RunFolder(folder) as rows:
        rows.end(Finished(finished=True))

    assert not (folder / "report.md").exists()
