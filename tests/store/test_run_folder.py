"""A run's folder: whatever happens while it is written, what was measured before can be read."""

import errno
import io
import json
import math
import os
import re
import tempfile
import tracemalloc
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_run import (
    BASE,
    CONTROL,
    ENVIRONMENT,
    cell,
    launch_row,
    memory_row,
    outcome,
    rejection,
    sample,
    stored_plan,
    variant,
)
from rich.console import Console

from paragone.analyse.results import Results
from paragone.compare.across_time import compare
from paragone.errors import Incomparable, ResultsUnusable
from paragone.files import json_lines
from paragone.report.terminal.run import print_summary
from paragone.report.text.comparison import markdown
from paragone.report.text.markdown import report
from paragone.report.text.pytest_benchmark import pytest_benchmark_json
from paragone.store import run_folder
from paragone.store.plan_records import Plan
from paragone.store.records import TABLES, Finished, Launch, Outcome, Round, Source, columns
from paragone.store.run_folder import RunFolder, read_json, read_rows, read_run, read_sources, read_table, write_json
from paragone.store.runs import new_run_folder

FUZZ_EXAMPLES = int(os.environ.get("PARAGONE_FUZZ_EXAMPLES", "15"))  # a summary takes a tenth of a second
PLAN = msgspec.convert(stored_plan(), Plan)
NOW = datetime(2025, 3, 4, 5, 6, 7, tzinfo=UTC)
ROW = {"problem": "nielsen", "variant": "numpy_rows[dtype=float32]", "threads": 1, "elapsed_s": 0.25}


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

    assert columns(Launch) == list(row)
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
def test_a_full_disk_is_told_and_costs_only_the_row_that_did_not_fit(tmp_path, monkeypatch, room):
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
def test_what_the_system_says_of_a_full_disk_is_passed_on(tmp_path, monkeypatch):
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


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
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


def test_a_run_without_a_row_has_every_table_with_all_its_columns(tmp_path):
    run = read_run(new_run_folder(tmp_path, NOW, PLAN, {"machine": {"cpu": "x"}}))

    for table, record in TABLES.items():
        assert (0, columns(record)) == (len(getattr(run, table)), list(getattr(run, table).columns))
    assert run.finished is None
    assert {"machine": {"cpu": "x"}} == run.environment


def test_a_run_is_read_with_its_rows_and_its_ending(tmp_path):
    folder = new_run_folder(tmp_path, NOW, PLAN, {})
    append_rounds(folder, 4, 5)
    write_json(folder / "finished.json", {"finished": True})
    run = read_run(folder)

    assert [4, 5] == run.rounds["round"].tolist()
    assert run.rounds["elapsed_s"].isna().all()
    assert Finished(finished=True) == run.finished


def test_columns_that_a_later_version_added_are_left_out(tmp_path):
    folder = new_run_folder(tmp_path, NOW, PLAN, {})
    (folder / "rounds.jsonl").write_text(json.dumps({"round": 1, "temperature": 50}) + "\n")

    assert columns(Round) == list(read_run(folder).rounds.columns)


@pytest.mark.parametrize(
    ("content", "expected"),
    [("{", "not JSON"), ("[1]", "expected a JSON object, got list"), ("[" * 100_000, "not JSON"), ("\xff", "not JSON")],
    ids=["torn", "a list", "deep", "not UTF-8"],
)
def test_a_damaged_plan_is_named(tmp_path, content, expected):
    folder = new_run_folder(tmp_path, NOW, PLAN, {})
    (folder / "plan.json").write_bytes(content.encode("latin-1"))

    with pytest.raises(ResultsUnusable) as raised:
        read_run(folder)
    assert f"{folder / 'plan.json'}: {expected}" in str(raised.value)


def test_a_plan_that_is_a_folder_is_named(tmp_path):
    (tmp_path / "plan.json").mkdir()
    with pytest.raises(ResultsUnusable, match=r"plan\.json: cannot be read: Is a directory"):
        read_json(tmp_path / "plan.json")


