"""The harness's end of a worker: time limits, stopping and waking, killing all that it started, CPUs, threads."""

import os
import select
import signal
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from easy_data import easy_data
from small_kernels import kernel_folder, order, ring
from zoo_faults import ORDER, STATE, Workers, is_gone, wait_until, workers_below

from paragone.errors import MeasurementFailed, TimedOut
from paragone.implementation.contract import Variant
from paragone.implementation.described import describe_files
from paragone.machine import child as child_module
from paragone.machine.cpus import usable_cpus
from paragone.machine.threads import thread_count_fault
from paragone.task.kernel.problem import KernelProblem
from paragone.worker import handle
from paragone.worker.commands import EstimateStep
from paragone.worker.handle import behind_one_verb
from paragone.worker.replies import CLOCK_SLACK_NS

can_pin = pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system cannot pin processes")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return easy_data(tmp_path_factory.mktemp("cache"))


@pytest.fixture
def workers(data):
    with Workers(data) as workers:
        yield workers


def children() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


@pytest.fixture
def process_of():
    """Return the process that a call has started."""
    before = workers_below()

    def new():
        return [process for process in workers_below() if process not in before]

    def started():
        wait_until(new)  # a child is its parent until it becomes itself
        (process,) = new()
        return process

    return started


# --- what failed ---


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("X[0] = 3; D[:] = 0", "result: it changes its input X"),
        ("return X[0, 9]", "run: IndexError: index 9 is out of bounds"),
    ],
)
def test_a_failure_is_told_with_the_verb_that_raised_it_as_authors_of_the_family_call_it(
    workers, tmp_path, body, reason
):
    folder = kernel_folder(tmp_path, files={"mine.py": f'"""An idea."""\ndef run(X, D): {body}\n'})
    ((mine,),) = describe_files([folder / "mine.py"]).values()
    worker, state = workers.open("mine"), ring(folder, 4)
    worker.load(Variant(mine, (("dtype", "float64"),)), str(folder), KernelProblem.of(folder), "", seed=1)

    with pytest.raises(MeasurementFailed, match=f"^{reason}"):
        worker.train(state, order(3))


# --- time limits and ends ---


def test_a_sample_that_was_over_before_the_harness_knew_that_all_was_sent_is_no_lie(workers, monkeypatch):
    worker = workers.loaded("numpy_rows")
    worker.prepare(STATE, ORDER[:0])
    worker.reset(STATE)
    send = worker._pipe.send

    def send_and_lose_the_cpu(*message):
        send(*message)
        select.select([worker._pipe.incoming], [], [], 30)

    monkeypatch.setattr(worker._pipe, "send", send_and_lose_the_cpu)
    timing = worker.take_sample(np.tile(ORDER, (1000, 1)))

    assert timing.elapsed_ns > worker.waited_ns + CLOCK_SLACK_NS


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("load: julia says: no", "load: julia says: no"),
        ("version: node exited with code 1", "load: node exited with code 1"),
        ("reset: python3 says: no", "reset: python3 says: no"),
        ("KeyError: 3", "load: KeyError: 3"),
    ],
)
def test_a_reason_stands_behind_one_verb_that_an_author_writes(reason, told):
    assert behind_one_verb("load", reason) == told


HANGS = r"^train: no answer within the time limit of 0\.5 s at impl\.py:\d+; more is allowed with --time-limit$"


def test_a_worker_that_hangs_is_killed_at_its_time_limit_though_it_takes_no_hint(workers, process_of):
    worker = workers.loaded("hangs")
    process = process_of()
    worker.time_limit_s = 0.5

    with pytest.raises(TimedOut, match=HANGS):
        worker.train(STATE, ORDER)
    assert not worker.alive
    assert is_gone(process)


def test_everything_a_worker_forked_ends_with_it(workers, process_of):
    worker = workers.loaded("forks", then="lives")
    process = process_of()
    worker.train(STATE, ORDER)
    (child,) = process.children()
    worker.kill()

    assert is_gone(process)
    assert wait_until(lambda: is_gone(child))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process adopt orphans")
