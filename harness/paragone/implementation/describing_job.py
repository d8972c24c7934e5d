"""One forked process of the describer: it imports an implementation, asks it, and writes what it says."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path

import msgspec

from paragone.errors import HarnessError, error_text
from paragone.files.printable import is_printable, plain_words
from paragone.files.schema import MOST_CHARACTERS
from paragone.implementation.class_description import answer_of, described_class
from paragone.implementation.described import Report, Task
from paragone.implementation.importing import implementation_class, read_folder
from paragone.implementation.kernel_class import kernel_class
from paragone.machine.process_tree import adopt_orphans, descendants, die_with_parent, ending
from paragone.machine.surroundings import stamp

MOST_BYTES = 1 << 22  # of a report
IMPORTING = "importing it"
LEFT_A_THREAD = f"{IMPORTING} starts a thread that goes on: start it in load"
LEFT_A_PROCESS = f"{IMPORTING} starts a process: start it in load"
CLOSED_A_STREAM = f"{IMPORTING} closes the standard streams of the program that imports it"


def report_on(task: Task, say_stage: Callable[[str], None]) -> Report:
    """Import an implementation and ask it; `say_stage` hears what is about to be done, in case that is the end."""
    folder = Path(task.folder)
    if task.file != "impl.py":  # that of a kernel, which is read and not run
        say_stage("reading it")
        return Report(described=[described_class(kernel_class(folder / task.file), Path())])
    say_stage(IMPORTING)
    if task.problem is not None:
        kind = implementation_class(folder, task.name)
        say_stage(f"asking {task.name} about the problem {task.problem.name}")
        return Report(answer=answer_of(kind, task.problem))
    threads, loaded = threading.active_count(), {*sys.modules}
    classes = read_folder(folder)
    if fault := _left_behind(threads):
        return Report(fault=f"{folder / 'impl.py'}: {fault}")
    described = []
    for kind in classes:
        say_stage(f"asking {kind.name} whether it can run here")
        described.append(described_class(kind, Path()))  # the harness knows where it lies
    return Report(described=described, modules=_modules_elsewhere(loaded, folder))


def _modules_elsewhere(before: Container[str], folder: Path) -> dict[str, str]:
    """Path → stamp of the file of each module that is loaded now and was not before, unless it lies in the folder."""
    files = [getattr(module, "__file__", None) for name, module in sys.modules.items() if name not in before]
    paths = [file for file in files if isinstance(file, str) and is_printable(file)]
    return {path: stamp(path) for path in paths if not Path(path).is_relative_to(folder)}


def _left_behind(threads: int) -> str:
    """What an import has started or closed, which it would do in every worker too; "" where it has not."""
    if threading.active_count() > threads:
        return LEFT_A_THREAD
    if descendants():
        return LEFT_A_PROCESS
    try:
        for stream in range(3):
            os.fstat(stream)
    except OSError:
        return CLOSED_A_STREAM
    return ""


@dataclass
class Job:
    """A forked process at work on a task."""

    number: int
    task: Task
    pid: int
    reading: int
    begin: float = field(default_factory=time.monotonic)
    received: bytearray = field(default_factory=bytearray)
    code: int | None = None  # with which it has ended by itself

    @classmethod
    def start(cls, number: int, task: Task) -> Job:
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            _work(task, writing)
        os.close(writing)
        os.set_blocking(reading, False)
        return cls(number, task, pid, reading)

    def has_ended(self) -> bool:
        """Whether nothing more is to come, once what is there has been read."""
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        if pid:
            self.code = os.waitstatus_to_exitcode(status)
        with contextlib.suppress(BlockingIOError):
            while len(self.received) <= MOST_BYTES and (content := os.read(self.reading, 1 << 16)):
                self.received += content
        return bool(pid) or len(self.received) > MOST_BYTES or self.report() is not None

    def report(self) -> bytes | None:
        """The report, once all of it is here: the first line that is no stage."""
        return next((line for line in bytes(self.received).split(b"\n")[:-1] if line.startswith(b"{")), None)

    def result(self, time_limit_s: float) -> msgspec.Raw:
        """The report, not checked but for being JSON; or the fault that prevented it."""
        with contextlib.suppress(msgspec.MsgspecError, RecursionError):
            if report := self.report():
                msgspec.json.decode(report)
                return msgspec.Raw(report)
        return msgspec.Raw(msgspec.json.encode(self.fault(time_limit_s)))

    def fault(self, time_limit_s: float) -> Report:
        """Why there is no report."""
        lines = self.received.decode(errors="replace").splitlines()
        stages = [IMPORTING, *takewhile(lambda line: not line.startswith("{"), lines)]
        if self.report() is not None:
            how = "writes to descriptors that are not its own"
        elif len(self.received) > MOST_BYTES:
            how = f"says more than {MOST_BYTES >> 20} MiB"
        elif self.code is None:
            how = f"takes longer than {time_limit_s:g} s"
        else:
            how = f"ends the program: it {ending(self.code)}"
        stage = plain_words(stages[-1], MOST_CHARACTERS // 2)
        return Report(fault=f"{Path(self.task.folder, self.task.file)}: {stage} {how}")

    def end(self) -> None:
        """Kill the process with all that is below it."""
        if self.code is None:
            send_signal([self.pid], signal.SIGSTOP)  # so that it starts nothing more
            send_signal([*descendants(self.pid), self.pid], signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.reading)


def _work(task: Task, writing: int) -> None:
    """In the forked process: write the stages and the report, a line each, and end."""
    own = os.getpid()
    os.setsid()
    die_with_parent()
    adopt_orphans()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.closerange(3, writing)
    os.closerange(writing + 1, os.sysconf("SC_OPEN_MAX"))
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)

    def write(text: bytes) -> None:
        if os.getpid() != own:
            os._exit(0)  # a process that the import forked must not speak for it
        write_all(writing, text + b"\n")

    try:
        report = report_on(task, lambda stage: write(stage.encode()))
    except HarnessError as error:
        report = Report(fault=plain_words(str(error), 2 * MOST_CHARACTERS))
    except BaseException as error:
        report = Report(fault=plain_words(f"{Path(task.folder, task.file)}: {error_text(error)}"))
    write(msgspec.json.encode(report))
    os._exit(0)


def send_signal(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(OSError):
            os.kill(pid, number)


def write_all(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]
