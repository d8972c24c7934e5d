"""A child process: what it started is found, stopped, and killed with it, wherever it has gone."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest
from zoo_faults import is_gone, wait_until

from paragone.errors import Misuse
from paragone.machine import child as child_module
from paragone.machine.child import LOG_TAIL_BYTES, TAG, Child, Log, import_path, new_tag, read_until_silent
from paragone.machine.memory import held_bytes

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux names the parents of orphans")

SLEEPS = "import time; time.sleep(600)"
# A module that starts a daemon (own session, orphaned), prints its number, and ends or goes on as told.
STARTS_A_DAEMON = f"""
import os, sys, time
from paragone.machine.process_tree import adopt_orphans
adopt_orphans()
read, write = os.pipe()
if os.fork() == 0:
    os.setsid()
    if (pid := os.fork()) == 0:
        environment = os.environ if sys.argv[1] == "tagged" else {{}}
        os.execve(sys.executable, [sys.executable, "-c", {SLEEPS!r}], environment)
    os.write(write, str(pid).encode())
    os._exit(0)
os.wait()
print(os.read(read, 20).decode(), flush=True)
if sys.argv[2] == "goes on":
    time.sleep(600)
"""
HOLDS = "x = bytearray(b'1') * (150 << 20); print('done', flush=True); import time; time.sleep(600)"
FORKS_WHAT_IT_HOLDS = """
import os, time
x = bytearray(b'1') * (100 << 20)
for _ in range(2):
    if os.fork() == 0: time.sleep(600)
