"""Workers that host faulty code: each fault is one sentence with its reason, and costs no more than it must."""

import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest
from easy_data import easy_data
from zoo_faults import FAULTS, ORDER, PROBLEM, STATE, ReusedWorkers, Workers, is_gone, wait_until, workers_below
from zoo_faults.honest import Honest

from paragone.errors import HarnessError, MeasurementFailed
from paragone.files.paths import IMPORT_ROOT
from paragone.implementation.failure_reason import MOST_REASON_CHARACTERS, describe_error
from paragone.task.mlp.judge import form_fault
from paragone.task.mlp.state import State
from paragone.worker.commands import CallParams, EstimateStep, GetResult, Load, Prepare, Reset
from paragone.worker.process import HostedVariant

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux kills a child with its parent")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return easy_data(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def workers(data):
    """One worker for many tests; a new one where a test has ended it."""
    with ReusedWorkers(data) as workers:
        yield workers


@pytest.fixture
def fresh_workers(data):
    with Workers(data) as workers:
        yield workers


def reason_of(call) -> str:
    with pytest.raises(MeasurementFailed) as raised:
        call()
    return str(raised.value)


def place(name: str, line: str) -> str:
    """Return how a reason names the line of an implementation of the zoo that begins so."""
    lines = (FAULTS / name / "impl.py").read_text().splitlines()
    (number,) = [number for number, text in enumerate(lines, start=1) if text.strip().startswith(line)]
    return f"(impl.py, line {number})"


# --- what the contract promises the hosted code ---


def test_a_worker_trains_from_the_state_it_is_given_over_the_order_it_is_given(workers):
    worker = workers.loaded("numpy_rows")
    first, _ = worker.train(STATE, ORDER[:2])
    second, _ = worker.train(first, ORDER[2:])
    both, _ = worker.train(STATE, ORDER)

    assert 3 == second.step
    assert both.digest() == second.digest()
    assert first.digest() == worker.train(STATE, ORDER, n_steps=2)[0].digest()


def test_a_sample_trains_from_the_state_of_reset_over_the_order_that_comes_with_it(workers):
    worker = workers.loaded("numpy_rows")
    worker.prepare(STATE, ORDER[:1])
    worker.reset(STATE)
    sample = worker.take_sample(ORDER)
    worker.call_params()
    trained, _ = worker.train(STATE, ORDER)

    assert 3 == sample.n_steps
    assert 0 < sample.elapsed_ns
    worker.prepare(STATE, ORDER[:1])
    worker.reset(STATE)
    worker.take_sample(ORDER)
    assert trained.digest() == worker.result()[0].digest()


def test_a_sample_in_two_parts_has_the_state_and_all_losses_of_one(workers):
    worker = workers.open("numpy_rows")
    workers.load(worker, "numpy_rows", problem=replace(PROBLEM, records_loss=True))
    trained, losses = worker.train(STATE, ORDER)
    for _ in range(2):
        worker.reset(STATE, len(ORDER))
        for part in (ORDER[:1], ORDER[1:]):
            worker.take_sample(part)
        worker.call_params()
        state, of_parts = worker.result()

        assert trained.digest() == state.digest()
        assert losses.tolist() == of_parts.tolist()


def test_the_result_is_that_of_the_last_call_of_params(workers):
    worker = workers.loaded("numpy_rows")
    results = []
    for n_steps in (1, 2):
        worker.prepare(STATE, ORDER[:0])
        worker.reset(STATE)
        worker.take_sample(ORDER[:n_steps])
        worker.call_params()
        results.append(worker.result()[0].step)

    assert [1, 2] == results


def hosting(implementation):
    hosted = HostedVariant()
    hosted.implementation, hosted.problem = implementation, PROBLEM
    implementation.load(PROBLEM, None, None)
    return hosted


def test_the_steps_before_a_sample_begin_elsewhere_and_its_start_comes_with_reset():
    hosted = hosting(Honest(dtype="float32"))

    elsewhere = PROBLEM.start_state(seed=9)
    hosted.execute(Prepare(step=0), {**elsewhere.tensors(), "order": ORDER})
    assert elsewhere.digest() == replace(hosted.implementation.state, step=0).digest()
    hosted.execute(Reset(step=STATE.step), STATE.tensors())
    assert STATE.digest() == hosted.implementation.state.digest()


def test_what_params_has_given_does_not_change_before_it_is_fetched():
    hosted = hosting(Honest(dtype="float32"))
    given = PROBLEM.start_state(seed=3)
    hosted.execute(Reset(step=given.step), given.tensors())
    hosted.execute(CallParams(), {})
    before = given.digest()
    given.W[0][:] = 0

    _, arrays = hosted.execute(GetResult(), {})
    assert before == State.from_tensors(arrays, given.step).digest()


