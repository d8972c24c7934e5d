"""A child process of the harness: started in a session of its own, and ended with everything that it started."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self

import psutil

from paragone.errors import Misuse
from paragone.files.first_error import told
from paragone.files.paths import IMPORT_ROOT, PACKAGE, PROJECT, cache_folder
from paragone.machine.cpus import pinned_to
from paragone.machine.leftovers import TAG, Watcher
from paragone.machine.process_tree import descendants, ending, send, stop_all, tagged

LOG_TAIL_BYTES = 1 << 16
READ_BYTES, MOST_READS = 1 << 16, 32  # a pipe holds at most 1 MiB
SECONDS_TO_EXIT = 1.0
_watcher = Watcher()  # of this process; it ends what a killed harness leaves behind


def module_command(module: str, python: str | None = None) -> list[str]:
    """The command that runs a module of this harness, by default with the harness's own Python."""
    # -P: without it, a folder `paragone` in the current folder would be imported instead.
    return [python or sys.executable, "-P", "-m", module]


def import_path(environment: Mapping[str, str]) -> str:
    """The PYTHONPATH under which a child finds this very harness first. Raises Misuse."""
    return os.pathsep.join(filter(None, [str(import_root()), environment.get("PYTHONPATH", "")]))


def import_root() -> Path:
    """A folder that holds this package and no other. Raises Misuse where the cache cannot be written.

    The folder of an installed package holds all others beside it. On PYTHONPATH it would come before Python's own
    modules, and before the packages of a worker's own environment. So the cache holds a link to this package alone.
    """
    if PROJECT:
        return IMPORT_ROOT
    folder = cache_folder() / "import" / hashlib.sha256(str(PACKAGE).encode()).hexdigest()[:16]
    link = folder / PACKAGE.name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            link.symlink_to(PACKAGE)
    except OSError as error:
        raise Misuse(f"{folder}: cannot be written: {error.strerror}. Set PARAGONE_CACHE to another folder") from None
    return folder


def new_tag() -> str:
    """A text that no other process has."""
    return secrets.token_hex(8)


def read_until_silent(descriptor: int, seconds: float) -> Iterator[bytes]:
    """Yield what arrives, until the end of the file or until nothing arrives for `seconds`."""
    while select.select([descriptor], [], [], seconds)[0] and (content := os.read(descriptor, 1 << 16)):
        yield content


class Log:
    """The end of what a process prints into `writing`; the rest is forgotten: it can fill neither disk nor memory.

    A thread reads it, so that nobody who prints is held up, whether or not anybody looks.
    """

    def __init__(self) -> None:
        self._reading, self.writing = os.pipe()
        os.set_blocking(self._reading, False)
        self._tail, self._lock, self._is_closed = b"", threading.Lock(), False
        self._thread = threading.Thread(target=self._read_on, daemon=True)
        self._thread.start()

    def last_lines(self, n_lines: int = 1) -> list[str]:
        return self.text().splitlines()[-n_lines:]

    def text(self) -> str:
        for _ in range(MOST_READS):  # what a process that has just ended printed last may still be in the pipe
            if not self._read():
                break
        return self._tail.decode(errors="replace").strip()

    def close(self) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        os.write(self.writing, b"\n")  # wakes the thread
        self._thread.join()
        os.close(self.writing)
        os.close(self._reading)

    def _read_on(self) -> None:
        poll = select.poll()
        poll.register(self._reading, select.POLLIN)
        while not self._is_closed:
            poll.poll()
            self._read()

    def _read(self) -> bool:
        """Take what has arrived; False where nothing has."""
        with self._lock:
            try:
                content = os.read(self._reading, READ_BYTES)
            except BlockingIOError:
                return False
            self._tail = (self._tail + content)[-LOG_TAIL_BYTES:]
        return True


class Child:
    """A module of the harness, run in a process, session and process group of its own.

    What it starts is in its group, or among its descendants (a child that adopts orphans keeps daemons there), or has
    its tag in the environment. Missed is only a process that, between two inspections, leaves the group, drops the
    tag, and outlives the child.
    """

    def __init__(
        self,
        module: str,
        arguments: Sequence[str] = (),
        *,
        environment: Mapping[str, str],
        handed_over: Sequence[int] = (),
        python: str | None = None,
        cpus: Sequence[int] = (),
    ) -> None:
        """Start it, on these CPUs where any are named.

        The numbers of the descriptors `handed_over` come before the arguments; they are closed here. Raises OSError
        where it cannot be started.
        """
        self.log, self._tag, self._name = Log(), new_tag(), module.removeprefix("paragone.")
        try:
            self._environment = {**environment, "PYTHONPATH": import_path(environment)}
            self._tell("child")
            with pinned_to(cpus):
                self._process = subprocess.Popen(
                    [*module_command(module, python), *map(str, handed_over), *arguments],
                    pass_fds=handed_over,
                    stdin=subprocess.DEVNULL,
                    stdout=self.log.writing,
                    stderr=self.log.writing,
                    env={**self._environment, TAG: self._tag},
                    start_new_session=True,
                )
        except OSError:
            self.log.close()
            raise
        finally:
            for descriptor in handed_over:
                os.close(descriptor)
        self.pid = self._process.pid
        self._seen: dict[int, psutil.Process] = {}  # psutil tells a process from a later one with the same number
        self._escaped: list[int] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.kill()

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def exit_code(self) -> int | None:
        """The exit code, waited for a second; None where the child goes on."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(SECONDS_TO_EXIT)
        return None

    def exit_reason(self) -> str | None:
        """How it ended and its error, else its last line: "exited with code 1: KeyError: 3"; None where it goes on."""
        code = self.exit_code()
        return None if code is None else ": ".join(filter(None, [ending(code), told(self.log.text(), self._name)]))

    def inspect(self) -> list[int]:
        """Note what the child has started; the numbers of itself and of its descendants."""
        started = descendants(self.pid)
        for pid in started:
            if pid not in self._seen:
                with contextlib.suppress(psutil.Error):
                    self._seen[pid] = psutil.Process(pid)
                    self._tell("process", pid)
        self._escaped = [pid for pid in started if _group(pid) not in (None, self.pid)]
        return [self.pid, *started]

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the group, and to what had left it at the last inspection."""
        # A group whose processes have all ended is not found, or, on a Mac, not permitted.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)
        send(self._escaped, number.name)

    def kill(self) -> None:
        """Kill the child and everything that it started; the child is gone when this returns."""
        self._escaped = []  # the numbers may belong to other processes by now; living ones are found again
        stopped = stop_all(self._stop_group_and_find)
        self.signal(signal.SIGKILL)
        send(stopped, "SIGKILL")
        self._process.wait()
        self.log.close()
        self._tell("ended")

    def _stop_group_and_find(self) -> set[int]:
        self.signal(signal.SIGSTOP)
        return self._started()

    def _tell(self, what: str, *facts: int) -> None:
        _watcher.tell(" ".join([what, self._tag, *map(str, facts)]), self._environment)

    def _started(self) -> set[int]:
        """The living processes that the child started."""
        seen = {pid for pid, process in self._seen.items() if process.is_running()}
        roots = seen | set(tagged(TAG, [self._tag])) | {self.pid}
        return roots.union(*(descendants(pid) for pid in roots)) - {self.pid, os.getpid()}


def _group(pid: int) -> int | None:
    with contextlib.suppress(OSError):
        return os.getpgid(pid)
    return None