print('done', flush=True); time.sleep(600)
"""


@pytest.fixture
def start(tmp_path):
    """Return a function that starts code as a child."""
    children = []

    def started(code, *arguments, **options):
        (tmp_path / "module_of_a_test.py").write_text(code)
        environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
        children.append(Child("module_of_a_test", arguments, environment=environment, **options))
        return children[-1]

    yield started
    for child in children:
        child.kill()


@pytest.fixture
def printed(start):
    """Return a function that starts code as a child, and returns it with the first line that it prints."""

    def wait_for_line(code, *arguments):
        child = start(code, *arguments)
        assert wait_until(child.log.last_lines)
        return child, child.log.last_lines()[0]

    return wait_for_line


# --- what it started ---


@linux
@pytest.mark.parametrize("environment", ["tagged", "bare"])
def test_a_daemon_is_killed_with_the_child(printed, environment):
    child, number = printed(STARTS_A_DAEMON, environment, "goes on")
    daemon = psutil.Process(int(number))
    assert os.getsid(daemon.pid) != child.pid

    child.kill()

    assert not psutil.pid_exists(child.pid)
    assert wait_until(lambda: is_gone(daemon))


@linux
def test_a_tagged_daemon_is_killed_though_the_child_has_ended_before(printed):
    child, number = printed(STARTS_A_DAEMON, "tagged", "ends")
    assert wait_until(lambda: child.has_ended)
    daemon = psutil.Process(int(number))
    assert not is_gone(daemon)

    child.kill()

    assert wait_until(lambda: is_gone(daemon))


@linux
def test_a_daemon_without_the_tag_is_killed_though_the_child_has_ended_once_an_inspection_found_it(printed):
    child, number = printed(STARTS_A_DAEMON, "bare", "goes on")
    daemon = psutil.Process(int(number))
    assert wait_until(lambda: daemon.environ() == {})
    child.inspect()
    os.kill(child.pid, signal.SIGKILL)
    assert wait_until(lambda: child.has_ended)

    child.kill()

    assert wait_until(lambda: is_gone(daemon))


@linux
def test_what_left_the_group_is_stopped_and_woken_with_it_once_an_inspection_found_it(printed):
    child, number = printed(STARTS_A_DAEMON, "bare", "goes on")
    daemon = psutil.Process(int(number))
    assert [child.pid, daemon.pid] == child.inspect()

    child.signal(signal.SIGSTOP)
    assert wait_until(lambda: daemon.status() == psutil.STATUS_STOPPED)
    child.signal(signal.SIGCONT)
    assert wait_until(lambda: daemon.status() != psutil.STATUS_STOPPED)


@linux
def test_the_memory_of_its_children_counts_and_what_is_shared_counts_once(printed):
    alone, _ = printed(HOLDS)
    assert 157_000_000 < held_bytes(alone.inspect(), 100_000_000) < 400_000_000

    parent, _ = printed(FORKS_WHAT_IT_HOLDS)
    pids = parent.inspect()
    assert 3 == len(pids)
    assert 105_000_000 < held_bytes(pids, 90_000_000) < 200_000_000


def test_two_tags_differ():
    assert new_tag() != new_tag()


# --- how it starts and ends ---


def test_a_child_has_its_tag_and_an_input_that_is_empty(start):
    child = start(f"import os, sys; print(len(os.environ[{TAG!r}]), repr(sys.stdin.read()))")

    assert 0 == child.exit_code()
    assert ["16 ''"] == child.log.last_lines()


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("", "exited with code 0"),
        ("print('two')", "exited with code 0: two"),
        ("raise SystemExit('no more')", "exited with code 1: no more"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "was killed by SIGSEGV"),
        (SLEEPS, None),
    ],
)
def test_the_reason_for_its_end_is_the_exit_code_and_the_last_line(start, monkeypatch, code, reason):
    monkeypatch.setattr(child_module, "SECONDS_TO_EXIT", 1.0 if reason is None else 60.0)

    assert reason == start(code).exit_reason()


def test_the_reason_for_its_end_is_the_error_and_not_the_last_line(start):
    panic = "thread 'main' panicked at /x/mine.rs:3:5:\\nno room\\nnote: run with `RUST_BACKTRACE=1`\\naborting."
    child = start(f"import os; print({panic!r}.encode().decode('unicode_escape'), flush=True); os.abort()")

    assert child.exit_reason().startswith("was killed by SIGABRT: mine.rs:3: no room. All that it printed: ")


def test_descriptors_handed_over_come_first_among_the_arguments_and_are_the_child_s_alone(start):
    reading, writing = os.pipe()
    child = start("import os, sys; os.write(int(sys.argv[1]), sys.argv[2].encode())", "hello", handed_over=(writing,))

    assert [b"hello"] == list(read_until_silent(reading, 60))  # it ends: nobody else holds the other end
    assert 0 == child.exit_code()
    os.close(reading)


def test_silence_ends_reading():
    reading, writing = os.pipe()
    os.write(writing, b"some")

    assert [b"some"] == list(read_until_silent(reading, 0.05))
    for descriptor in (reading, writing):
        os.close(descriptor)


def test_a_child_that_cannot_be_started_leaves_no_descriptor_open():
    before = psutil.Process().num_fds()
    reading, writing = os.pipe()

    with pytest.raises(OSError, match="no_such_python"):
        Child("any", environment={}, handed_over=(writing,), python="/no_such_python")
    os.close(reading)
    assert before == psutil.Process().num_fds()


def test_of_what_a_child_prints_the_end_is_kept_and_no_file_holds_the_rest(start):
    """64 MB, while nobody inspects it: the pipe is read all the same, so that the child comes to its end."""
    child = start("for _ in range(1000): print('x' * 65536)\nprint('the end')")

    assert wait_until(lambda: child.has_ended)
    assert child.exit_reason().startswith("exited with code 0: the end. All that it printed: ")
    assert len(child.log.text()) <= LOG_TAIL_BYTES


def test_a_log_leaves_neither_a_descriptor_nor_a_thread(start):
    before, threads = psutil.Process().num_fds(), threading.active_count()
    logs = [Log() for _ in range(5)]
    os.write(logs[0].writing, b"one\ntwo\n")
    assert ["one", "two"] == logs[0].last_lines(2)
    for log in logs:
        log.close()
        log.close()

    assert (before, threads) == (psutil.Process().num_fds(), threading.active_count())


# --- what a killed harness leaves ---

HARNESS = f"""
import os, signal, sys, time
from paragone.machine.child import Child
open("module_of_a_test.py", "w").write({STARTS_A_DAEMON!r})
environment = {{**os.environ, "PYTHONPATH": os.getcwd()}}
child = Child("module_of_a_test", [sys.argv[1], "goes on"], environment=environment)
while not (lines := child.log.last_lines()): time.sleep(0.01)
child.inspect()
child.signal(signal.SIGSTOP)
print(child.pid, lines[0], flush=True)
sys.stdin.readline()
child.kill()
"""


@pytest.fixture
def harness(tmp_path):
    """Return a function that starts a process with a child and its stopped daemon; the process, and all below it."""
    started = []

    def start(*arguments):
        environment = {**os.environ, "PYTHONPATH": import_path({})}
        command = [sys.executable, "-c", HARNESS, *arguments]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        started.append(subprocess.Popen(command, cwd=tmp_path, env=environment, **pipes))
        child, daemon = (psutil.Process(int(pid)) for pid in started[-1].stdout.readline().split())
        family = psutil.Process(started[-1].pid).children(recursive=True)
        assert {child, daemon} < {*family}, "the watcher is missing"
        assert wait_until(lambda: daemon.status() == psutil.STATUS_STOPPED)
        return started[-1], family

    yield start
    for process in started:
        process.kill()
        process.communicate()


@linux
@pytest.mark.parametrize("environment", ["tagged", "bare"])
def test_a_stopped_daemon_does_not_outlive_a_harness_that_is_killed(harness, environment):
    """It is in a session of its own, and bare it has dropped the tag: an inspection had found it."""
    process, family = harness(environment)

    process.kill()

    assert wait_until(lambda: all(map(is_gone, family)))


@linux
def test_nothing_outlives_a_harness_that_comes_to_its_end(harness):
    process, family = harness("tagged")

    process.communicate(b"end\n")

    assert wait_until(lambda: all(map(is_gone, family)))


@linux
def test_a_harness_whose_watcher_was_killed_goes_on(harness):
    process, family = harness("tagged")
    for member in family:
        if "paragone.machine.leftovers" in member.cmdline():
            member.kill()

    process.communicate(b"end\n")

    assert process.returncode == 0
    assert wait_until(lambda: all(map(is_gone, family)))


def test_python_looks_for_this_harness_before_what_the_user_set():
    assert f"{child_module.IMPORT_ROOT}" == import_path({})
    assert f"{child_module.IMPORT_ROOT}{os.pathsep}/home/me/lib" == import_path({"PYTHONPATH": "/home/me/lib"})


def test_a_child_of_an_installed_package_finds_the_package_and_nothing_that_lies_beside_it(tmp_path, monkeypatch):
    monkeypatch.setattr(child_module, "PROJECT", None)
    monkeypatch.setenv("PARAGONE_CACHE", str(tmp_path))

    root = Path(import_path({}))

    assert root.is_relative_to(tmp_path)
    assert [path.name for path in root.iterdir()] == ["paragone"]
    assert (root / "paragone").samefile(child_module.PACKAGE)
    assert import_path({}) == str(root), "a second call finds the link"


def test_a_cache_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(child_module, "PROJECT", None)
    (tmp_path / "file").touch()
    monkeypatch.setenv("PARAGONE_CACHE", str(tmp_path / "file"))

    with pytest.raises(Misuse, match="Set PARAGONE_CACHE to another folder"):
        import_path({})
