"""Reading a run back: a folder that anybody may have filled is read, or refused in a sentence with the place."""

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
from paragone.comparison.across_time import compare
from paragone.errors import Incomparable, ResultsUnusable
from paragone.files import json_lines
from paragone.files.atomic import write_json
from paragone.files.json_lines import read_json
from paragone.machine.environment_record import Environment, Machine
from paragone.report.export.pytest_benchmark import pytest_benchmark_json
from paragone.report.terminal.run import print_summary
from paragone.report.text.comparison import comparison_report
from paragone.report.text.run_report import run_report
from paragone.store.plan_records import Plan
from paragone.store.reader import read_run, read_sources
from paragone.store.records import TABLES, Finished, Round, Source, columns
from paragone.store.run_folder import RunFolder
from paragone.store.runs import new_run_folder
from paragone.task.families import decode

FUZZ_EXAMPLES = int(os.environ.get("PARAGONE_FUZZ_EXAMPLES", "15"))  # a summary takes a tenth of a second
PLAN = msgspec.convert(stored_plan(), Plan, dec_hook=decode)
NOW = datetime(2025, 3, 4, 5, 6, 7, tzinfo=UTC)


def append_rounds(folder: Path, *rounds: int) -> None:
    with RunFolder(folder) as rows:
        for round_ in rounds:
            rows.append(Round(problem="nielsen", round=round_))


def test_a_run_without_a_row_has_every_table_with_all_its_columns(tmp_path):
    run = read_run(new_run_folder(tmp_path, NOW, PLAN, Environment(machine=Machine(cpu="x"))))

    for table, record in TABLES.items():
        assert (0, columns(record)) == (len(getattr(run, table)), tuple(getattr(run, table).columns))
    assert run.finished is None
    assert Environment(machine=Machine(cpu="x")) == run.environment


def test_a_run_is_read_with_its_rows_and_its_ending(tmp_path):
    folder = new_run_folder(tmp_path, NOW, PLAN, Environment())
    append_rounds(folder, 4, 5)
    write_json(folder / "finished.json", {"finished": True})
    run = read_run(folder)

    assert [4, 5] == run.rounds["round"].tolist()
    assert run.rounds["elapsed_s"].isna().all()
    assert Finished(finished=True) == run.finished


def test_columns_that_a_later_version_added_are_left_out(tmp_path):
    folder = new_run_folder(tmp_path, NOW, PLAN, Environment())
    (folder / "rounds.jsonl").write_text(json.dumps({"round": 1, "temperature": 50}) + "\n")

    assert columns(Round) == tuple(read_run(folder).rounds.columns)


@pytest.mark.parametrize(
    ("content", "expected"),
    [("{", "not JSON"), ("[1]", "expected a JSON object, got list"), ("[" * 100_000, "not JSON"), ("\xff", "not JSON")],
    ids=["torn", "a list", "deep", "not UTF-8"],
)
def test_a_damaged_plan_is_named(tmp_path, content, expected):
    folder = new_run_folder(tmp_path, NOW, PLAN, Environment())
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
    results = Results(read_run(folder))
    run_report(results, [], []).encode()
    print_summary(results, Console(file=io.StringIO(), width=120))
    json.dumps(pytest_benchmark_json(results), allow_nan=False)
    with suppress(Incomparable):
        comparison_report([compare(results, results, anyway=True)], 0.05).encode()


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
        ("plan", lambda plan: {**plan, "method_version": 4}, "method_version: expected one of 1, 2, 3, all that"),
        ("plan", lambda plan: {**plan, "method_version": 0}, "method_version: expected one of 1, 2, 3, all that"),
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
def test_a_value_of_the_wrong_type_is_named_with_its_place(tmp_path, stem, change, expected):
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


@pytest.mark.parametrize("block_bytes", [1, 100, 500, 1 << 20])
def test_a_table_is_read_alike_in_blocks_of_any_size_and_a_torn_line_is_dropped(tmp_path, monkeypatch, block_bytes):
    monkeypatch.setattr(json_lines, "BLOCK_BYTES", block_bytes)
    folder = filled(tmp_path)
    with (folder / "samples.jsonl").open("a") as file:
        file.write(json.dumps(sample(BASE, 10, 3, 0, 1e-5))[:-5])

    assert read_run(folder).samples["round"].tolist() == [row["round"] for row in SAMPLES]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", "line 3: not a row"),
        ("{} {}", "line 3: not a row: Extra data"),
        ('{"digest": "\\ud800"}', "line 3: not a row: 'utf-8' codec can't encode"),
        ('{"n_steps": 1', "line 3: not a row"),
        ("[1]", "line 3: not a row: expected an object, got list"),
        (json.dumps({**SAMPLES[0], "elapsed_ns": 0, "round": 9}), "line 3: Expected `int` >= 1 - at `$.elapsed_ns`"),
        (json.dumps({**SAMPLES[0], "variant": "a\x1b", "round": 9}), "line 3: variant: expected a text of characters"),
    ],
    ids=["empty", "two objects", "half a character", "torn", "a list", "a wrong value", "a name that does not print"],
)
def test_a_faulty_line_among_sound_ones_is_named_by_its_number(tmp_path, line, expected):
    folder = filled(tmp_path)
    lines = (folder / "samples.jsonl").read_text().splitlines()
    (folder / "samples.jsonl").write_text("\n".join([*lines[:2], line, *lines[2:]]) + "\n")

    with pytest.raises(ResultsUnusable, match=re.escape(f"samples.jsonl, {expected}")):
        read_run(folder)


def test_a_row_with_a_name_of_before_is_read_among_rows_of_today(tmp_path):
    old = {("batch_size" if name == "size" else name): value for name, value in SAMPLES[0].items()}

    assert read_run(filled(tmp_path, samples=lambda rows: [old, *rows[1:]])).samples["size"].tolist() == [10] * 8


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
def test_a_path_that_is_not_a_file_is_refused_without_reading_it(tmp_path, name, kind):
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


def test_the_sources_that_a_run_kept_are_read_back(tmp_path):
    kept = {"a": {"hash": "1", "files": {"a/b.py": "é\n"}, "left_out": {"c": "why"}}}
    folder = new_run_folder(tmp_path, NOW, PLAN, Environment(), sources=msgspec.convert(kept, dict[str, Source]))

    assert msgspec.to_builtins(read_sources(folder)) == {"a": {**kept["a"], "maths": ()}}
    assert {"plan.json", "environment.json", "sources.json"} == {path.name for path in folder.iterdir()}


def test_a_run_made_before_sources_were_kept_has_none(tmp_path):
    assert {} == read_sources(new_run_folder(tmp_path, NOW, PLAN, Environment()))


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
