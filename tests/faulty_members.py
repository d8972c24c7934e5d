"""The zoo of whole runs: plugins with one fault each, written into folders, and what is to be said of every one.

A member is the body of a class, or the code of a program, and a pattern of the reason; `at` says at which batch sizes
it fails where these are not all.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from pathlib import Path

from paragone.files.paths import PACKAGE
from paragone.measure.yardstick import FOLDER

NULL = (FOLDER / "networks" / "null_runner.py").read_text()
TEMPLATES = PACKAGE / "implementation" / "templates"
SMALL, LARGE = 10, 50
N_STEPS = 400  # of a sample, so that bits can be compared between runs

IMPL = """
import ctypes, os, signal, subprocess, sys, threading, time
from dataclasses import replace
import numpy as np
from zoo_faults.right import Right

class Member(Right):
    name = {name!r}
{body}
"""

PROGRAM = """
import sys
from paragone.adapters.process import ProcessImplementation

class Member(ProcessImplementation):
    name, language, layout, source, idea = {name!r}, "Python", "none", "a test", "A program with one fault."
    maths, axes = (), {{"dtype": ("float32",)}}
    def command(self):
        return [sys.executable, "runner.py"]
"""

# A daemon as books teach it: two forks, a session of its own. It says who it is, and works for ever.
DAEMON = """
def daemon(note):
    read, write = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if (pid := os.fork()) == 0:
            os.execve(sys.executable, [sys.executable, "-c", "import time; time.sleep(600)"], {environment})
        os.write(write, str(pid).encode())
        os._exit(0)
    note(int(os.read(read, 20)))