# --- a folder that anybody may have filled ---

CELLS = [cell(name, 10) for name in (BASE, CONTROL)]
SAMPLES = [sample(name, 10, launch, round_, 1e-5) for name in (BASE, CONTROL) for launch in (0, 1) for round_ in (0, 1)]
OUTCOMES = [outcome(BASE), outcome(CONTROL), rejection(BASE, 10, 1), outcome(BASE, "failed", 100, reason="wrong")]
LIMITS = [
    {"problem": "nielsen", "dtype": "float32", "threads": 1, "launch": 0, "what": what, "per_second": 1e9}
    for what in ("gemm", "read")
]


def filled(folder, **changes):
    """Return the folder of a small run; `changes` maps the stem of a file to what is done to its content."""
    contents = {
        "plan.json": stored_plan(run="a-run", cells=CELLS, variants=[variant(BASE), variant(CONTROL)]),
        "environment.json": json.loads(json.dumps(ENVIRONMENT)),
        "finished.json": {"finished": True, "elapsed_s": 1.0},
        "samples.jsonl": SAMPLES,
        "launches.jsonl": [launch_row(BASE, 0, build_info={"compiler": "gcc"}), launch_row(CONTROL, 0)],
        "rounds.jsonl": [{"problem": "nielsen", "threads": 1, "round": 0, "elapsed_s": 1.0}],
        "outcomes.jsonl": OUTCOMES,
        "limits.jsonl": LIMITS,
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        stem = name.partition(".")[0]
        content = changes[stem](json.loads(json.dumps(content))) if stem in changes else content
        rows = content if name.endswith("l") else [content]
        (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def summed_up(folder):
    """Do all that a report does with the numbers of a run."""
    run = read_run(folder)
    summary = Results(run).summary
    report(run, summary, [], []).encode()
    print_summary(Results(run), Console(file=io.StringIO(), width=120))
    json.dumps(pytest_benchmark_json(Results(run)), allow_nan=False)
    with suppress(Incomparable):
        markdown([compare(Results(run), Results(run), anyway=True)], 0.05).encode()


EVIL = st.sampled_from(
    [
        *(None, True, 0, -1, 2**63, 10**400, 1.5, math.nan, math.inf, 1e308, "", "x", "\x1b[2J", "\ud800", "../x"),
        *("=cmd()", "x" * 3000, [], {}, [[]], {"a": {}}, [None], ["x"], "failed", "rejected", "float32", BASE),
    ]
)


def locations_in(content, path=()):
    """Yield the place of every value within a value."""
    for key, inner in content.items() if isinstance(content, dict) else enumerate(content):
        yield (*path, key)
        if isinstance(inner, dict | list):
            yield from locations_in(inner, (*path, key))


@settings(max_examples=FUZZ_EXAMPLES, deadline=None)
@given(st.data())
def test_a_run_changed_anywhere_is_summed_up_or_refused_in_a_sentence(data):
    def change(content):
        path = data.draw(st.sampled_from(list(locations_in(content))))
        inner = content
        for key in path[:-1]:
            inner = inner[key]
        if data.draw(st.booleans()) and isinstance(inner, dict):
            del inner[path[-1]]
        else:
            inner[path[-1]] = data.draw(EVIL)
        return content

    stems = "plan environment finished samples launches rounds outcomes limits".split()
    chosen = data.draw(st.lists(st.sampled_from(stems), min_size=1, max_size=2, unique=True))
    with tempfile.TemporaryDirectory() as folder:
        filled(Path(folder), **dict.fromkeys(chosen, change))
        try:
            summed_up(Path(folder))
        except ResultsUnusable as error:
            said = str(error)
        else:
            said = folder
    assert said.startswith(folder)
    assert len(said) < len(folder) + 400


def test_the_run_that_is_changed_is_read_as_it_is(tmp_path):
    summed_up(filled(tmp_path))


@pytest.mark.parametrize(
    ("stem", "change", "expected"),
    [
        ("plan", lambda plan: {**plan, "method_version": 3}, "method_version: expected 1 or 2"),
        ("plan", lambda plan: {**plan, "method_version": 0}, "method_version: expected 1 or 2"),
        ("plan", lambda plan: {**plan, "rounds": 2**62}, "Expected `int` <= 10000 - at `$.rounds`"),
        ("plan", lambda plan: {**plan, "created": "yesterday"}, "created: expected a time such as"),
        (
            "plan",
            lambda plan: {**plan, "cells": [{**CELLS[0], "threads": 0}]},
            "Expected `int` >= 1 - at `$.cells[0].threads`",
        ),
        ("samples", lambda rows: [{**rows[0], "elapsed_ns": 0}], "line 1: Expected `int` >= 1 - at `$.elapsed_ns`"),
        (
            "samples",
            lambda rows: [rows[0], {**rows[0], "n_steps": math.nan}],
            "line 2: Expected `int`, got `float` - at `$.n_steps`",
        ),
        ("samples", lambda rows: [{**rows[0], "problem": "other"}], "line 1: problem: expected a problem of the plan"),
        (
            "samples",
            lambda rows: [{**rows[0], "kind": "x" * 9999}],
            "line 1: Invalid enum value 'xxx",
        ),
        ("limits", lambda rows: [{**rows[0], "per_second": 0}], "line 1: Expected `float` > 0.0 - at `$.per_second`"),
        (
            "environment",
            lambda about: {**about, "warnings": [10**400]},
            "Expected `str`, got `int` - at `$.warnings[0]`",
        ),
        ("finished", lambda _: {"finished": "yes"}, "Expected `bool`, got `str` - at `$.finished`"),
        (
            "plan",
            lambda plan: {**plan, "request": {"plugins": [1]}},
            "Expected `str`, got `int` - at `$.request.plugins[0]`",
        ),
        ("plan", lambda plan: {**plan, "request": {"seed": "1"}}, "Expected `int`, got `str` - at `$.request.seed`"),
        (
            "plan",
            lambda plan: {**plan, "request": {"only": [["a"]]}},
            "Expected `array` of length 4, got 1 - at `$.request.only[0]`",
        ),
        (
            "plan",
            lambda plan: {**plan, "cells": [{**CELLS[0], "evaluates": 1}]},
            "Expected `bool`, got `int` - at `$.cells[0].evaluates`",
        ),
        (
            "plan",
            lambda plan: {**plan, "cells": CELLS + CELLS[:1]},
            "cells[2]: expected another than those before",
        ),
        (
            "plan",
            lambda plan: {**plan, "variants": [variant(BASE)] * 2},
            "variants[1]: expected another than those before",
        ),
        ("plan", lambda plan: {**plan, "live": {"a": "HEAD"}}, "Expected `object`, got `str` - at `$.live.a`"),
    ],
    ids=range(19),
)
def test_what_is_not_of_its_kind_is_named_with_its_place(tmp_path, stem, change, expected):
    with pytest.raises(ResultsUnusable) as raised:
        read_run(filled(tmp_path, **{stem: change}))
    assert str(raised.value).startswith(f"{tmp_path / stem}.json")
    assert expected in str(raised.value)


@pytest.mark.parametrize("table", ["samples", "memory"])
def test_a_row_that_is_there_twice_is_refused_by_both_lines(tmp_path, table):
    """Of two copies of a table put together every number would count twice."""
    rows = {"samples": SAMPLES, "memory": [memory_row(BASE, 10), memory_row(BASE, 100)]}[table]
    folder = filled(tmp_path)
    (folder / f"{table}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in [*rows, rows[1]]))

    with pytest.raises(ResultsUnusable) as raised:
        read_run(folder)

    said = f"{table}.jsonl, line {len(rows) + 1}: expected a row of its own, got that of line 2 once more"
    assert str(raised.value) == f"{tmp_path}/{said}"


def test_several_warm_ups_of_a_launch_are_rows_of_their_own(tmp_path):
    warm = [sample(BASE, 10, 0, -1, 1e-5, kind="warmup")] * 2
    assert len(read_run(filled(tmp_path, samples=lambda rows: [*warm, *rows])).samples) == 2 + len(SAMPLES)


@pytest.mark.parametrize("called", ["\x1b[2J", "a\nb", "a\0b", "\u202ea", "x" * 10_000], ids=range(5))
def test_a_name_that_does_not_print_or_has_no_end_is_refused(tmp_path, called):
    def renamed(plan):
        return {**plan, "problems": {called: {**plan["problems"]["nielsen"], "name": called}}}

    for changes in ({"plan": renamed}, {"samples": lambda rows: [{**rows[0], "variant": called}]}):
        with pytest.raises(
            ResultsUnusable, match=r"expected a text of characters that print|Expected `str` of length <= 1000"
        ):
            read_run(filled(tmp_path, **changes))


@pytest.mark.parametrize("name", ["plan.json", "environment.json", "finished.json", "samples.jsonl", "outcomes.jsonl"])
@pytest.mark.parametrize("kind", ["a pipe", "a folder", "a device", "an endless file", "a link to itself"])
def test_what_is_no_file_is_refused_at_once_and_in_little_memory(tmp_path, name, kind):
    path = filled(tmp_path) / name
    path.unlink()
    if kind == "a pipe":
        os.mkfifo(path)
    elif kind == "a folder":
        path.mkdir()
    elif kind == "an endless file":
        with path.open("wb") as file:
            file.truncate(2**40)
    else:
        path.symlink_to("/dev/zero" if kind == "a device" else path)

    tracemalloc.start()
    with pytest.raises(ResultsUnusable, match=re.escape(str(path))):
        read_run(tmp_path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2.5 * json_lines.MOST_BYTES


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


def test_the_sources_that_a_run_kept_are_read_back(tmp_path):
    kept = {"a": {"hash": "1", "files": {"a/b.py": "é\n"}, "left_out": {"c": "why"}}}
    folder = new_run_folder(tmp_path, NOW, PLAN, {}, sources=msgspec.convert(kept, dict[str, Source]))

    assert msgspec.to_builtins(read_sources(folder)) == {"a": {**kept["a"], "maths": ()}}
    assert {"plan.json", "environment.json", "sources.json"} == {path.name for path in folder.iterdir()}


def test_a_run_made_before_sources_were_kept_has_none(tmp_path):
    assert {} == read_sources(new_run_folder(tmp_path, NOW, PLAN, {}))


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ({"a": []}, "Expected `object`, got `array`"),
        ({"a": {"hash": 1, "files": {}, "left_out": {}}}, "Expected `str`, got `int` - at `$[...].hash`"),
        ({"a": {"hash": "1", "files": {"x": 1}, "left_out": {}}}, "Expected `str`, got `int` - at `$[...].files[...]`"),
        ({"a": {"hash": "1", "files": {}, "left_out": []}}, "Expected `object`, got `array` - at `$[...].left_out`"),
    ],
)
def test_sources_read_back_are_tables_of_texts_or_their_fault_is_named(tmp_path, content, fault):
    (tmp_path / "sources.json").write_text(json.dumps(content))
    with pytest.raises(ResultsUnusable, match=re.escape(f"sources.json: {fault}")):
        read_sources(tmp_path)


def test_a_kept_file_may_have_any_name_for_nothing_is_written_under_it(tmp_path):
    kept = {"a": {"hash": "1", "maths": [], "files": {"../../x": "text"}, "left_out": {}}}
    (tmp_path / "sources.json").write_text(json.dumps(kept))

    assert msgspec.to_builtins(read_sources(tmp_path)) == {"a": {**kept["a"], "maths": ()}}
