"""The page for a kernel of one's own: its commands and files, one after the other, end in a table."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from in_process import InProcessWorker

from paragone.files.paths import PROJECT

PAGE = (PROJECT / "docs" / "own-kernel.md").read_text(encoding="utf-8")
# What the page does, in its order: a command, a file that is written, a line that takes the place of another.
EVENT = re.compile(
    r"^    (?P<command>(?:paragone|mv) .*)$"
    r"|`(?P<file>gauss/[\w.]+)`(?:(?!^```|`gauss/)[\s\S])*?^```\w+\n(?P<text>[\s\S]*?)^```$"
    r"|`(?P<edited>\w+\.\w+)`, in the place of\s+`(?P<old>[^`]+)`:\n\n```\w+\n(?P<new>.*)\n```$",
    re.MULTILINE,
)
EVENTS = [match.groupdict() for match in EVENT.finditer(PAGE)]
COMMANDS = [event["command"] for event in EVENTS if event["command"]]


@pytest.fixture
def reader(paragone, tmp_path, monkeypatch):
    """Does what the page says, in an empty folder; of a command, returns what it prints."""
    monkeypatch.setenv("PARAGONE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PARAGONE_RESULTS", str(tmp_path / "results"))
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")

    def does(event):
        if event["file"]:
            Path(event["file"]).write_text(event["text"], encoding="utf-8")
        elif event["edited"]:
            path = Path("gauss", event["edited"])
            text = path.read_text(encoding="utf-8")
            assert text.count(event["old"]) == 1
            path.write_text(text.replace(event["old"], event["new"]), encoding="utf-8")
        elif event["command"].startswith("mv"):
            subprocess.run(shlex.split(event["command"]), check=True)
        else:
            return types(event["command"])
        return ""

    def types(command, expected=0):
        code, out, err = paragone(*shlex.split(command)[1:])
        assert (command, expected) == (command, code), err + out
        return out

    does.types = types
    return does


@pytest.fixture
def quickly(monkeypatch):
    """Workers in this process."""
    monkeypatch.setattr("paragone.verify.pilot.WorkerHandle", lambda *_: InProcessWorker())


def test_the_commands_and_files_of_the_page_work_one_after_the_other(reader, quickly):
    if missing := [program for program in ("gcc", "gfortran", "rustc") if not shutil.which(program)]:
        pytest.skip(f"{missing[0]} is not here")
    for event in EVENTS:
        command = event["command"] or ""
        if " bench " in command:
            continue  # below
        if "my_distances -k" in command:
            reader.types(command, expected=1)  # its formula is left to the reader
        elif command.startswith("paragone verify"):
            reader.types(
                f"{command.replace(' javascript_loops', '')} --sizes 10,100"
            )  # a program needs a worker's process
        else:
            reader(event)


def test_the_starter_in_c_fails_for_the_reason_that_the_page_quotes(reader, quickly):
    for event in EVENTS[: [event["file"] for event in EVENTS].index("gauss/c_loops.c")]:
        if not (event["command"] or "").startswith("paragone verify"):
            reader(event)
    out = " ".join(reader.types("paragone verify c_loops -k gauss --plugins . --sizes 10", expected=1).split())
    (quoted,) = re.findall(r"\*(y differs\s.*?)\*", PAGE, re.DOTALL)

    for part in " ".join(quoted.split()).split(" … "):
        assert part in out


@pytest.mark.slow
def test_every_language_of_the_page_passes_and_stands_in_the_table(reader):
    """With the workers that a reader has."""
    if not shutil.which("node"):
        pytest.skip("node is not here")
    (verify,) = [command for command in COMMANDS if "javascript_loops -k" in command]
    for event in EVENTS[: [event["command"] for event in EVENTS].index(verify)]:
        if not re.match("paragone (verify|bench)", event["command"] or ""):
            reader(event)
    reader.types(f"{verify} --sizes 10,100")
    out = reader.types(next(command for command in COMMANDS if "--quick" in command))

    for name in ("numpy_broadcast", "c_loops O2", "rust_loops O", "javascript_loops"):
        assert f"{name} " in out
    assert "failed" not in out


def test_every_block_of_the_page_is_a_file_or_a_line_that_is_tried():
    assert PAGE.count("\n```") == 2 * sum(bool(event["file"] or event["edited"]) for event in EVENTS)
    assert len(COMMANDS) > 10
