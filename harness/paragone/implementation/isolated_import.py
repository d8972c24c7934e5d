"""Importing an impl.py that anybody may have written: on trial in a child process, then here without traces.

    python -m paragone.implementation.isolated_import OUTGOING FOLDER …

is that child. It imports one impl.py after the other and writes a byte after each, so that the harness knows which
import ended it.
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
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

import numpy as np

from paragone.machine.child import Child, read_until_silent
from paragone.machine.process_tree import descendants, ending

# An import that takes longer does work that belongs in `load`.
TIME_LIMIT_S = 60.0
DONE, LEFT_A_THREAD, LEFT_A_PROCESS, CLOSED_A_STREAM = b".", b"t", b"p", b"c"
FAULTS = {
    LEFT_A_THREAD: "importing it starts a thread that goes on: start it in load",
    LEFT_A_PROCESS: "importing it starts a process: start it in load",
    CLOSED_A_STREAM: "importing it closes the standard streams of the program that imports it",
}


def import_folder(folder: Path) -> ModuleType:
    """Import impl.py as a member of a package of its own, so that `from . import maths` works."""
    plain = re.sub(r"\W", "_", folder.name)
    package_name = f"paragone_{plain}_{hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:8]}"
    if package_name not in sys.modules:
        spec = importlib.machinery.ModuleSpec(package_name, None, is_package=True)
        spec.submodule_search_locations = [str(folder)]
        sys.modules[package_name] = importlib.util.module_from_spec(spec)
    return importlib.import_module(f"{package_name}.impl")


def find_import_faults(folders: Sequence[Path]) -> dict[Path, str]:
    """The folders whose import ends the process, hangs, or leaves something running, each with the reason.

    Each is imported on trial. An import that only raises is no fault here: the import that counts raises it again.
    """
    faults: dict[Path, str] = {}
    left = list(folders)
    while left:
        marks, ending_ = _import_in_child(left)
        for folder, mark in zip(left, marks, strict=False):
            if bytes([mark]) in FAULTS:
                faults[folder] = FAULTS[bytes([mark])]
        left = left[len(marks) :]
        if left and marks[-1:] in (b"", DONE):
            faults[left.pop(0)] = f"importing it {ending_}"
    return faults


def _import_in_child(folders: Sequence[Path]) -> tuple[bytes, str]:
    """A mark for each folder that the child got through, and how the child ended."""
    reading, writing = os.pipe()
    arguments = list(map(str, folders))
    marks = b""
    try:
        with Child(__name__, arguments, environment=os.environ, handed_over=(writing,)) as child:
            for content in read_until_silent(reading, TIME_LIMIT_S):
                marks += content
                if len(marks) >= len(folders):
                    break
            code = child.exit_code()
    finally:
        os.close(reading)
    return marks, f"takes longer than {TIME_LIMIT_S:g} s" if code is None else f"ends the program: it {ending(code)}"


@contextlib.contextmanager
def restored_process_state() -> Iterator[None]:
    """Undo after the block what an import may change for the whole process: folder, environment, streams, signals …"""
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
    """The handler of each signal that Python knows; none outside the main thread, which alone may set them."""
    if threading.current_thread() is not threading.main_thread():
        return {}
    known = {number: signal.getsignal(number) for number in signal.valid_signals()}
    return {number: handler for number, handler in known.items() if handler is not None}  # type: ignore[misc]


def _import_and_mark(folder: Path) -> bytes:
    """What the import leaves behind. What it raises is reported by the import that counts."""
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
    atexit._run_exitfuncs()  # an exit function that hangs would keep the harness from its end
    return DONE


def main() -> None:
    """Import the folders of the command line."""
    outgoing, own = int(sys.argv[1]), os.getpid()
    for folder in map(Path, sys.argv[2:]):
        mark = _import_and_mark(folder)
        if os.getpid() != own:
            os._exit(0)  # a process that the import forked must not write marks
        os.write(outgoing, mark)
        if mark != DONE:
            break
    os._exit(0)


if __name__ == "__main__":
    main()
