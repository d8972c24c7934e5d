"""Importing code that anybody may have written: tried in a process of its own first, and without traces in this one.

    python -m paragone.implementation.isolated_import OUTGOING FOLDER …

imports one impl.py after the other and writes a byte once each is done; whoever reads them knows where it ended.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import importlib
import importlib.machinery
import importlib.util
import os
import re
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

import numpy as np

from paragone.files.paths import IMPORT_ROOT
from paragone.machine.process_tree import descendants, ending

# One that takes longer to import does there what belongs in load.
TIME_LIMIT_S = 60.0
DONE, LEFT_A_THREAD, LEFT_A_PROCESS, CLOSED_A_STREAM = b".", b"t", b"p", b"c"
FAULTS = {
    LEFT_A_THREAD: "importing it starts a thread that goes on: what works belongs in load",
    LEFT_A_PROCESS: "importing it starts a process: what works belongs in load",
    CLOSED_A_STREAM: "importing it closes the standard streams of the program that reads it",
}


def import_folder(folder: Path) -> ModuleType:
    """Import impl.py as a member of a package of its own, so that `from . import maths` works anywhere."""
    plain = re.sub(r"\W", "_", folder.name)
    package_name = f"paragone_{plain}_{hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:8]}"
    if package_name not in sys.modules:
        spec = importlib.machinery.ModuleSpec(package_name, None, is_package=True)
        spec.submodule_search_locations = [str(folder)]
        sys.modules[package_name] = importlib.util.module_from_spec(spec)
    return importlib.import_module(f"{package_name}.impl")


def try_out(folders: Sequence[Path]) -> dict[Path, str]:
    """Return what is wrong with the folders whose import ends the process, hangs it or leaves something running."""
    faults: dict[Path, str] = {}
    left = list(folders)
    while left:
        said, how = _imported_elsewhere(left)
        for folder, mark in zip(left, said, strict=False):
            if bytes([mark]) in FAULTS:
                faults[folder] = FAULTS[bytes([mark])]
        left = left[len(said) :]
        if left and said[-1:] in (b"", DONE):
            faults[left.pop(0)] = f"importing it {how}"
    return faults


def _imported_elsewhere(folders: Sequence[Path]) -> tuple[bytes, str]:
    """Return a mark for each folder that another process came through, and how that process ended."""
    reading, writing = os.pipe()
    path = os.pathsep.join(filter(None, [str(IMPORT_ROOT), os.environ.get("PYTHONPATH", "")]))
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "paragone.implementation.isolated_import", str(writing), *map(str, folders)],
        pass_fds=(writing,),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": path},
        start_new_session=True,
    )
    os.close(writing)
    said = b""
    try:
        while len(said) < len(folders) and select.select([reading], [], [], TIME_LIMIT_S)[0]:
            if not (more := os.read(reading, len(folders))):
                break
            said += more
        with contextlib.suppress(subprocess.TimeoutExpired):
            return said, f"ends the program: it {ending(process.wait(1))}"
        return said, f"takes longer than {TIME_LIMIT_S:g} s"
    finally:
        os.close(reading)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextlib.contextmanager
def process_state_kept() -> Iterator[None]:
    """Undo after the block what importing may change for everybody else in this process."""
    folder, environment, path = Path.cwd(), dict(os.environ), list(sys.path)
    streams, errors, depth = (sys.stdin, sys.stdout, sys.stderr), np.geterr(), sys.getrecursionlimit()
    umask = os.umask(0o077)
    os.umask(umask)
    handlers = _handlers()
    try:
        yield
    finally:
        os.chdir(folder)
        if dict(os.environ) != environment:
            os.environ.clear()
            os.environ.update(environment)
        sys.path[:] = path
        sys.stdin, sys.stdout, sys.stderr = streams
        np.seterr(**errors)
        sys.setrecursionlimit(depth)
        os.umask(umask)
        for number, handler in handlers.items():
            if signal.getsignal(number) is not handler:
                signal.signal(number, handler)


def _handlers() -> dict[signal.Signals, signal.Handlers]:
    """Return how this process answers each signal, where Python knows; only its main thread may change that."""
    if threading.current_thread() is not threading.main_thread():
        return {}
    known = {number: signal.getsignal(number) for number in signal.valid_signals()}
    return {number: handler for number, handler in known.items() if handler is not None}  # type: ignore[misc]


def _mark_of_import(folder: Path) -> bytes:
    """Import a folder and return what that leaves behind; what raises is told by whoever imports it in earnest."""
    threads = threading.active_count()
    with contextlib.suppress(Exception, SystemExit):
        import_folder(folder)
    if threading.active_count() > threads:
        return LEFT_A_THREAD
    if descendants():
        return LEFT_A_PROCESS
    try:
        for stream in range(3):
            os.fstat(stream)
    except OSError:
        return CLOSED_A_STREAM
    atexit._run_exitfuncs()  # what hangs there would keep the harness from its end
    return DONE


def main() -> None:
    """Import the folders of the command line."""
    outgoing, own = int(sys.argv[1]), os.getpid()
    for folder in map(Path, sys.argv[2:]):
        mark = _mark_of_import(folder)
        if os.getpid() != own:
            os._exit(0)  # whom the import forked off has nothing to say
        os.write(outgoing, mark)
        if mark != DONE:
            break
    os._exit(0)


if __name__ == "__main__":
    main()