def test_the_reply_to_load_holds_the_build_info(workers):
    loaded = workers.load(workers.open("tells_of_itself"), "tells_of_itself")

    assert loaded.build_info["compiler"] == "cc 1.0"
    assert loaded.build_info["flags"] == "-I~/include"
    assert {pool["library"]: pool["num_threads"] for pool in loaded.threads_found["pools"]}["its BLAS"] == 1


def test_an_implementation_is_closed_before_another_is_loaded(fresh_workers):
    worker = fresh_workers.open("tells_of_itself")
    loaded = [fresh_workers.load(worker, "tells_of_itself") for _ in range(2)]

    assert ["0", "1"] == [each.build_info["closed before"] for each in loaded]


def test_what_params_gave_before_a_load_is_no_result_after_it(workers):
    worker = workers.loaded("numpy_rows")
    worker.prepare(STATE, ORDER[:0])
    worker.reset(STATE)
    worker.take_sample(ORDER)
    worker.call_params()
    workers.load(worker, "numpy_rows")

    assert 1 == worker.train(STATE, ORDER[:1])[0].step


def test_the_cost_of_a_step_is_a_time(workers):
    worker = workers.loaded("numpy_rows")

    assert 0 < worker.call_from(STATE, EstimateStep(size=5)).step_seconds < 60


@pytest.mark.parametrize("what", ["images", "labels", "order", "state"])
def test_arrays_given_to_hosted_code_are_read_only(workers, what):
    worker = workers.loaded("writes_what_it_is_given", what=what)

    assert "read-only" in reason_of(lambda: worker.train(STATE, ORDER))


def test_the_order_of_a_sample_cannot_be_written_either(workers):
    worker = workers.loaded("writes_what_it_is_given", what="order")
    worker.prepare(STATE, ORDER[:0])
    worker.reset(STATE)

    assert "read-only" in reason_of(lambda: worker.take_sample(ORDER))


def test_a_worker_loads_none_of_the_libraries_that_only_the_harness_needs(fresh_workers):
    worker = fresh_workers.loaded("tells_what_is_loaded")

    assert "loaded: []" in reason_of(lambda: worker.train(STATE, ORDER))


# --- what raises leaves the worker alive ---


def test_an_exception_in_load_is_reported_with_its_line(workers):
    worker = workers.open("raises_in_load")
    reason = reason_of(lambda: workers.load(worker, "raises_in_load"))

    assert f"load: ValueError: no room for 60 images {place('raises_in_load', 'raise')}" == reason
    assert worker.alive
    assert workers.load(worker, "does_nothing").load_seconds >= 0


@pytest.mark.parametrize(
    ("name", "reason", "line"),
    [
        ("raises_in_reset", "reset: KeyError: 'dW3'", "raise KeyError"),
        # Not the line of the library, of which the author knows nothing.
        ("raises_in_train", "train: LinAlgError: Singular matrix", "np.linalg.inv"),
    ],
)
def test_an_exception_is_reported_with_its_line_in_the_hosted_code(workers, name, reason, line):
    worker = workers.loaded(name)
    expected = f"{reason} {place(name, line)}"

    assert expected == reason_of(lambda: worker.train(STATE, ORDER))
    assert expected == reason_of(lambda: worker.train(STATE, ORDER))  # alive, and still the same
    assert worker.alive


def test_a_reason_as_long_as_a_book_is_cut(workers):
    worker = workers.loaded("raises_in_params")
    reason = reason_of(lambda: worker.train(STATE, ORDER))

    assert reason.startswith("params: RuntimeError: a long story a long story")
    assert reason.endswith(place("raises_in_params", "raise"))
    assert len(reason) < MOST_REASON_CHARACTERS + 100
    assert worker.alive


def test_an_implementation_that_cannot_be_imported_is_a_reason(workers, tmp_path):
    worker = workers.open("does_nothing")
    places = {"folder": str(tmp_path), "data": str(workers.data.folder), "environment": ""}
    command = Load(implementation="x", axis={"dtype": "float64"}, problem=PROBLEM, seed=1, **places)

    assert "cannot be imported" in reason_of(lambda: worker.call(command))
    assert worker.alive


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("float16", "W1 is float16; only float32, float64"),
        ("object", "W1 is object; only float32, float64"),
        ("ragged", "ValueError: setting an array element with a sequence"),
        ("text", "W1 is <U2; only float32, float64"),
        ("nothing", "'NoneType' object has no attribute"),
        ("no_updates", "params: dW1 is missing"),
    ],
)
def test_params_that_are_no_state_are_a_reason_and_leave_the_worker_alive(workers, kind, expected):
    worker = workers.loaded("gives_wrong_params", kind=kind)

    assert expected in reason_of(lambda: worker.train(STATE, ORDER))
    assert worker.alive


