"""Programs behind the protocol: what is asked and checked, how each fault is told, and the page that describes it."""

import io
import os
import re
import signal
import sys
from dataclasses import replace
from functools import cache
from itertools import groupby
from pathlib import Path

import numpy as np
import psutil
import pytest
from easy_data import easy_data
from zoo_faults import PROBLEM, STATE, Workers, is_gone, wait_until

from paragone.adapters import klv, program, runner_clock
from paragone.adapters.process import ProcessImplementation
from paragone.adapters.program import ONCE
from paragone.adapters.runner_clock import MOST_SHORT_IN_A_ROW, RunnerClock
from paragone.errors import HarnessError, MeasurementFailed
from paragone.files.paths import PROJECT
from paragone.implementation.contract import FLOATS
from paragone.machine.child import LOG_TAIL_BYTES
from paragone.measure.yardstick import FOLDER
from paragone.task.mlp.gate import stress_problem, stress_state
from paragone.task.mlp.judge import judge
from paragone.task.mlp.problem_files import find_problem, shipped_names
from paragone.task.mlp.reference import trajectory
from paragone.task.mlp.state import State

NULL = (FOLDER / "networks" / "null_runner.py").read_text()
SERVES = NULL[NULL.index("while (message") :]
IMAGES, LABELS = np.full((60, 784), 0.5), np.zeros(60, np.uint8)
ORDER = np.zeros((3, 5), np.int64)
RECORDS_LOSS = replace(PROBLEM, records_loss=True)


def answering(verb, code):
    """The null runner, with other code for the answer to one verb."""
    head = "    global state, wants_losses\n"
    assert head in NULL
    return NULL.replace(head, f"{head}    if message['do'] == b'{verb}':\n        {code}\n")


def serving(code):
    """The functions of the null runner, with other code instead of its loop."""
    return NULL.replace(SERVES, f"import os, signal\ninput, output = sys.stdin.buffer, sys.stdout.buffer\n{code}\n")


@pytest.fixture
def made(tmp_path):
    """Return a function that makes an implementation of the text of a runner; all of them are closed in the end."""
    opened = []

    def make(text=NULL, *arguments, **attributes):
        (tmp_path / "runner.py").write_text(text)
        members = {
            "name": "mine",
            "axes": {"dtype": ("float64",)},
            "folder": classmethod(lambda cls: tmp_path),
            "command": lambda self: [sys.executable, "runner.py", *arguments],
        }
        opened.append(type("Mine", (ProcessImplementation,), {**members, **attributes})(dtype="float64"))
        return opened[-1]

    yield make
    for implementation in opened:
        implementation.close()


@pytest.fixture
def loaded(made):
    def load(*text, problem=PROBLEM):
        implementation = made(*text)
        implementation.load(problem, IMAGES, LABELS)
        implementation.reset(STATE)
        return implementation

    return load


def reason_of(call, *arguments):
    with pytest.raises(MeasurementFailed) as failure:
        call(*arguments)
    return str(failure.value)


# --- what is asked ---


@pytest.mark.parametrize(
    ("declared", "told"), [({}, "no field"), ({"hidden_activations": ("sigmoid", "relu")}, "relu")]
)
def test_a_program_is_told_the_hidden_layers_where_its_class_declares_what_it_knows(made, declared, told):
    """One that declares nothing is sent what it always was: it may take a field that it does not know for a fault."""
    code = "return {'error': message.get('hidden', b'no field').decode()}"
    implementation = made(answering("load", code), **declared)

    with pytest.raises(MeasurementFailed, match=f"says: {told}"):
        implementation.load(replace(PROBLEM, hidden_activation="relu"), IMAGES, LABELS)


def test_a_program_gives_back_the_state_it_was_sent(loaded):
    state = replace(STATE, dW=STATE.W, db=STATE.b, step=7)
    implementation = loaded()
    implementation.reset(state)

    assert implementation.train(ORDER) is None
    assert implementation.params().digest() == replace(state, step=10).digest()
    assert 0 <= implementation.runner_ns < 1e9


def test_losses_come_back_where_they_are_recorded(loaded):
    np.testing.assert_array_equal(loaded(NULL, problem=RECORDS_LOSS).train(ORDER), np.zeros(3))