def test_a_daemon_that_a_worker_left_is_its_child_is_stopped_with_it_and_ends_with_it(workers, process_of):
    worker = workers.loaded("daemonises")
    daemon = psutil.Process(worker.train(STATE, ORDER)[0].step)

    assert daemon.ppid() == process_of().pid
    assert wait_until(lambda: daemon.status() == psutil.STATUS_STOPPED)
    worker.kill()
    assert wait_until(lambda: is_gone(daemon))


def test_the_end_of_a_worker_is_seen_at_once_though_a_child_of_it_lives_on(workers, process_of):
    worker = workers.loaded("forks", time_limit_s=1e6, then="dies")
    group = process_of().pid

    with pytest.raises(MeasurementFailed, match="train: the worker was killed by SIGABRT"):
        worker.train(STATE, ORDER)
    assert wait_until(lambda: not any(group_of(process) == group for process in psutil.process_iter()))


def group_of(process: psutil.Process) -> int | None:
    try:
        return None if is_gone(process) else os.getpgid(process.pid)
    except ProcessLookupError:
        return None


def test_the_next_command_reports_a_worker_that_died_while_stopped(workers, process_of):
    worker = workers.loaded("does_nothing")
    process_of().kill()

    with pytest.raises(MeasurementFailed, match="train: the worker was killed by SIGKILL"):
        worker.train(STATE, ORDER)


def test_a_worker_that_has_ended_takes_no_commands_and_can_be_killed_again(workers):
    worker = workers.loaded("does_nothing")
    worker.kill()
    worker.kill()

    assert not worker.alive
    with pytest.raises(MeasurementFailed, match="train: the worker has ended"):
        worker.train(STATE, ORDER)


def test_a_worker_leaves_no_descriptor_open(workers):
    before = psutil.Process().num_fds()
    worker = workers.loaded("does_nothing")
    during = psutil.Process().num_fds()
    worker.kill()

    assert (before + 4, before) == (during, psutil.Process().num_fds())


# --- waiting ---


def test_a_worker_is_stopped_between_commands_and_awake_within_them(workers, process_of):
    worker = workers.loaded("does_nothing")
    process = process_of()
    assert wait_until(lambda: process.status() == psutil.STATUS_STOPPED)
    state, _ = worker.train(STATE, ORDER)

    assert 3 == state.step
    assert wait_until(lambda: process.status() == psutil.STATUS_STOPPED)


def test_the_children_of_a_worker_are_stopped_with_it(workers, process_of):
    worker = workers.loaded("forks", then="lives")
    worker.train(STATE, ORDER)
    (child,) = process_of().children()

    assert wait_until(lambda: child.status() == psutil.STATUS_STOPPED)


def test_a_reading_is_of_the_worker_and_of_its_children_on_its_cpus(workers, process_of, monkeypatch):
    worker = workers.loaded("forks", then="lives")
    worker.train(STATE, ORDER)
    process = process_of()
    (child,) = process.children()
    monkeypatch.setattr(handle, "scheduling_times", lambda pids, cpus: (pids, cpus))

    assert ([process.pid, child.pid], worker.cpus) == worker.scheduling_times()


def test_an_error_of_the_hosted_code_stops_the_worker_too(workers, process_of):
    worker = workers.loaded("raises_in_train")
    with pytest.raises(MeasurementFailed):
        worker.train(STATE, ORDER)

    assert wait_until(lambda: process_of().status() == psutil.STATUS_STOPPED)


def test_a_spinning_thread_uses_no_cpu_while_the_worker_waits(workers, process_of):
    worker = workers.loaded("spins")
    process = process_of()
    assert wait_until(lambda: process.status() == psutil.STATUS_STOPPED)
    before = process.cpu_times()
    busy_until = time.process_time() + 0.3
    while time.process_time() < busy_until:
        pass

    assert before == process.cpu_times()
    worker.train(STATE, ORDER)
    assert 0 < worker.waiting_cpu_ns < 0.3e9  # what it did before the signals reached it


