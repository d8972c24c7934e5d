"""What decides, beside its own files, what a program of Python does here: by this an answer of before is told to hold.

Python and this package, the variables, and the folders in which programs and packages are found, each by the time of
its last change: installing or removing one changes its folder.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from paragone.files.paths import PACKAGE
from paragone.machine.python_environments import folder_of

# They differ from one terminal, folder or command to the next, and decide nothing.
OF_THE_TERMINAL = (
    "_ PWD OLDPWD SHLVL COLUMNS LINES TERM COLORTERM TERM_PROGRAM TERM_PROGRAM_VERSION TERM_SESSION_ID VTE_VERSION "
    "WINDOWID WT_SESSION TMUX TMUX_PANE STY DISPLAY WAYLAND_DISPLAY XAUTHORITY DBUS_SESSION_BUS_ADDRESS "
    "SSH_AUTH_SOCK SSH_CLIENT SSH_CONNECTION SSH_TTY XDG_SESSION_ID INVOCATION_ID JOURNAL_STREAM SYSTEMD_EXEC_PID "
    "MAKELEVEL PYTEST_CURRENT_TEST"
)
VOLATILE = {*OF_THE_TERMINAL.split(), "PARAGONE_CACHE", "PARAGONE_DATA", "PARAGONE_PLUGINS", "PARAGONE_RESULTS"}


def surroundings() -> str:
    """A hash of all of it."""
    places = [f"{place} {stamp(place)}" for place in dict.fromkeys(_places())]
    return _hash([sys.executable, sys.version, *_lines(os.environ), *places])


def variables_hash(variables: Mapping[str, str]) -> str:
    """A hash of the variables of a process, without those that decide nothing."""
    return _hash(_lines(variables))


def _lines(variables: Mapping[str, str]) -> list[str]:
    return sorted(f"{name}={value}" for name, value in variables.items() if name not in VOLATILE)


def _hash(parts: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode(errors="surrogateescape")).hexdigest()[:16]


def _places() -> Iterator[str]:
    """This package's files, and the folders whose time changes when a program or a package comes or goes."""
    yield from sorted(path for path in files_below(PACKAGE) if path.endswith((".py", ".toml")))
    # Not where `python -m` was started: no implementation is imported from there.
    yield from (place for place in sys.path if place not in ("", str(Path.cwd())))
    yield from filter(None, os.environ.get("PATH", "").split(os.pathsep))
    environments = folder_of("")
    for place in (environments, *environments.glob("*"), *environments.glob("*/lib/python*/site-packages")):
        yield str(place)
    # What `paragone julia` fills.
    for place in (Path(sys.prefix), *Path(sys.prefix).glob("julia_env/*"), *Path.home().glob(".julia/environments/*")):
        yield str(place)


def stamp(path: str) -> str:
    """The times of the last change of a file or folder and its size; "" where there is none.

    One of the times can be set at will, such as by `cp -p`; that of the change of its entry cannot.
    """
    with suppress(OSError, ValueError):
        about = Path(path).stat()
        return f"{about.st_mtime_ns} {about.st_ctime_ns} {about.st_size}"
    return ""


def files_below(folder: Path) -> Iterator[str]:
    """Yield the path of each file in it, at any depth, but for hidden ones and __pycache__."""
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != "__pycache__" and not name.startswith(".")]
        yield from (f"{place}/{name}" for name in names if not name.startswith("."))
