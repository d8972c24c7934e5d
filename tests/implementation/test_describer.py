"""What an import or an answer leaves behind ends with the process that describes: nothing of it reaches anybody."""

import gc
import locale
import os
import re
import resource
import signal
import statistics
import sys
import threading
import time
import warnings
from pathlib import Path

import hostile_imports
import numpy as np
import psutil
import pytest
from hostile_imports import KINDS, Kind
from zoo_faults import is_gone, wait_until

from paragone.files.paths import IMPORT_ROOT, PROJECT
from paragone.files.printable import is_printable
from paragone.files.schema import MOST_CHARACTERS
from paragone.implementation import described
from paragone.implementation.registry import discover
from paragone.report.notebook import load_run
from paragone.store.runs import run_folders
from paragone.task.mlp.problem_files import find_problem

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems have no subreaper")

# Says in its idea what state it finds its process in.
TELLS = """
import gc, json, os, resource, signal, statistics, sys, threading, time
import numpy as np
from paragone.implementation.registry import IMPLEMENTATIONS, read_folder

(Rows,) = read_folder(IMPLEMENTATIONS / "numpy_rows")
STATE = [
    os.nice(0), sorted(os.sched_getaffinity(0)), gc.isenabled(), gc.get_threshold(), os.getcwd(), sorted(os.environ),
    [signal.getitimer(which) for which in range(3)], [str(h) for h in map(signal.getsignal, signal.valid_signals())],
    resource.getrlimit(resource.RLIMIT_NOFILE), sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])), time.tzname,
    sys.getrecursionlimit(), sys.getswitchinterval(), np.geterr(), threading.active_count(), str(sys.getprofile()),
    os.listdir("/proc/self/fd"), time.perf_counter_ns() > 0,
]


class Tells(Rows):
    name, maths = "tells", ()
    idea = json.dumps(STATE)[:900]
"""


def state():
    """What an import can change for a whole process."""
    mask = os.umask(0o077)
    os.umask(mask)
    return {
        "timers": [signal.getitimer(which) for which in range(3)],
        "limits": [resource.getrlimit(which) for which in range(resource.RLIM_NLIMITS)]
        if hasattr(resource, "RLIM_NLIMITS")
        else [resource.getrlimit(which) for which in (resource.RLIMIT_CORE, resource.RLIMIT_NOFILE)],
        "scheduling": (os.nice(0), os.sched_getaffinity(0)),
        "garbage": (gc.isenabled(), gc.get_threshold()),
        "signals": (
            signal.pthread_sigmask(signal.SIG_BLOCK, []),
            [signal.getsignal(number) for number in signal.valid_signals()],
        ),
        "functions": (sys.getprofile(), sys.excepthook, sys.unraisablehook, threading.excepthook),
        "zone": (time.tzname, locale.setlocale(locale.LC_ALL), Path.cwd(), mask, dict(os.environ)),
        "interpreter": (list(sys.path), sys.getrecursionlimit(), sys.getswitchinterval(), sys.stdout, sys.stderr),
        "modules": (time.perf_counter_ns, print, statistics, [m for m in sys.modules if m.startswith("paragone_")]),
        "libraries": (np.geterr(), np.get_printoptions(), warnings.filters[:]),
        "threads": threading.enumerate(),
        "descriptors": sorted(Path("/proc/self/fd").iterdir()),
        "children": psutil.Process().children(recursive=True),
    }


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("hostile")


@pytest.fixture(scope="module")
def among(place):
    """A description of every hostile plugin and of an honest one, and the state of this process before and after."""
    tells = place / "tells"
    tells.mkdir()
    (tells / "impl.py").write_text(TELLS)
    plugins = {when: hostile_imports.write(place, KINDS, when) for when in ("imported", "asked")}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(described, "TIME_LIMIT_S", 5.0)
        patch.setenv("PARAGONE_CACHE", str(place / ".alone"))
        (alone,) = described.describe([tells])[tells]
        patch.setenv("PARAGONE_CACHE", str(place / ".among"))  # so that it is described again
        before = state()
        found, unusable = discover(plugins=[str(place)])
        after = state()
    entries = {entry.folder: entry for entry in found} | {place / entry.name: entry for entry in unusable}
    return plugins, entries, alone, (before, after)