def test_the_build_info_is_the_command_and_what_the_program_says_it_is(made, monkeypatch):
    monkeypatch.setenv("ALREADY_SET", "1")
    implementation = made(NULL, "a b", environment=lambda self: {"MINE": "2", "ALREADY_SET": "1"})
    implementation.load(PROBLEM, IMAGES, LABELS)
    words = f"Python {'.'.join(map(str, sys.version_info[:3]))}"

    assert implementation.build_info() == {"command": f"MINE=2 {sys.executable} runner.py 'a b'", "version": words}
    assert implementation.threads() == {"mine": 1}


def test_a_program_need_not_tell_its_threads(loaded):
    assert loaded(answering("version", "return {'protocol': 1, 'version': 'x'}")).threads() == {}


def test_the_program_has_the_environment_of_the_worker_and_its_own(made, monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "3")
    text = "import os\n" + answering(
        "version",
        "return {'protocol': 1, 'version': os.environ['OPENBLAS_NUM_THREADS'] + os.environ['MINE'] + os.getcwd()}",
    )
    implementation = made(text, environment=lambda self: {"MINE": "4"})
    implementation.load(PROBLEM, IMAGES, LABELS)

    assert implementation.build_info()["version"] == f"34{implementation.folder()}"


def test_two_instances_are_programs_of_their_own_in_the_group_of_the_worker_and_load_may_come_again(loaded):
    first, second = loaded(), loaded()
    before = first.running.process
    second.reset(replace(STATE, step=5))
    first.load(PROBLEM, IMAGES, LABELS)

    assert first.running.process is before
    assert second.running.process.pid != before.pid
    assert second.params().step == 5
    assert os.getpgid(first.running.process.pid) == os.getpgid(0)


def test_a_program_ends_by_itself_when_it_is_closed_and_leaves_no_descriptor_open(loaded):
    before = psutil.Process().num_fds()
    implementation = loaded()
    process = implementation.running.process
    implementation.close()
    implementation.close()

    assert process.returncode == 0
    assert psutil.Process().num_fds() == before
    assert "load comes first" in reason_of(implementation.train, ORDER)


def test_an_implementation_that_is_dropped_ends_its_program(loaded):
    implementation = loaded()
    process = implementation.running.process
    implementation.__del__()

    assert process.returncode == 0


def test_a_program_that_ignores_the_end_of_its_input_is_killed(loaded, monkeypatch):
    monkeypatch.setattr(program, "SECONDS_TO_EXIT", 0.05)
    implementation = loaded(f"{NULL}\nimport signal\nsignal.pause()\n")
    process = implementation.running.process
    implementation.close()

    assert process.returncode == -signal.SIGKILL


# --- what is missing ---


def test_a_program_that_is_there_is_not_missing(made):
    (made().folder() / "run").write_text("")
    (made().folder() / "run").chmod(0o755)

    assert made().missing() is None
    assert made(command=lambda self: ["sh"]).missing() is None
    assert made(command=lambda self: ["./run"]).missing() is None


def test_a_program_that_is_missing_is_told_with_what_to_do(made):
    folder = made().folder()
    missing = {
        name: made(command=lambda self, name=name: [name], install="Install: make").missing()
        for name in ("no_such_language", "runner.py", "./no_runner", "./runner.py")
    }

    assert missing == {
        "no_such_language": "no_such_language was not found on PATH. Install: make",
        "runner.py": "runner.py was not found on PATH; the one in its own folder is ./runner.py. Install: make",
        "./no_runner": f"{folder}/no_runner does not exist. Install: make",
        "./runner.py": f"{folder}/runner.py may not be executed: chmod +x {folder}/runner.py. Install: make",
    }


def test_a_program_that_cannot_be_started_is_told(made):
    implementation = made(command=lambda self: ["./runner.py"])

    assert reason_of(implementation.load, PROBLEM, IMAGES, LABELS) == (
        "./runner.py cannot be started: Permission denied"
    )


# --- faults, each told with its reason ---

