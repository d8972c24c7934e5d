"""What Dask runs on a host. It travels by value and needs nothing there but Python and Dask.

It keeps archives by the hash of their content, and starts a process of the harness for each order. Whatever goes wrong
is a text in the answer: an exception would travel pickled.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import io
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
import uuid
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

MODULE = "paragone.pool.host_process"
SECONDS_BETWEEN_LOOKS = 0.5  # at whether anybody still wants the answer
SECONDS_TO_END = 10.0
LAST_CHARACTERS = 2000  # of what a process that failed has printed


def host_name() -> str:
    """What this host is called: SLURM may have several nodes on one machine, and `local` several processes."""
    names = (os.environ.get(name) for name in ("PARAGONE_HOST", "SLURMD_NODENAME"))
    return next(filter(None, names), None) or socket.gethostname()


def kept_archives() -> Path:
    """The folder of the archives that were unpacked here."""
    cache = os.environ.get("PARAGONE_CACHE") or os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(cache).expanduser() / "paragone-hosts"


def is_kept(sha256: str) -> bytes:
    return json.dumps((kept_archives() / sha256).is_dir()).encode()


def keep(sha256: str, content: bytes) -> bytes:
    """Unpack an archive unless it is there. Answers what is wrong with it, or nothing."""
    folder = kept_archives() / sha256
    try:
        raw = zlib.decompress(content, wbits=31)
        if hashlib.sha256(raw).hexdigest() != sha256:
            return f"{host_name()}: an archive arrived damaged".encode()
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as draft:
            inside = Path(draft) / "content"
            with tarfile.open(fileobj=io.BytesIO(raw)) as archive:
                archive.extractall(inside, filter="data")
            with contextlib.suppress(OSError):  # another process has just put it there
                inside.rename(folder)
    except (OSError, zlib.error, tarfile.TarError) as error:
        return f"{host_name()}: cannot keep what travels in {folder.parent}: {error}".encode()
    return b""


def carry_out(order: str, archives: dict[str, str], topic: str, key: str, n: int = 0) -> bytes:
    """Carry out an order; the answer's lines. Each was sent before, as an event of the topic, once it was known.

    `archives` maps a mark → the hash of the archive that holds its folder.
    """
    execution = uuid.uuid4().hex
    lines: list[str] = []

    def take(line: str) -> None:
        _tell(topic, {"key": key, "execution": execution, "number": len(lines), "line": line})
        lines.append(line)

    take(json.dumps({"host": host_name()}))
    try:
        with _only_one_here():
            for line in _answers(order, archives, lambda: _is_wanted(key)):
                take(line)
    except OSError as error:
        take(json.dumps({"refused": f"{host_name()}: {error}"}))
    return json.dumps({"execution": execution, "lines": lines}).encode()


def _tell(topic: str, event: dict[str, Any]) -> None:
    from distributed import get_worker

    with contextlib.suppress(Exception):  # without a connection; the answer has all lines once more
        get_worker().log_event(topic, event)


def _is_wanted(key: str) -> bool:
    """False once the task was cancelled, or its client has gone."""
    from distributed import get_worker

    worker = get_worker()
    task = worker.state.tasks.get(key)
    return task is not None and task.state == "executing" and worker.status.name == "running"


@contextlib.contextmanager
def _only_one_here() -> Iterator[None]:
    """Hold this host's lock: whatever other clusters there are, one thing at a time is measured here."""
    folder = Path(tempfile.gettempdir()) / f"paragone-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    with (folder / f"{host_name()}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _answers(order: str, archives: dict[str, str], is_wanted: Callable[[], bool]) -> Iterator[str]:
    """Yield the lines of a process that carries out the order; it is ended where nobody wants them any more."""
    folders = {mark: str(kept_archives() / sha256 / mark) for mark, sha256 in archives.items()}
    command = [sys.executable, "-P", "-m", MODULE]
    harness = Path(folders["@code"])
    root = harness / "harness" if (harness / "harness").is_dir() else harness
    path = os.pathsep.join(filter(None, [str(root), os.environ.get("PYTHONPATH")]))
    variables = {**_variables(), "PYTHONPATH": path}
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, env=variables, start_new_session=True
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps({"folders": folders, "order": json.loads(order)}).encode() + b"\n")
            process.stdin.flush()  # and stays open: its end tells the process that nobody listens
            with _aside():
                yield from _lines(process.stdout.fileno(), is_wanted)
        except BrokenPipeError:
            pass
        finally:
            _end(process)
        if process.returncode:
            yield json.dumps({"refused": f"{host_name()}: {_last_words(said, process.returncode)}"})


def _variables() -> dict[str, str]:
    """The variables of this process without those that Dask sets for its workers: one changes how memory is kept."""
    from dask import config

    of_dask = {
        name: str(value)
        for key in ("distributed.nanny.pre-spawn-environ", "distributed.nanny.environ")
        for name, value in (config.get(key, None) or {}).items()
    }
    return {name: value for name, value in os.environ.items() if of_dask.get(name) != value}


@contextlib.contextmanager
def _aside() -> Iterator[None]:
    """Keep the threads of Dask on the first CPU within the block: samples are taken on the last ones."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    own = {int(cpu) for cpu in os.environ.get("PARAGONE_HOST_CPUS", "").split(",") if cpu}
    _pin_threads({min(own or before)})
    try:
        yield
    finally:
        _pin_threads(before)


def _pin_threads(cpus: set[int]) -> None:
    for thread in Path("/proc/self/task").iterdir():
        with contextlib.suppress(OSError):  # it has ended
            os.sched_setaffinity(int(thread.name), cpus)


def _lines(descriptor: int, is_wanted: Callable[[], bool]) -> Iterator[str]:
    rest = b""
    while is_wanted():
        if select.select([descriptor], [], [], SECONDS_BETWEEN_LOOKS)[0]:
            if not (content := os.read(descriptor, 1 << 16)):
                return
            *lines, rest = (rest + content).split(b"\n")
            yield from (line.decode() for line in lines)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Wait a moment for a process that is done; interrupt one that is not, so that it ends its workers itself."""
    for number in (None, signal.SIGTERM, signal.SIGKILL):
        if number is not None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(number)
        until = time.monotonic() + (SECONDS_TO_END if number else 1.0)
        while process.poll() is None and time.monotonic() < until:
            time.sleep(0.05)
        if process.returncode is not None:
            return


def _last_words(said: Any, code: int) -> str:
    said.seek(0)
    text = said.read().decode(errors="replace").strip()[-LAST_CHARACTERS:]
    errors = [line for line in text.splitlines() if "Error: " in line or line.startswith("Fatal")]
    last = errors[-1] if errors else f"the process that measures ended with code {code}"
    missing = last.partition("No module named ")[2].strip("'\"")
    return f"{missing} is not installed there: {sys.executable} -m pip install 'paragone[dask]'" if missing else last
