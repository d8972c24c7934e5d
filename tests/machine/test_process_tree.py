"""The children of a process and what they cost, seen from their parent."""

import os
import subprocess
import sys

import pytest
from zoo_faults import wait_until

from paragone.machine import process_tree
from paragone.machine.memory import peak_memory_bytes, reset_peak_memory, resident_memory_bytes
from paragone.machine.process_tree import cpu_time_ns, descendants, ending
from paragone.worker.sample import cpu_time_ns as cpu_time_of_all_ns

MIB = 2**20
BUSY = "import time\nwhile time.process_time() < 0.3: pass\nprint('done', flush=True); input()"
LARGE = "x = bytearray(b'1') * (64 << 20)\nprint('done', flush=True); input()"
WITH_A_CHILD = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])"
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux can reset the peak")


@pytest.fixture
def child():
    """Start Python with this code; it has said something when this returns, and waits."""
    started = []

    def start(*code):
        process = subprocess.Popen(
            [sys.executable, "-c", *code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        assert process.stdout.readline()
        return process

    yield start
    for process in started:
        process.communicate()


def test_children_and_their_children_are_descendants(child):
    before = descendants()
    process = child(WITH_A_CHILD, BUSY)
    new = [pid for pid in descendants() if pid not in before]

    assert process.pid in new
    assert len(new) == 2


def test_without_linuxs_lists_the_same_children_are_found(child, monkeypatch, tmp_path):
    process = child(BUSY)
    monkeypatch.setattr(process_tree, "PROC", tmp_path)

    assert process.pid in descendants()


def test_the_cpu_time_of_a_living_child_counts_while_it_lives(child):
    before_ns = cpu_time_of_all_ns()
    process = child(BUSY)

    assert cpu_time_ns(process.pid) >= 0.3e9
    assert cpu_time_of_all_ns() - before_ns >= 0.3e9


def test_elsewhere_than_on_linux_the_cpu_time_of_a_child_is_asked_of_psutil(child, monkeypatch):
    process = child(BUSY)
    monkeypatch.setattr(process_tree.sys, "platform", "darwin")

    assert cpu_time_ns(process.pid) >= 0.25e9


@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_a_process_that_has_ended_has_no_cpu_time(monkeypatch, platform):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    monkeypatch.setattr(process_tree.sys, "platform", platform)

    assert cpu_time_ns(ended.pid) == 0


def test_the_memory_of_a_child_is_counted(child):
    resident, peak = resident_memory_bytes(), peak_memory_bytes()
    child(LARGE)

    assert resident_memory_bytes() - resident >= 64 * MIB
    assert peak_memory_bytes() - peak >= 64 * MIB


@linux
def test_the_peak_of_a_child_is_reset_with_that_of_its_parent(child):
    child("x = bytearray(b'1') * (64 << 20); del x\nprint('done', flush=True); input()")
    high = peak_memory_bytes()

    assert reset_peak_memory()
    assert peak_memory_bytes() <= high - 48 * MIB


@pytest.mark.parametrize(
    ("code", "words"),
    [(3, "exited with code 3"), (-11, "was killed by SIGSEGV"), (-40, "was killed by signal 40")],
)
def test_how_a_process_ended_is_said_in_words(code, words):
    assert ending(code) == words


# --- who belongs together ---


@linux
def test_processes_are_found_by_what_their_environment_had(child):
    value = "value of a test"
    process = subprocess.Popen([sys.executable, "-c", "input()"], env={**os.environ, "OF_A_TEST": value}, stdin=-1)
    child("print('unmarked', flush=True); input()")

    assert wait_until(lambda: process_tree.tagged("OF_A_TEST", [value]) == [process.pid])
    assert process_tree.tagged("OF_A_TEST", ["value of a tes"]) == []
    process.communicate(b"\n")
