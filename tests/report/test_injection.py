"""Names and reasons from outside: they end in no other folder, and are text wherever they are shown."""

import csv
import io
import re
import sys
from dataclasses import replace
from functools import cache
from xml.etree import ElementTree

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_run import BASE, CONTROL, launch_row, made_up_run, outcome, with_environment, with_unchecked_plan
from msgspec import structs

from paragone.analyse.results import Results
from paragone.cli.app import PlainConsole
from paragone.cli.display import TerminalDisplay
from paragone.comparison.across_time import compare
from paragone.files.printable import is_printable
from paragone.implementation.declaration import declaration_fault
from paragone.implementation.registry import IMPLEMENTATIONS, Unusable, read_folder
from paragone.report import write
from paragone.report.figures.catalogue import file_name, run_figures
from paragone.report.figures.drawing import Drawing
from paragone.report.page.build import page
from paragone.report.terminal.run import print_summary
from paragone.report.text import markdown
from paragone.report.text.comparison import comparison_report
from paragone.report.text.machines import joined_summaries, machines_report
from paragone.report.text.markdown import table
from paragone.report.text.run_report import report_sections, run_report
from paragone.report.text.safe_csv import safe_csv as csv_of
from paragone.store.records import Outcome

EVIL = "<script>alert(1)</script>"
# No lone surrogate: read_run refuses it, and a frame cannot hold it where pyarrow is installed.
TEXTS = (
    EVIL,
    "![x](http://evil.example/x.png)",
    "[click](javascript:alert(1))",
    "a | b | c",
    "`code` ``more``",
    "one\n\n# two\n- three",
    "\x1b[2J\x1b]0;title\x07\x9b31m",
    "=cmd|' /C calc'!A0",
    "\u202egnp.exe",
    "$\\frac{$",
    "```\n```sh\nrm -rf ~",
    "../../etc/passwd",
    "x" * 10_000,
)
OTHER = "numpy_tuned[dtype=float32]"


def run_that_says(folder, text):
    """Return a run in which all that others may name or say is this text."""
    times = {(name, 10): [[1e-5] * 3] * 3 for name in (BASE, CONTROL, OTHER)}
    failed = outcome(OTHER, "failed", 1000, reason=text)
    launches = [
        launch_row(name, launch, build_info={text: text}) for name in (BASE, CONTROL, OTHER) for launch in range(3)
    ]
    run = made_up_run(folder, times, outcomes=[*(outcome(name) for name in (BASE, CONTROL, OTHER)), failed])
    run = replace(run, launches=made_up_run(folder, times, launches=launches).launches)
    texts = dict.fromkeys(("language", "layout", "source", "idea"), text)
    run = with_unchecked_plan(
        run,
        variants=[structs.replace(entry, **texts) for entry in run.plan.variants],
        unusable=[Unusable(text, text)],
        command=text,
        data=structs.replace(run.plan.data, name=text, origin=text, sha256=text),
    )
    inherited = [{"name": text, "value": text, "treatment": text}]
    return with_environment(run, warnings=[text], packages={text: text}, machine={"cpu": text}, inherited=inherited)


def with_problem_called(run, name):
    """Return the run with its problem under another name."""
    run = with_unchecked_plan(
        run,
        problems={name: replace(run.plan.problems["nielsen"], name=name)},
        cells=[structs.replace(cell, problem=name) for cell in run.plan.cells],
    )
    tables = ("samples", "launches", "rounds", "outcomes", "memory", "accuracy", "limits")
    return replace(run, **{table: getattr(run, table).assign(problem=name) for table in tables})


def markdown_of(run):
    return run_report(Results(run), [], [])


@cache
def plain_markdown():
    return markdown_of(with_problem_called(run_that_says(None, "harmless"), "harmless"))


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_text_from_outside_is_text_in_the_report(text):
    written = markdown_of(with_problem_called(run_that_says(None, text), text))
    plain = plain_markdown()
    outside_code = re.sub(r"(?ms)^(`{3,})sh$.*?^\1$", "", written)
    outside_code = re.sub(r"(`+).*?(?<!`)\1(?!`)", "", outside_code)

    written.encode()
    assert is_printable(written.replace("\n", ""))
    assert written.count("\n") == plain.count("\n"), "no line is added and none is lost"
    assert "<script" not in outside_code.lower()
    assert re.findall(r"(?<!\\)\[(?:click|x)(?<!\\)\]", outside_code) == []
    for line in written.splitlines():
        if line.startswith("|"):
            assert len(re.findall(r"(?<!\\)\|", line)) in {len(re.findall(r"(?<!\\)\|", p)) for p in plain.splitlines()}
    assert [line for line in written.splitlines() if line.startswith("#")] == [
        line if "harmless" not in line else line.replace("`harmless`", markdown.code(text)) for line in _headings(plain)
    ]