@pytest.mark.slow
@pytest.mark.parametrize("when", ["imported", "asked"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_it_leaves_behind_reaches_nobody(among, kind, when):
    plugins, entries, alone, (before, after) = among
    reason = getattr(KINDS[kind], when)
    entry = entries[plugins[when][kind]]

    assert before == after
    assert alone == next(found.implementation for found in entries.values() if found.name == "tells")
    assert reason in getattr(entry, "reason", "")
    assert hasattr(entry, "reason") == bool(reason), getattr(entry, "reason", "")


@pytest.mark.slow
def test_no_process_that_it_started_goes_on(among, place):
    started = [int(pid) for pid in (place / "notes").read_text().split()]

    assert len(started) >= 8
    assert [pid for pid in started if psutil.pid_exists(pid) and not is_gone(psutil.Process(pid))] == []


def test_the_table_of_the_page_has_a_row_for_each_case():
    page = (PROJECT / "docs" / "verification.md").read_text(encoding="utf-8")
    section = page.partition("## What an import can leave behind")[2].partition("\n## ")[0]

    assert [*KINDS] == re.findall(r"^\| (?!case|---)([^|]+?) \|", section, re.MULTILINE)
    assert f"`{test_what_it_leaves_behind_reaches_nobody.__name__}`" in section


@pytest.mark.slow
def test_a_run_beside_all_of_them_is_that_of_a_run_without_them(paragone, small, place, among, tmp_path, monkeypatch):
    """None of them is chosen."""
    monkeypatch.setattr(described, "TIME_LIMIT_S", 5.0)
    cells = ("-i", "numpy_rows", "-p", small, "-b", 20, "--dtype", "float32")
    rest = ("--quick", "--rounds", 3, "--no-curves", "--results", tmp_path / "results")
    before = state()
    code, _, err = paragone("bench", *cells, *rest, "--plugins", place)
    (folder,) = run_folders(tmp_path / "results")
    run = load_run(folder).run

    assert (0, "") == (code, err.partition("Traceback")[1])
    assert {"passed"} == {*run.outcomes["status"]}
    assert 3 * 3 == (run.samples["kind"] == "timed").sum()
    assert settled(before) == settled(state())


def settled(found):
    """Without what a run itself may change: handlers of Ctrl-C, its threads, files, modules and their filters."""
    return {name: found[name] for name in ("timers", "limits", "scheduling", "garbage", "zone", "children")}


@pytest.mark.slow
def test_when_the_harness_is_killed_nothing_goes_on(tmp_path):
    code = "\n".join(KINDS[kind].code for kind in ("daemons", "processes", "stopped processes", "hangs"))
    hostile_imports.write(tmp_path, {"all of it": Kind(code)}, "asked")
    discovers = f"from paragone.implementation.registry import discover; discover(plugins=[{str(tmp_path)!r}])"
    harness = psutil.Popen([sys.executable, "-c", discovers], env={**os.environ, "PYTHONPATH": str(IMPORT_ROOT)})
    notes = tmp_path / "notes"
    try:
        assert wait_until(lambda: notes.exists() and len(notes.read_text().split()) == 3)
        started = [*harness.children(recursive=True), *map(psutil.Process, map(int, notes.read_text().split()))]
    finally:
        harness.kill()
        harness.wait()

    assert wait_until(lambda: all(map(is_gone, started)))


LONG = """
from paragone.implementation.registry import IMPLEMENTATIONS, read_folder

(Rows,) = read_folder(IMPLEMENTATIONS / "numpy_rows")


class Long(Rows):
    name, maths = "long", ()
    language = layout = source = idea = "\\u202ewords \\n" * 1_000_000

    @classmethod
    def missing(cls):
        {missing}

    @classmethod
    def supports(cls, problem):
        {supports}

    @classmethod
    def nearest(cls, problem):
        {nearest}

    @classmethod
    def hides_phases(cls):
        return cls.idea
"""


@pytest.mark.parametrize(
    ("question", "answer", "begin"),
    [
        ("missing", "return 'no gcc. ' + cls.idea", "no gcc. \\u202ewords \\u202ewords"),
        ("missing", "raise ValueError('no gcc. ' + cls.idea)", "asking whether it can run raised ValueError: no gcc. "),
        ("missing", "return 3", "asking whether it can run raised TypeError: missing: expected words or None, got int"),
        ("supports", "return 'not this. ' + cls.idea", "not this. "),
        ("nearest", "return 'another loss. ' + cls.idea", "another loss. "),
        ("nearest", "raise SystemExit('no. ' + cls.idea)", "asking whether it can run raised SystemExit: no. "),
    ],
)
def test_words_of_megabytes_are_a_line_that_begins_with_the_reason(tmp_path, question, answer, begin):
    answers = dict.fromkeys(("missing", "supports", "nearest"), "return None") | {question: answer}
    (tmp_path / "impl.py").write_text(LONG.format(**answers))
    (plain,) = described.describe([tmp_path])[tmp_path]
    problem = find_problem("nielsen")
    reason = described.unavailable_reason(plain, problem) or described.difference_from(plain, problem)

    assert reason.startswith(begin)
    for text in (reason, plain.language, plain.layout, plain.source, plain.idea, plain.hides_phases):
        assert len(text) <= MOST_CHARACTERS
        assert is_printable(text)


def test_an_answer_about_a_problem_that_ends_the_process_is_a_reason(tmp_path):
    answers = {"missing": "return None", "supports": "import os; os._exit(3)", "nearest": "return None"}
    (tmp_path / "impl.py").write_text(LONG.format(**answers))
    (plain,) = described.describe([tmp_path])[tmp_path]

    reason = "asking long about the problem nielsen ends the program: it exited with code 3"
    assert f"{tmp_path / 'impl.py'}: {reason}" == described.unavailable_reason(plain, find_problem("nielsen"))