def test_params_of_another_shape_arrive_as_they_are_and_are_judged(workers):
    state, _ = workers.loaded("gives_wrong_params", kind="transposed").train(STATE, ORDER)

    assert "W1: expected float64 (4, 784), got float64 (784, 4)" == form_fault(PROBLEM, STATE, state)


def test_a_crash_of_julia_inside_python_names_its_twin_which_tells_the_place(workers):
    worker = workers.loaded("segfaults")
    worker.bridge = "julia"

    reason = reason_of(lambda: worker.train(STATE, ORDER))
    assert reason.endswith("Julia in a program of its own tells the file and line: paragone verify segfaults_process")


def test_a_result_that_is_not_finite_arrives_as_it_is_and_is_judged(workers):
    state, _ = workers.loaded("returns_nan").train(STATE, ORDER)

    assert "W1 is not finite" in form_fault(PROBLEM, STATE, state)
    assert np.isnan(state.W[0]).all()


# --- what ends the worker ---


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("exits", "train: the worker exited with code 1: not on a Sunday"),
        ("exits_at_once", "train: the worker exited with code 0"),
        (
            "segfaults",
            "train: the worker was killed by SIGSEGV: impl.py:12: Fatal Python error: Segmentation fault. "
            "All that it printed: KEPT. See: paragone verify segfaults --contract",
        ),
    ],
)
def test_how_the_worker_ended_is_told(workers, name, expected):
    worker = workers.loaded(name)

    assert expected == re.sub(r"~?/\S+\.txt", "KEPT", reason_of(lambda: worker.train(STATE, ORDER)))
    assert not worker.alive


def test_output_of_hosted_code_does_not_reach_the_pipe(workers):
    worker = workers.loaded("prints_megabytes")
    state, _ = worker.train(STATE, ORDER)

    assert 3 == state.step


@pytest.mark.parametrize(("name", "fault"), [("writes_everywhere", "not a message"), ("forges_answers", "malformed")])
def test_nonsense_in_the_pipe_ends_the_worker(workers, name, fault):
    worker = workers.loaded(name)

    assert f"train: the worker's reply is {fault}" in reason_of(lambda: worker.train(STATE, ORDER))
    assert not worker.alive


def test_a_sample_that_claims_more_time_than_the_harness_waited_ends_the_worker(fresh_workers):
    worker = fresh_workers.loaded("quickens_the_clock")
    worker.prepare(STATE, ORDER[:0])
    worker.reset(STATE)
    reason = reason_of(lambda: worker.take_sample(ORDER))

    assert reason.startswith("sample: says that it took ")
    assert not worker.alive


HARNESS = """
import sys
from zoo_faults import Workers
from paragone.task.mlp.data import open_cached
from pathlib import Path
worker = Workers(open_cached(Path(sys.argv[1]))).loaded("does_nothing")
print("ready", flush=True)
sys.stdin.read()
"""


@linux
def test_a_killed_harness_leaves_no_worker_behind_though_it_is_stopped(data):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(IMPORT_ROOT), str(FAULTS.parent)])}
    command = [sys.executable, "-c", HARNESS, str(data.folder)]
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as harness:
        assert b"ready\n" == harness.stdout.readline()
        (worker,) = workers_below(harness.pid)
        assert wait_until(lambda: worker.status() == psutil.STATUS_STOPPED)
        harness.send_signal(signal.SIGKILL)
        assert wait_until(lambda: is_gone(worker))


# --- describing an error ---


def raised_by(call) -> Exception:
    try:
        call()
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


def test_an_error_without_a_line_of_the_hosted_code_names_the_last_line_of_all(tmp_path):
    error = raised_by(lambda: int("x"))

    assert describe_error(error, tmp_path).startswith("ValueError: invalid literal")
    assert f"({Path(__file__).name}, line " in describe_error(error, tmp_path)
    assert describe_error(error, None) == describe_error(error, tmp_path)


def test_an_error_that_was_never_raised_has_no_place(tmp_path):
    assert "ValueError: no" == describe_error(ValueError("no"), tmp_path)


def test_a_file_name_that_is_not_utf8_is_escaped(tmp_path):
    assert r"/home/\udcff is missing" == describe_error(HarnessError("/home/\udcff is missing"), tmp_path)


def test_an_error_with_a_text_of_its_own_gets_no_line(tmp_path):
    assert "no" == describe_error(HarnessError("no"), tmp_path)