# --- where and what runs ---


@can_pin
def test_a_worker_runs_on_the_cpus_it_was_given_and_the_harness_where_it_was(workers, process_of):
    before = os.sched_getaffinity(0)
    worker = workers.loaded("does_nothing")

    assert list(usable_cpus()[-1:]) == worker.cpus == process_of().cpu_affinity()
    assert before == os.sched_getaffinity(0)


@pytest.mark.parametrize("threads", [1, 2])
def test_the_threads_found_in_a_worker_are_those_asked_for(workers, threads):
    worker = workers.open("numpy_rows", threads=threads)
    found = workers.load(worker, "numpy_rows").threads_found

    if threads <= len(usable_cpus() or range(threads)):
        assert thread_count_fault(threads, found) is None
    assert found["pools"]
    assert {pool["num_threads"] for pool in found["pools"]} <= set(range(1, threads + 1))


def test_the_worker_is_of_this_harness_though_another_lies_in_the_current_folder(workers, tmp_path, monkeypatch):
    (tmp_path / "paragone").mkdir()
    for name in ("__init__", "worker"):
        (tmp_path / "paragone" / f"{name}.py").write_text("raise SystemExit('the wrong harness')")
    monkeypatch.chdir(tmp_path)

    assert workers.loaded("does_nothing").alive


def test_ctrl_c_at_the_terminal_reaches_no_worker(workers, process_of):
    worker = workers.loaded("does_nothing")
    process = process_of()

    assert os.getpgid(process.pid) != os.getpgid(0)
    process.send_signal(signal.SIGINT)  # were it sent all the same
    assert 3 == worker.train(STATE, ORDER)[0].step


def test_a_worker_runs_the_python_of_the_harness(workers, process_of):
    workers.open("does_nothing")

    expected = [sys.executable, "-P", "-m", "paragone.worker.process"]
    assert process_of().cmdline()[:4] == expected


# --- what cannot start, takes too much, or says too much ---


def test_a_worker_that_cannot_be_started_says_so_to_its_first_command_and_leaves_no_descriptor_open():
    before = psutil.Process().num_fds()
    worker = handle.WorkerHandle({}, (), 5, "no_such_environment")

    assert not worker.alive
    with pytest.raises(MeasurementFailed, match=r"^first steps: the worker cannot be started: .*no_such_environment"):
        worker.call(EstimateStep(size=1))
    worker.kill()
    assert before == psutil.Process().num_fds()


def test_a_worker_that_takes_more_memory_than_its_limit_is_killed_while_it_takes_it(workers, process_of):
    worker = workers.open("takes_memory", memory_limit_bytes=300_000_000)
    process = process_of()
    workers.load(worker, "takes_memory", how="keeps")
    order = np.zeros((1, 20_000), np.int64)  # of these, 20 GB

    with pytest.raises(MeasurementFailed, match=r"^train: used more than 0\.3 GB of memory and was killed"):
        worker.train(STATE, order)
    assert is_gone(process)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can be told whom to kill first")
def test_a_worker_is_the_first_to_go_when_memory_runs_out(workers, process_of):
    workers.loaded("does_nothing")

    assert "1000" == Path(f"/proc/{process_of().pid}/oom_score_adj").read_text().strip()


def test_output_of_a_worker_does_not_fill_the_disk(workers, process_of):
    worker = workers.loaded("prints_megabytes")
    worker.train(STATE, ORDER)

    assert len("\n".join(worker._child.log.last_lines(100))) <= child_module.LOG_TAIL_BYTES
    assert [file for file in process_of().open_files() if not file.path.startswith("/proc/")] == []


def test_a_reply_that_comes_twice_ends_the_worker(workers):
    worker = workers.loaded("answers_twice")

    with pytest.raises(MeasurementFailed, match=r"^train: the worker's reply is not a message: more came than one"):
        worker.train(STATE, ORDER)
    assert not worker.alive