NAME = Path(sys.executable).name


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            f"print('Welcome to MyLang 3.2', flush=True)\n{NULL}",
            f"version: the answer of {NAME}: expected a field `key:LENGTH:VALUE`, got 'Welcome to MyLang 3.2'; "
            "stdout carries the protocol alone: print to stderr",
        ),
        ("import sys\nsys.exit('no GPU')", f"version: {NAME} exited with code 1: no GPU"),
        (serving("print('protocol:1:1', flush=True)\nos._exit(3)"), f"version: {NAME} exited with code 3"),
        (
            serving("print('version:900:My', flush=True)\nos._exit(3)"),
            f"version: {NAME} exited with code 3 within the field 'version', after 3 of its 900 bytes",
        ),
        (serving("os.kill(os.getpid(), signal.SIGSEGV)"), f"version: {NAME} was killed by SIGSEGV"),
        (
            answering("version", "return {'protocol': 2, 'version': 'x'}"),
            f"version: the answer of {NAME}: protocol: expected 1, got 2",
        ),
        (
            answering("version", "return {'version': 'x'}"),
            f"version: the answer of {NAME}: protocol: expected 1, got no such field",
        ),
        (
            answering("version", "return {'protocol': 1, 'version': ' '}"),
            f"version: the answer of {NAME}: version: expected a text that says what it is, got none",
        ),
        (
            answering("version", "return {'protocol': 1, 'version': 'x', 'threads': 'all'}"),
            f"version: the answer of {NAME}: threads: expected a number, got 'all'",
        ),
        (
            answering("version", "return {'protocol': 1, 'version': 'x', 'threads': '²'}"),
            f"version: the answer of {NAME}: threads: expected a number, got '²'",
        ),
        (
            answering("version", "return {'protocol': 1, 'version': 'x' * 1001}"),
            f"version: the answer of {NAME}: version: expected at most 1000 characters",
        ),
        (
            answering("version", "return dict.fromkeys(map(str, range(65)), b'')"),
            f"version: the answer of {NAME}: a message has more than 64 fields: does it end with `end:0:`?",
        ),
        (
            answering("load", "return {'protocol': 1}"),
            f"load: the answer of {NAME}: expected no field but `end:0:`, got protocol; {ONCE}",
        ),
        (answering("load", "return {'error': 'no room'}"), f"load: {NAME} says: no room"),
        (answering("load", "sys.exit('no room')"), f"load: {NAME} exited with code 1: no room"),
    ],
)
def test_a_fault_before_it_is_loaded_is_told_and_ends_the_program(made, text, reason):
    implementation, before = made(text), psutil.Process().children()

    assert reason_of(implementation.load, PROBLEM, IMAGES, LABELS) == reason
    assert implementation.running is None
    assert psutil.Process().children() == before


@pytest.mark.parametrize(
    ("verb", "code", "reason"),
    [
        ("train", "return {'ended_ns': 1}", "the field 'began_ns' is missing, there are: ended_ns; " + ONCE),
        ("train", "return {}", "the field 'began_ns' is missing, there are: none; " + ONCE),
        ("train", "return {'began_ns': 1.5, 'ended_ns': 2}", "began_ns: expected a whole number, got b'1.5'"),
        (
            "train",
            "return {'began_ns': '9' * 5000, 'ended_ns': 2}",
            "began_ns: expected a whole number, got b'" + 40 * "9" + "'",
        ),
        (
            "train",
            "return {'began_ns': 2, 'ended_ns': 1}",
            "the clock goes backwards: began_ns is 2, ended_ns is 1; use a monotonic one",
        ),
        (
            "train",
            "return {'began_ns': 1, 'ended_ns': 1, 'losses': bytes(32)}",
            "losses: expected 3 numbers of 8 bytes, got 32 bytes",
        ),
        (
            "train",
            "return {'began_ns': 1, 'ended_ns': 1}",
            "the field 'losses' is missing, there are: began_ns, ended_ns; " + ONCE,
        ),
        (
            "params",
            "return {'state': state[8:]}",
            f"state: expected {STATE.flat().size} numbers of 8 bytes, got {8 * STATE.flat().size - 8} bytes",
        ),
        ("params", "return {}", "the field 'state' is missing, there are: none; " + ONCE),
    ],
)
def test_an_answer_that_is_not_what_was_asked_for_ends_the_program(loaded, verb, code, reason):
    implementation = loaded(answering(verb, code), problem=RECORDS_LOSS)
    arguments = [ORDER] if verb == "train" else []
    fault = f"the answer of {NAME}: {reason}"

    assert reason_of(getattr(implementation, verb), *arguments) == f"{verb}: {fault}"
    assert implementation.running.process.wait() == -signal.SIGKILL
    assert reason_of(implementation.reset, STATE) == f"reset: {NAME} was killed: {fault}"