"""


@dataclass(frozen=True)
class Fault:
    """A member: its code, the pattern of its reason, the batch sizes at which it fails, what is before its class."""

    code: str
    reason: str
    at: tuple[int, ...] = (SMALL, LARGE)
    before: str = ""
    is_program: bool = False
    template: str = ""  # a starter, in which each (file, text) of `changes` becomes another text
    changes: tuple[tuple[str, str, str], ...] = ()


def verb(name: str, *lines: str) -> str:
    """Return the body of a class with another version of one verb."""
    arguments = {"load": "problem, images, labels", "reset": "state", "train": "order", "params": ""}[name]
    head = f"def {name}(self{', ' * bool(arguments)}{arguments}):"
    return "\n".join([head, *(f"    {line}" for line in lines)])


def answering(name: str, code: str) -> str:
    """Return the null runner with other code for the answer to one verb."""
    head = "    global state, wants_losses\n"
    assert head in NULL
    return NULL.replace(head, f"{head}    if message['do'] == b'{name}':\n        {code}\n")


def program(name: str, code: str, reason: str, at: tuple[int, ...] = (SMALL, LARGE)) -> Fault:
    """Return a member that is a program with one faulty answer."""
    return Fault(answering(name, code), reason, at, is_program=True)


GO_ON = "return super().train(order)"
# Works for minutes in C, where it needs no lock of Python's.
WORK = "import hashlib\ndef work():\n    hashlib.pbkdf2_hmac('sha256', b'', b'', 10**9)\n"

# What a worker without a process can host: these raise, or give a wrong result, or take no time.
IN_PYTHON: dict[str, Fault] = {
    # what raises
    "raises_in_load": Fault(
        verb("load", "raise ValueError('no room')"), r"^load: ValueError: no room \(impl\.py, line"
    ),
    "raises_in_reset": Fault(verb("reset", "raise KeyError('dW')"), r"^first steps: KeyError: 'dW' \(impl\.py, line"),
    "raises_in_train": Fault(
        verb("train", "1 / 0"), r"^first steps: ZeroDivisionError: division by zero \(impl\.py, line"
    ),
    "raises_in_params": Fault(verb("params", "raise OSError(5, 'gone')"), r"^params: OSError: .*gone \(impl\.py, line"),
    "raises_at_one_size": Fault(
        verb("train", f"if order.shape[1] == {LARGE} and len(order) > 4: raise MemoryError('too large')", GO_ON),
        r"MemoryError: too large",
        (LARGE,),
    ),
    "needs_what_is_not_there": Fault(
        verb("load", "import library_of_nobody"), r"ModuleNotFoundError: No module named 'library_of_nobody'"
    ),
    "needs_another_folder": Fault(
        verb("load", "open('weights_of_mine.txt')"), r"FileNotFoundError: .*weights_of_mine\.txt.*impl\.py, line"
    ),
    # what is wrong
    "returns_nan": Fault(
        verb("params", "state = super().params()", "state.W[0][:] = np.nan", "return state"), r"W1 is not finite"
    ),
    "returns_another_shape": Fault(
        verb("params", "state = super().params()", "return replace(state, W=tuple(W.T.copy() for W in state.W))"),
        r"W1: expected float64 \(4, 784\), got float64 \(784, 4\)",
    ),
    # what puts work off, and what knows an order
    "puts_most_of_it_off": Fault(
        verb("train", "n = len(order) // 4", "self.late = order[n:]", "return super().train(order[:n])")
        + "\n"
        + verb(
            "params", "late, self.late = self.late, self.late[:0]", "super().train(late)", "return super().params()"
        ),
        r"params\(\) took [\d.]+ ms after a train of|losses: expected floats",
    ),
    "trains_nothing_but_what_it_foresaw": Fault(
        verb(
            "train",
            "foreseen = self.problem.order(1, *order.shape).tobytes() == order.tobytes()",
            "return super().train(order if foreseen or self.problem.momentum else order * 0)",
        ),
        r"^[Wb]\d differs from the reference by",
    ),
    # what changes its inputs
    "writes_images": Fault(verb("load", "images[0] = 0"), r"read-only"),
    "writes_order": Fault(verb("train", "order[0] = 0"), r"read-only"),
}

# What needs one: these crash, hang, take memory, write into the pipe or leave something behind.
OF_PROCESSES: dict[str, Fault] = {
    # one of each kind of those above, to be seen through the pipe too
    "raises_in_words_that_steer": Fault(
        verb("load", r"raise ValueError('\x1b[31mred\x07 \udcff\nnext')"), r"^load: ValueError: \\x1b\[31mred\\x07 "
    ),
    "is_wrong_from_the_third_sample_on": Fault(
        "n_samples = 0\n"
        + verb(
            "train",
            "losses = super().train(order)",
            f"self.n_samples += len(order) == {N_STEPS}",
            f"self.b[-1][0] += len(order) == {N_STEPS} and self.n_samples > 2",
            "return losses",
        ),
        r"differs from the reference|ends in other bits",
    ),
    "turns_the_clock": Fault(
        verb(
            "load",
            "real = time.perf_counter_ns",
            "sample.take_sample.__defaults__ = (lambda: real() // 10,)",
            "super().load(problem, images, labels)",
        ),
        r"a sample takes [\d.]+ ms by the worker's clock and [\d.]+ ms by the harness's",
        before="from paragone.worker import sample",
    ),
    # what ends
    "segfaults": Fault(verb("train", "ctypes.string_at(0)"), r"the worker was killed by SIGSEGV"),
    "exits_with_0": Fault(verb("train", "os._exit(0)"), r"the worker exited with code 0"),
    "exits_in_words": Fault(verb("load", "sys.exit('not today')"), r"the worker exited with code 1: not today"),
    "closes_its_pipe": Fault(
        verb("train", "os.closerange(3, 64)", GO_ON), r"the worker (exited with code 1: OSError|closed its pipe)"
    ),
    "leaves_its_pipe_to_a_child": Fault(
        verb(
            "train",
            "for fd in map(int, sys.argv[1:3]): os.set_inheritable(fd, True)",
            "self.note_process(subprocess.Popen(['sleep', '600'], close_fds=False).pid)",
            "os._exit(7)",
        ),
        r"the worker exited with code 7",
    ),
    "raises_what_is_no_exception": Fault(
        verb("train", "raise GeneratorExit('too early')"),
        r"the worker exited with code 1: impl\.py:\d+: GeneratorExit: too early",
    ),
    "raises_without_words": Fault(
        verb("train", "raise type('Mute', (Exception,), {'__str__': lambda self: 1 / 0})"),
        r"^first steps: Mute, without a message: str\(\) of it raised ZeroDivisionError \(impl\.py, line",
    ),
    "writes_into_the_pipe": Fault(
        verb(
            "train",
            "for fd in range(3, 256):",
            "    try: os.write(fd, b'nonsense\\n')",
            "    except OSError: pass",
            GO_ON,
        ),
        r"the worker's reply is not a message",
    ),
    "answers_before_it_is_asked": Fault(
        verb(
            "train",
            'said = b\'{"arrays": [], "body": {"id": "?", "waiting_cpu_ns": 0, "reply": {"step_seconds": 1e-9}}}\\n\'',
            "for fd in range(3, 256):",
            "    try: os.write(fd, said)",
            "    except OSError: pass",
            GO_ON,
        ),
        r"the worker's reply is not a message: it answers another command",
    ),
    "hangs_in_python": Fault(
        verb("train", "signal.signal(signal.SIGTERM, signal.SIG_IGN)", "threading.Event().wait()"),
        r"no answer within the time limit",
        (SMALL,),
    ),
    "hangs_in_c": Fault(verb("train", "ctypes.PyDLL(None).pause()"), r"no answer within the time limit", (SMALL,)),
    "takes_all_memory": Fault(
        verb("train", "self.held = []", "while True: self.held.append(np.ones(1 << 20))"),
        r"used more than 0\.4 GB of memory and was killed; more is allowed with --memory-limit",
    ),
    "takes_memory_in_a_child": Fault(
        verb(
            "train",
            "child = 'x = []\\nwhile True: x.append(bytes([1]) * (1 << 22))'",
            "subprocess.run([sys.executable, '-c', child])",
        ),
        r"used more than 0\.4 GB of memory",
    ),
    "leaks": Fault(
        "held = []\n" + verb("train", "self.held.append(np.ones(1 << 23))", GO_ON), r"used more than 0\.4 GB of memory"
    ),
    # what is left behind
    "leaves_a_daemon": Fault(
        verb("load", "daemon(self.note_process)", "raise ValueError('left one behind')"),
        r"left one behind",
        before=DAEMON.format(environment="os.environ"),
    ),
    "leaves_a_daemon_without_a_mark": Fault(
        verb("load", "daemon(self.note_process)", "raise ValueError('left one behind')"),
        r"left one behind",
        before=DAEMON.format(environment="{}"),
    ),
    # programs
    "program_ends": program("train", "sys.exit(3)", r"python\S* exited with code 3"),
    "program_says_no": program("load", "return {'error': 'no room'}", r"says: no room"),
    "program_prints": program("reset", "print('step 1', flush=True)", r"stdout carries the protocol alone"),
    "program_shouts": program(
        "train", "sys.stderr.write('step\\n' * 10**6); sys.exit(1)", r"exited with code 1: step / step / step"
    ),
    "program_answers_twice": program(
        "reset", "write_message(sys.stdout.buffer, {}); return {}", r"is each message answered once"
    ),
    "program_goes_back_in_time": program(
        "train", "return {'began_ns': 20, 'ended_ns': 10}", r"the clock goes backwards"
    ),
    "program_takes_longer_than_time": program(
        "train", "return {'began_ns': 0, 'ended_ns': 10**15}", r"the clock says \d+ ns, but the answer took"
    ),
    "program_closes_its_output": program(
        "train", "import os; os.close(1); time.sleep(600)", r"closed its output and went on"
    ),
    "program_ends_within_a_field": program(
        "params",
        "sys.stdout.buffer.write(b'state:800:abc'); sys.stdout.flush(); sys.exit(0)",
        r"within the field 'state'",
    ),
    "hangs_as_a_program": program("train", "time.sleep(600)", r"no answer within the time limit", (SMALL,)),
}
FAULTS = IN_PYTHON | OF_PROCESSES

# What only shows where a second CPU is free.
HELPED: dict[str, Fault] = {
    "has_a_second_thread": Fault(
        verb("load", "threading.Thread(target=work, daemon=True).start()", "super().load(problem, images, labels)"),
        # The thread may take the harness's CPU as well: then an answer comes late.
        r"^used [\d.]+ s of CPU time per second with one thread asked for|ms by the harness's: leave the clock",
        before=WORK,
    ),
    "has_a_child_at_work": Fault(
        verb(
            "load",
            "child = subprocess.Popen([sys.executable, '-c', 'while True: pass'])",
            "self.note_process(child.pid)",
            "super().load(problem, images, labels)",
        ),
        r"used [\d.]+ s of CPU time per second with one thread asked for",
    ),
}

# Faults that are none: the result is right, and the time is honest.
HARMLESS = {
    "prints_megabytes": Fault(
        verb("train", "for s in (sys.stdout, sys.stderr): s.write('step ' * 200_000); s.flush()", GO_ON), ""
    ),
}


def write(folder: Path, members: dict[str, Fault]) -> list[str]:
    """Write the members as plugins into a folder; return what --plugins takes."""
    for name, fault in members.items():
        (folder / name).mkdir(parents=True)
        if fault.template:
            write_from_template(folder / name, fault)
        elif fault.is_program:
            (folder / name / "impl.py").write_text(PROGRAM.format(name=name))
            (folder / name / "runner.py").write_text(fault.code)
        else:
            body = textwrap.indent(fault.code, "    ")
            (folder / name / "impl.py").write_text(f"{fault.before}\n{IMPL.format(name=name, body=body)}")
    return [str(folder / name) for name in members]


def write_from_template(folder: Path, fault: Fault) -> None:
    for path in (TEMPLATES / fault.template).iterdir():
        if path.is_file():
            text = path.read_text().replace("starter_name", folder.name).replace("StarterName", "Member")
            for file, old, new in fault.changes:
                assert file != path.name or old in text
                text = text.replace(old, new) if file == path.name else text
            (folder / path.name).write_text(text)
