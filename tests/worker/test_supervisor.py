"""A watch over a process: what it started is found, stopped, and ends with it, wherever it has gone."""

import os
import signal
import subprocess
import sys

import psutil
import pytest
from zoo_faults import is_gone, wait_until

from paragone.errors import MeasurementFailed
from paragone.worker.supervisor import TAG, Supervisor, new_tag

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux names the parents of orphans")

SLEEPS = "import time; time.sleep(600)"
# A worker that starts a daemon, of a session of its own and without a parent, as it is told, and says its number.
STARTS_A_DAEMON = f"""
import os, sys, time
from paragone.machine.process_tree import adopt_orphans
adopt_orphans()
read, write = os.pipe()
if os.fork() == 0:
    os.setsid()
    if (pid := os.fork()) == 0:
        environment = os.environ if sys.argv[1] == "marked" else {{}}
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
def watched():
    """Return a function that starts Python code under a watch and returns the watch, the process, and what it said."""
    started = []

    def start(code, *arguments, memory_limit_bytes=1 << 40):
        mark = new_tag()
        process = subprocess.Popen(
            [sys.executable, "-c", code, *arguments],
            env={**os.environ, TAG: mark},
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        watch = Supervisor(process.pid, mark, memory_limit_bytes)
        started.append((watch, process))
        return watch, process, process.stdout.readline().strip()

    yield start
    for watch, process in started:
        watch.end()
        process.wait()
        process.stdout.close()


@pytest.mark.parametrize("environment", ["marked", "bare"])
def test_a_daemon_ends_with_the_worker_that_goes_on(watched, environment):
    watch, process, said = watched(STARTS_A_DAEMON, environment, "goes on")
    daemon = psutil.Process(int(said))
    assert os.getsid(daemon.pid) != process.pid

    watch.end()

    assert process.wait() == -signal.SIGKILL
    assert wait_until(lambda: is_gone(daemon))


def test_a_daemon_with_the_mark_ends_though_the_worker_has_ended_before(watched):
    watch, process, said = watched(STARTS_A_DAEMON, "marked", "ends")
    process.wait()
    daemon = psutil.Process(int(said))
    assert not is_gone(daemon)

    watch.end()

    assert wait_until(lambda: is_gone(daemon))


def test_a_daemon_without_the_mark_that_was_seen_ends_though_the_worker_has_ended_before(watched):
    watch, process, said = watched(STARTS_A_DAEMON, "bare", "goes on")
    daemon = psutil.Process(int(said))
    assert wait_until(lambda: daemon.environ() == {})
    watch.inspect()
    process.kill()
    process.wait()

    watch.end()

    assert wait_until(lambda: is_gone(daemon))


def test_what_left_the_group_is_stopped_and_woken_with_it_once_it_was_seen(watched):
    watch, _, said = watched(STARTS_A_DAEMON, "bare", "goes on")
    daemon = psutil.Process(int(said))
    watch.inspect()

    watch.signal(signal.SIGSTOP)
    assert wait_until(lambda: daemon.status() == psutil.STATUS_STOPPED)
    watch.signal(signal.SIGCONT)
    assert wait_until(lambda: daemon.status() != psutil.STATUS_STOPPED)


def test_more_memory_than_the_limit_is_a_reason_and_less_is_none(watched):
    watch, _, _ = watched(HOLDS, memory_limit_bytes=100_000_000)
    with pytest.raises(MeasurementFailed, match=r"^used more than 0\.1 GB of memory and was killed; .*--memory-limit$"):
        watch.inspect()

    watch.memory_limit_bytes = 400_000_000
    watch.inspect()


def test_the_memory_of_a_child_counts_and_what_is_shared_with_it_counts_once(watched):
    watch, _, _ = watched(FORKS_WHAT_IT_HOLDS, memory_limit_bytes=200_000_000)
    watch.inspect()  # three processes that see 105 MB each

    watch.memory_limit_bytes = 90_000_000
    with pytest.raises(MeasurementFailed):
        watch.inspect()


def test_two_marks_differ():
    assert new_tag() != new_tag()
