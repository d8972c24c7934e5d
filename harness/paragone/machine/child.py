"""A child process of the harness: started in a session of its own, and ended with everything that it started."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import secrets
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self

import psutil

from paragone.errors import Misuse
from paragone.files.paths import IMPORT_ROOT, PACKAGE, PROJECT, cache_folder
from paragone.machine.process_tree import descendants, ending, tagged

TAG = "PARAGONE_CHILD"
MOST_LOG_BYTES = 1 << 24
LOG_TAIL_BYTES = 2000
SECONDS_TO_EXIT = 1.0
# A stopped process cannot fork. Sweep repeatedly to find the children that it forked before it was stopped.
MOST_SWEEPS = 50


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
    """A temporary file that takes what a process prints."""

    def __init__(self) -> None:
        self.file = tempfile.TemporaryFile()  # noqa: SIM115 -- lives as long as the process, see close()
        # With O_APPEND, the process goes on writing at the new end where the file is cut.
        fcntl.fcntl(self.file, fcntl.F_SETFL, os.O_APPEND)

    def cut(self) -> None:
        """Empty the file where it is longer than MOST_LOG_BYTES: hosted code must not fill the disk."""
        if os.fstat(self.file.fileno()).st_size > MOST_LOG_BYTES:
            self.file.truncate(0)

    def last_lines(self, n_lines: int = 1) -> list[str]:
        self.file.seek(max(0, self.file.seek(0, os.SEEK_END) - LOG_TAIL_BYTES))
        return self.file.read().decode(errors="replace").strip().splitlines()[-n_lines:]

    def close(self) -> None:
        self.file.close()


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
    ) -> None:
        """Start it. The numbers of the descriptors `handed_over` come before the arguments; they are closed here.

        Raises OSError where it cannot be started.
        """
        self.log, self._tag = Log(), new_tag()
        try:
            self._process = subprocess.Popen(
                [*module_command(module, python), *map(str, handed_over), *arguments],
                pass_fds=handed_over,
                stdin=subprocess.DEVNULL,
                stdout=self.log.file,
                stderr=self.log.file,
                env={**environment, "PYTHONPATH": import_path(environment), TAG: self._tag},
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
        """How it ended and the last line that it printed: "exited with code 1: KeyError: 3"; None where it goes on."""
        code = self.exit_code()
        return None if code is None else ": ".join([ending(code), *self.log.last_lines()])

    def inspect(self) -> list[int]:
        """Note what the child has started, and cut its log; the numbers of itself and of its descendants."""
        self.log.cut()
        started = descendants(self.pid)
        for pid in started:
            if pid not in self._seen:
                with contextlib.suppress(psutil.Error):
                    self._seen[pid] = psutil.Process(pid)
        self._escaped = [pid for pid in started if _group(pid) not in (None, self.pid)]
        return [self.pid, *started]

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the group, and to what had left it at the last inspection."""
        # A group whose processes have all ended is not found, or, on a Mac, not permitted.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)
        _send(self._escaped, number)

    def kill(self) -> None:
        """Kill the child and everything that it started; the child is gone when this returns."""
        stopped: set[int] = set()
        self._escaped = []  # the numbers may belong to other processes by now; living ones are found again
        for _ in range(MOST_SWEEPS):
            self.signal(signal.SIGSTOP)
            new = self._started() - stopped
            if not new:
                break
            _send(new, signal.SIGSTOP)
            stopped |= new
        self.signal(signal.SIGKILL)
        _send(stopped, signal.SIGKILL)
        self._process.wait()
        self.log.close()

    def _started(self) -> set[int]:
        """The living processes that the child started."""
        seen = {pid for pid, process in self._seen.items() if process.is_running()}
        roots = seen | set(tagged(TAG, self._tag)) | {self.pid}
        return roots.union(*(descendants(pid) for pid in roots)) - {self.pid, os.getpid()}


def _group(pid: int) -> int | None:
    with contextlib.suppress(OSError):
        return os.getpgid(pid)
    return None


def _send(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(OSError):
            os.kill(pid, number)