@cache
def side_by_side_of(said):
    run = with_problem_called(run_that_says(None, said), said)
    run = with_unchecked_plan(run, run=said)
    drawn = [Drawing("machines-1", f"Throughput, `{said}`.", lambda form: b"")]
    of_machines = machines_report([run, run], joined_summaries([run, run]), drawn, [said])
    return of_machines + comparison_report([compare(Results(run), Results(run))], 0.05)


@pytest.mark.parametrize("text", ["".join(TEXTS[:5]), TEXTS[5], "```\n```sh\nrm -rf ~"], ids=range(3))
def test_text_from_outside_is_text_in_the_report_of_several_machines(text):
    found, plain = side_by_side_of(text), side_by_side_of("harmless")

    assert is_printable(found.replace("\n", ""))
    assert found.count("\n") == plain.count("\n"), "no line is added and none is lost"
    outside_code = re.sub(r"(?ms)^(`{3,})sh$.*?^\1$", "", found)
    outside_code = re.sub(r"(?<!\\)(`+).*?(?<!`)\1(?!`)", "", outside_code)
    assert "<script" not in outside_code.lower()
    assert re.findall(r"(?<!\\)\[(?:click|x)(?<!\\)\]", outside_code) == []
    assert len(_headings(found)) == len(_headings(plain))


@pytest.mark.parametrize("name", ["../../x", "/etc/x", "..", "a/b", "\x1b[2J"])
def test_runs_joined_stay_in_the_folder_of_results_whatever_a_run_is_called(tmp_path, name):
    run = run_that_says(tmp_path, "x")
    folder = write.folder_of_several([with_unchecked_plan(run, run=name), run], "joined")

    assert re.fullmatch(r"[\w-]+", folder)


def _headings(text):
    return [line for line in text.splitlines() if line.startswith("#")]


@given(st.text(st.characters(), max_size=40))
def test_any_text_fills_one_cell_of_a_table(text):
    for made_safe in (markdown.escaped(text), markdown.code(text)):
        lines = table(["a", "b"], [[made_safe, "c"]]).splitlines()

        assert len(lines) == 3
        assert len(re.findall(r"(?<!\\)\|", lines[2].replace("\\\\", ""))) == 3
        assert made_safe.isprintable()


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_no_control_character_reaches_the_terminal(text):
    printed = io.StringIO()
    console = PlainConsole(file=printed, width=120)
    display = TerminalDisplay(console)
    display.say(text)
    run = run_that_says(None, text)
    display.show_plan(run.plan, [msgspec.convert(outcome(OTHER, "failed", 10, reason=text), Outcome)])
    print_summary(Results(with_problem_called(run, text)), console)

    printed.getvalue().encode()
    assert is_printable(printed.getvalue().replace("\n", ""))


@pytest.mark.parametrize("text", [EVIL, *(text for text in TEXTS if not is_printable(text))], ids=ascii)
def test_every_character_of_the_page_prints(text):
    results = Results(run_that_says(None, text))
    written = page(results, report_sections(results, [], []), [])

    assert is_printable(written.replace("\n", "").replace("\t", ""))


def test_what_rich_itself_controls_the_terminal_with_still_passes():
    printed = io.StringIO()
    with TerminalDisplay(PlainConsole(file=printed, force_terminal=True, width=80)).progress("title", 1) as advance:
        advance("\x1b[2Jname", 1)

    assert "\x1b[" in printed.getvalue()
    assert "\x1b[2J" not in printed.getvalue()


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1"])
def test_no_text_of_the_summary_is_a_formula(tmp_path, text):
    frame = Results(run_that_says(tmp_path, text)).summary
    rows = list(csv.DictReader(io.StringIO(csv_of(frame))))

    assert {row["language"] for row in rows} == {f"'{text.strip()}"}
    assert {row["threads"] for row in rows} == {"1"}