def test_the_last_lines_on_standard_error_tell_why_it_died(loaded):
    words = "\\n".join(["early", "Traceback", "  a line", "KeyError: 1", ""])
    implementation = loaded(answering("train", f"sys.exit('{words}')"))

    assert reason_of(implementation.train, ORDER).startswith(
        f"train: {NAME} exited with code 1: Traceback / a line / KeyError: 1. All that it printed: "
    )


def test_a_traceback_that_is_the_answer_is_told_as_its_error_and_place(loaded):
    code = "return {'error': 'Traceback:\\n  File \"/x/mine.py\", line 7, in f\\n    g()\\nKeyError: 3'}"

    assert reason_of(loaded(answering("train", code)).train, ORDER) == f"train: {NAME} says: mine.py:7: KeyError: 3"


def test_an_uncaught_exception_of_a_program_is_told_with_its_place(loaded):
    line = answering("train", "no_such_name").partition("        no_such_name")[0].count("\n") + 1
    reason = reason_of(loaded(answering("train", "no_such_name")).train, ORDER)

    assert f"exited with code 1: runner.py:{line}: NameError: name 'no_such_name' is not defined" in reason


def test_a_program_that_closes_its_output_and_goes_on_is_ended(loaded, monkeypatch):
    monkeypatch.setattr(program, "SECONDS_TO_EXIT", 0.05)
    implementation = loaded("import os, signal\n" + answering("train", "os.close(1)\n        signal.pause()"))

    assert reason_of(implementation.train, ORDER) == f"train: {NAME} closed its output and went on"
    assert implementation.running.process.wait() == -signal.SIGKILL


def test_a_program_that_answers_with_an_error_goes_on(loaded):
    implementation = loaded(answering("train", "return {'error': 'batch of 5\\n'}"))

    assert reason_of(implementation.train, ORDER) == f"train: {NAME} says: batch of 5"
    assert implementation.params().digest() == STATE.digest()


def test_a_program_that_died_between_two_questions_is_told_by_the_next(loaded):
    implementation = loaded()
    implementation.running.process.kill()
    implementation.running.process.wait()

    assert reason_of(implementation.train, ORDER) == f"train: {NAME} was killed by SIGKILL"
    assert "was killed" in reason_of(implementation.params)


ANSWERS_EARLY = """
write_message(output, answer(read_message(input)))
write_message(output, {fields})
signal.pause()
"""


def test_a_long_error_while_the_training_set_is_still_sent_is_told(made):
    implementation = made(serving(ANSWERS_EARLY.format(fields={"error": "no room " * 100_000})))
    before = psutil.Process().children()

    images = np.zeros((2000, 784))
    reason = reason_of(implementation.load, replace(PROBLEM, n_train=2000), images, np.zeros(2000, np.uint8))
    assert reason.startswith(f"load: {NAME} says: no room no room ")
    assert psutil.Process().children() == before


def test_an_answer_before_the_training_set_was_read_is_a_fault(made, monkeypatch):
    monkeypatch.setattr(program, "SECONDS_TO_EXIT", 0.05)
    implementation = made(serving(ANSWERS_EARLY.format(fields={})))

    assert reason_of(implementation.load, PROBLEM, IMAGES, LABELS) == (
        f"load: {NAME} answered before it had read the training set"
    )


def test_an_error_of_a_program_that_ends_without_reading_on_is_told(made):
    text = serving(
        "for _ in range(2):\n    write_message(output, answer(read_message(input)))\n"
        "write_message(output, {'error': 'no room'})"
    )
    implementation = made(text)
    implementation.load(replace(PROBLEM, layers=(784, 30, 10)), IMAGES, LABELS)

    state = replace(PROBLEM, layers=(784, 300, 10)).start_state(1)  # more than a pipe holds
    assert reason_of(implementation.reset, state) == f"reset: {NAME} says: no room"


def test_a_program_that_runs_is_loaded_again_and_one_that_was_ended_is_started_again(loaded):
    implementation = loaded(answering("train", "return {}"))
    first = implementation.running.process.pid
    implementation.load(PROBLEM, IMAGES, LABELS)

    assert first == implementation.running.process.pid
    implementation.reset(STATE)
    reason_of(implementation.train, ORDER)
    implementation.load(PROBLEM, IMAGES, LABELS)
    assert first != implementation.running.process.pid


