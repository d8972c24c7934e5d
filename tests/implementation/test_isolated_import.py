"""Importing what anybody may have written: who ends, hangs or haunts a process is named, and leaves no trace here."""

import os
import signal
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from paragone.implementation import isolated_import
from paragone.implementation.isolated_import import find_import_faults, restored_process_state
from paragone.implementation.registry import discover

# Each with the words that name it; "" where importing it does no harm.
HOSTILE = {
    "exits": ("os._exit(0)", "ends the program: it exited with code 0"),
    "interrupts": ("raise KeyboardInterrupt", "ends the program: it was killed by SIGINT"),
    "segfaults": ("import ctypes; ctypes.string_at(0)", "ends the program: it was killed by SIGSEGV"),
    "hangs": ("threading.Event().wait()", "takes longer than"),
    "hangs_at_the_end": ("import atexit; atexit.register(threading.Event().wait)", "takes longer than"),
    "raises_at_the_end": ("import atexit; atexit.register(lambda: 1 / 0)", ""),
    "leaves_a_thread": ("threading.Thread(target=threading.Event().wait).start()", "starts a thread"),
    "forks": ("os.fork()", "starts a process"),
    "closes_the_streams": ("os.closerange(0, 3)", "closes the standard streams"),
    "raises": ("raise ValueError('an error that the registry tells')", ""),
    "does_nothing": ("", ""),
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    place = tmp_path_factory.mktemp("plugins")
    for name, (code, _) in HOSTILE.items():
        (place / name).mkdir()
        (place / name / "impl.py").write_text(f"import os, threading\n{code}\n")
    return [place / name for name in HOSTILE]


@pytest.fixture(scope="module")
def faults(folders):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(isolated_import, "TIME_LIMIT_S", 3.0)
        return {folder.name: fault for folder, fault in find_import_faults(folders).items()}


@pytest.mark.slow  # a process for each that ends it, and the limit of each that hangs
@pytest.mark.parametrize("name", HOSTILE)
def test_whose_import_harms_its_process_is_named_and_no_other(faults, name):
    words = HOSTILE[name][1]

    assert words in faults.get(name, "")
    assert bool(words) == (name in faults)


def test_where_nothing_is_to_be_tried_no_process_is_started(monkeypatch):
    monkeypatch.setattr(isolated_import, "Child", lambda *_, **__: pytest.fail("a process was started"))

    assert {} == find_import_faults([])


def test_a_plugin_that_would_end_the_harness_is_broken_and_its_neighbours_are_found(folders):
    exits, raises = (folder for folder in folders if folder.name in ("exits", "raises"))
    found, broken = discover(plugins=[str(exits), str(raises)])

    assert "numpy_rows" in [entry.name for entry in found]
    reasons = {entry.name: entry.reason for entry in broken}
    assert reasons["exits"] == f"{exits / 'impl.py'}: importing it ends the program: it exited with code 0"
    assert "an error that the registry tells" in reasons["raises"]


def test_what_an_import_changes_for_everybody_is_undone(tmp_path):
    def surroundings():
        mask = os.umask(0o077)
        os.umask(mask)
        streams = sys.stdin, sys.stdout, sys.stderr
        depth, handler = sys.getrecursionlimit(), signal.getsignal(signal.SIGTERM)
        return Path.cwd(), dict(os.environ), list(sys.path), streams, np.geterr(), depth, mask, handler

    before = surroundings()
    with restored_process_state():
        os.chdir(tmp_path)
        os.environ.clear()
        sys.path.clear()
        sys.stdin = sys.stdout = sys.stderr = None
        np.seterr(all="raise")
        sys.setrecursionlimit(before[5] + 1)
        os.umask(0o777)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)

    assert before == surroundings()


def test_an_import_in_another_thread_leaves_the_signals_alone():
    """Only the main thread may set them."""
    ended = []

    def read():
        with restored_process_state():
            pass
        ended.append(True)

    thread = threading.Thread(target=read)
    thread.start()
    thread.join()

    assert ended