def test_numbers_of_the_summary_keep_their_signs(tmp_path):
    frame = Results(run_that_says(tmp_path, "x")).summary.assign(margin=-0.5)

    assert {row["margin"] for row in csv.DictReader(io.StringIO(csv_of(frame)))} == {"-0.5"}


NAMES = (EVIL, "$\\frac{$", "\N{CJK UNIFIED IDEOGRAPH-6570}", "x" * 1000, "../../x", ".", "-rf", "&amp;")


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_figures_of_a_problem_of_any_name_stay_in_their_folder(tmp_path, name, without_contents, monkeypatch):
    monkeypatch.setattr(write, "page", lambda *_: "")
    (tmp_path / "run").mkdir()
    run = with_problem_called(run_that_says(tmp_path / "run", "harmless"), name)
    write.write_report(Results(run))

    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    written = {path.name for path in (tmp_path / "run").iterdir()}
    assert written == {"figures", "summary.csv", "report.md", "report.html"}
    assert list((tmp_path / "run" / "figures").glob("*.svg"))


@pytest.mark.parametrize("name", NAMES[:4], ids=range(4))
def test_figures_of_a_problem_of_any_name_hold_nothing_but_shapes(name):
    drawings, _ = run_figures(Results(with_problem_called(run_that_says(None, "harmless"), name)))

    assert drawings
    for drawing in drawings:
        tags = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(drawing.svg).iter()}
        assert {"script", "foreignObject", "image"} & tags == set()


@given(st.text(max_size=300))
def test_the_name_of_a_problem_becomes_a_plain_short_file_name(name):
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,90}", file_name(name)) or name == ""


def test_long_names_that_begin_alike_have_files_of_their_own():
    assert file_name("x" * 300) != file_name("x" * 301)


def test_a_folder_of_figures_that_is_a_link_is_left_alone(tmp_path, without_contents):
    (tmp_path / "run").mkdir()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "holiday.png").write_text("mine")
    (tmp_path / "run" / "figures").symlink_to(tmp_path / "mine")

    with pytest.raises(write.ResultsUnusable, match="figures is a link to another folder: remove it"):
        write.write_report(Results(run_that_says(tmp_path / "run", "x")))
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["holiday.png"]


def test_a_report_is_not_written_through_a_link(tmp_path, without_contents):
    (tmp_path / "run").mkdir()
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "run" / "report.md").symlink_to(tmp_path / "mine")
    write.write_report(Results(run_that_says(tmp_path / "run", "x")))

    assert (tmp_path / "mine").read_text() == "mine"


# --- names that implementations declare ---

EVIL_NAMES = (
    "../x",
    "/etc/x",
    "a\0b",
    "a\nb",
    "x" * 10_000,
    ".",
    "..",
    "",
    " ",
    "___",
    EVIL,
    "a b",
    "-x",
    "\x1b[2J",
    "=x",
)


def declared(folder, **texts):
    """Return the fault of an implementation that declares these texts."""
    (implementation,) = read_folder(IMPLEMENTATIONS / "numpy_rows")
    return declaration_fault(type("Renamed", (implementation,), texts), IMPLEMENTATIONS / "numpy_rows")


@pytest.mark.parametrize("name", EVIL_NAMES, ids=range(len(EVIL_NAMES)))
def test_an_implementation_with_a_hostile_name_is_refused_in_one_line(name, tmp_path):
    fault = declared(tmp_path, name=name)

    assert fault.startswith("name: expected")
    assert len(fault) < 250
    assert fault.isprintable()


@pytest.mark.parametrize("value", ["a b", "a,b", "[", "x" * 10_000, "\x1b", ""], ids=range(6))
def test_an_axis_with_a_hostile_value_is_refused_in_one_line(value, tmp_path):
    fault = declared(tmp_path, axes={"dtype": ("float32",), "flags": (value,)})

    assert fault.startswith("axes: ")
    assert len(fault) < 250


def test_a_plugin_in_a_folder_with_dots_in_its_name_is_found(tmp_path):
    own = IMPLEMENTATIONS / "numpy_rows"
    folder = tmp_path / "my.plugin v1.0"
    folder.mkdir()
    for path in own.iterdir():
        if path.is_file():
            (folder / path.name).write_bytes(path.read_bytes())

    assert read_folder(folder)
    assert not any("my.plugin" in name for name in sys.modules)