# --- its clock ---


def test_the_clock_must_not_go_back_behind_the_train_before():
    clock = RunnerClock()

    assert clock.elapsed_ns(-500, -400, 1000) == 100
    assert clock.elapsed_ns(-400, -399, 1000) == 1
    with pytest.raises(MeasurementFailed, match="began_ns is -400, but ended_ns of the train before was -399"):
        clock.elapsed_ns(-400, -300, 1000)


def test_the_clock_must_fit_into_the_time_that_the_harness_waited():
    assert RunnerClock().elapsed_ns(0, 1_000_500, 1_000_000) == 1_000_500  # two clocks, both right
    with pytest.raises(MeasurementFailed, match="the clock says 1002000 ns, but the answer took 1000000 ns in all"):
        RunnerClock().elapsed_ns(0, 1_002_000, 1_000_000)


def test_a_clock_in_microseconds_is_found_at_the_fifth_long_train():
    clock, long, short = RunnerClock(), 40_000_000, 5_000_000

    for began_ns in range(0, 400_000, 100_000):
        assert clock.elapsed_ns(began_ns, began_ns + 40_000, long) == 40_000
        assert clock.elapsed_ns(began_ns + 40_000, began_ns + 45_000, short) == 5_000
    with pytest.raises(MeasurementFailed, match=r"says 39000 for a train that took 40000000 ns.*nanoseconds are expec"):
        clock.elapsed_ns(400_000, 439_000, long)


def test_an_honest_clock_on_a_busy_machine_is_no_fault():
    clock, waited_ns = RunnerClock(), 27_000_000  # of which the program got a CPU for a tenth

    for began_ns in range(0, 10**10, 10**9):
        assert clock.elapsed_ns(began_ns, began_ns + waited_ns // 10, waited_ns) == waited_ns // 10


def test_four_trains_that_compiled_before_they_looked_at_the_clock_are_no_fault():
    clock = RunnerClock()

    for began_ns, elapsed_ns in enumerate([1] * MOST_SHORT_IN_A_ROW + [39_000_000] + [1] * MOST_SHORT_IN_A_ROW):
        assert clock.elapsed_ns(began_ns * 10**9, began_ns * 10**9 + elapsed_ns, 40_000_000) == elapsed_ns


def test_what_the_clock_says_is_held_against_the_wait_for_this_very_answer(loaded, monkeypatch):
    monkeypatch.setattr(runner_clock, "CHECKED_WAIT_NS", 0)
    implementation = loaded(answering("train", "return {'began_ns': 1, 'ended_ns': 1}"))
    for _ in range(MOST_SHORT_IN_A_ROW):
        implementation.train(ORDER)

    assert "nanoseconds are expected" in reason_of(implementation.train, ORDER)
    assert f"the answer of {NAME}: the clock says 3600000000000 ns" in reason_of(
        loaded(answering("train", "return {'began_ns': 0, 'ended_ns': 3600 * 10**9}")).train, ORDER
    )


# --- in a worker ---

IMPL = """
import sys
from paragone.adapters.process import ProcessImplementation

class Hosted(ProcessImplementation):
    name, language, layout, source, idea = "hosted", "Python", "none", "a test", "none"
    maths, axes = ("runner.py",), {"dtype": ("float32",)}

    def command(self):
        return [sys.executable, "runner.py"]
"""


@pytest.fixture(scope="module")
def workers(tmp_path_factory):
    with Workers(easy_data(tmp_path_factory.mktemp("cache"))) as workers:
        yield workers


@pytest.fixture
def hosted(workers, tmp_path):
    """Return a function that gives a worker, what its load reports, and the processes of both."""

    def open_worker(text=NULL, **settings):
        (tmp_path / "impl.py").write_text(IMPL)
        (tmp_path / "runner.py").write_text(text)
        worker = workers.open("hosted", **settings)
        process = psutil.Process(worker._child.pid)
        answer = workers.load(worker, str(tmp_path))
        return worker, answer, process, *process.children()

    return open_worker


def test_what_a_program_writes_to_standard_error_lies_in_no_file_and_its_end_is_the_reason(loaded):
    """64 MB in one train: the worker that reads them goes on, and keeps the last 64 KiB."""
    flood = "for _ in range(1000): sys.stderr.write('x' * 65536)"
    implementation = loaded(answering("train", f"{flood}\n        sys.exit('the end')"))
    log = implementation.running.log

    with pytest.raises(MeasurementFailed, match=r"exited with code 1.*the end\. All that it printed: "):
        implementation.train(ORDER)
    assert len("\n".join(log.last_lines(100))) <= LOG_TAIL_BYTES


def test_a_worker_reports_the_build_info_the_threads_and_the_clock_of_a_program(hosted):
    worker, answer, *_ = hosted()
    worker.prepare(STATE, ORDER[:1])
    worker.reset(STATE)
    sample = worker.take_sample(ORDER)

    assert answer.build_info["version"].startswith("Python ")
    assert "hosted" in repr(answer.threads_found)
    assert 0 <= sample.runner_ns < sample.elapsed_ns


def test_a_program_goes_on_where_its_worker_is_loaded_with_another_problem(hosted, workers, tmp_path):
    worker, _, process, runner = hosted()
    other = replace(PROBLEM, momentum=0.5)
    again = workers.load(worker, str(tmp_path), other)

    assert [runner] == process.children()
    assert again.build_info["version"].startswith("Python ")
    assert worker.train(STATE, ORDER)[0].step == 3


def test_a_program_is_started_anew_where_its_worker_is_loaded_with_another_dtype(hosted, workers, tmp_path):
    worker, _, process, runner = hosted()
    workers.load(worker, str(tmp_path), dtype="float64")

    assert is_gone(runner)
    assert 1 == len(process.children())


def test_a_program_is_stopped_awakened_and_killed_with_its_worker(hosted):
    worker, _, process, runner = hosted()

    assert wait_until(lambda: runner.status() == psutil.STATUS_STOPPED)
    state, _ = worker.train(STATE, ORDER)
    assert state.step == 3
    assert wait_until(lambda: runner.status() == psutil.STATUS_STOPPED)
    worker.kill()
    assert is_gone(process)
    assert wait_until(lambda: is_gone(runner))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux kills a child with its parent")
def test_a_program_dies_with_its_worker_though_it_is_stopped_and_takes_no_hint(hosted):
    ignores_hints = "import signal\nsignal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
    _, _, process, runner = hosted(f"{ignores_hints}{NULL}\nsignal.pause()\n")
    assert wait_until(lambda: runner.status() == psutil.STATUS_STOPPED)
    process.kill()

    assert wait_until(lambda: is_gone(runner))


def test_a_program_that_never_answers_ends_at_the_time_limit_with_its_worker(hosted):
    worker, _, _, runner = hosted("import signal\n" + answering("train", "signal.pause()"))
    worker.time_limit_s = 0.2

    with pytest.raises(HarnessError, match="no answer within the time limit"):
        worker.train(STATE, ORDER)
    assert wait_until(lambda: is_gone(runner))


# --- the page ---

PAGE = (PROJECT / "docs" / "process.md").read_text()
FENCES = [(match[1], match[2]) for match in re.finditer(r"^```(\w*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)]
(SESSION,) = [text for kind, text in FENCES if kind == "text"]
GLUE, RUNNER = (text for kind, text in FENCES if kind == "python")
TINY = replace(find_problem("mlp4"), n_train=3, layers=(2, 2))


def conversation(lines):
    """Return (who, message) for each message of lines that start with `>` or `<`."""
    for who, said in groupby(lines, key=lambda line: line[0]):
        yield who, klv.pack("\n".join(line[2:] for line in said))


def test_the_page_is_short_and_so_is_its_program():
    assert len(PAGE.splitlines()) < 260
    assert sum(bool(line.strip()) for line in RUNNER.splitlines()) <= 80  # counted as lines of maths are


def test_the_session_of_the_page_is_true(made, monkeypatch):
    spoken = []

    def write(stream, fields):
        spoken.append((">", {key: value if isinstance(value, str) else bytes(value) for key, value in fields.items()}))
        klv.write_message(stream, fields)

    def read(stream):
        spoken.append(("<", klv.read_message(stream)))
        return spoken[-1][1]

    monkeypatch.setattr(program, "write_message", write)
    monkeypatch.setattr(program, "read_message", read)
    implementation = made(RUNNER, axes={"dtype": ("float32",)})
    implementation.dtype = np.dtype("float32")
    images = np.array([[0, 1], [1, 0], [0.5, 0.5]], np.float32)
    implementation.load(TINY, images, np.array([0, 1, 1], np.uint8))
    implementation.reset(State.at_rest([np.array([[0.5, -0.5], [0.25, 1]])], [np.zeros(2)]))
    implementation.train(np.array([[2, 0]]))
    implementation.params()

    shown = list(conversation(SESSION.splitlines()))
    assert [who for who, _ in spoken] == [who for who, _ in shown]
    for (who, fields), (_, raw) in zip(spoken, shown, strict=True):
        compare = same_bytes if who == ">" else same_answer
        compare(fields, raw)


def same_bytes(fields, raw):
    stream = io.BytesIO()
    klv.write_message(stream, fields)
    assert stream.getvalue() == raw


def same_answer(fields, raw):
    """The same fields; arrays to the last digits, which may differ between two machines; versions and times do."""
    expected = klv.read_message(io.BytesIO(raw))
    assert list(fields) == list(expected)
    for key in {"losses", "state"} & set(fields):
        np.testing.assert_allclose(np.frombuffer(fields[key]), np.frombuffer(expected[key]), rtol=1e-5)


PIXELS, HIDDEN, N_TRAIN = 25, (8, 7), 43
SHIPPED = [
    replace(problem, n_train=N_TRAIN, layers=(PIXELS, *HIDDEN[: len(problem.layers) - 2], 10))
    for problem in map(find_problem, shipped_names())
    if problem.undeclared_by(ProcessImplementation) is None  # the program of the page declares no hidden layers
]
RANDOM = np.random.Generator(np.random.PCG64(1))
PIXEL_BYTES = RANDOM.integers(0, 256, (N_TRAIN, PIXELS)).astype(np.uint8)
CLASSES = RANDOM.integers(0, 10, N_TRAIN).astype(np.uint8)


@cache
def expected(problem, batch_size):
    state, order = stress_state(problem, 3, batch_size), problem.order(3, 5, batch_size)
    return state, order, trajectory(problem, PIXEL_BYTES, CLASSES, state, order)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("problem", [*SHIPPED, *map(stress_problem, SHIPPED)], ids=lambda problem: problem.name)
def test_the_program_of_the_page_passes_the_gate(made, problem, dtype):
    implementation = made(RUNNER)
    implementation.dtype = np.dtype(dtype)
    implementation.load(problem, (PIXEL_BYTES / 255.0).astype(dtype), CLASSES)
    for batch_size in (1, 7, N_TRAIN):
        state, order, reference = expected(problem, batch_size)
        implementation.reset(state)
        losses = implementation.train(order)
        check = judge(problem, reference, implementation.params(), losses, dtype)

        assert check.passed, check.reason


def test_the_glue_of_the_page_is_an_implementation(workers, tmp_path):
    (tmp_path / "impl.py").write_text(GLUE)
    (tmp_path / "runner.py").write_text(RUNNER)
    worker = workers.open("my_step")

    assert workers.load(worker, str(tmp_path)).build_info["version"] == f"NumPy {np.__version__}"
    worker.kill()


# --- phases ---


def clocked(implementation):
    implementation.load_clocked(PROBLEM, IMAGES, LABELS)
    implementation.reset(STATE)
    implementation.train(ORDER)
    return implementation


def test_a_program_is_asked_for_its_phases_in_a_profile_alone(made):
    text = answering("load", "return {'error': message.get('phases', b'not asked')}")

    assert "says: not asked" in reason_of(made(text).load, PROBLEM, IMAGES, LABELS)
    assert "says: 1" in reason_of(made(text).load_clocked, PROBLEM, IMAGES, LABELS)


def test_the_phases_that_a_program_tells_come_through(made):
    text = answering("train", "return {'began_ns': 1, 'ended_ns': 9, 'phases': 'gather 3 update 4'}")

    assert clocked(made(text)).phase_times().phases == {"gather": 3, "update": 4}


def test_a_program_that_does_not_know_phases_goes_on_and_tells_none(made):
    implementation = clocked(made())

    assert implementation.phase_times().phases == {}
    assert implementation.params().digest() == replace(STATE, step=len(ORDER)).digest()


def test_phases_that_are_none_are_refused(made):
    text = answering("train", "return {'began_ns': 1, 'ended_ns': 9, 'phases': 'gathering 3'}")

    assert "phases: expected nanoseconds" in reason_of(clocked(made(text)).phase_times)
