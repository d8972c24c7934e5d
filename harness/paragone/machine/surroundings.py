"""What decides, beside its own files, what a program of Python does here: by this an answer of before is told to hold.

Python and this package, the variables, and the folders in which programs and packages are found, each by the time of
its last change: installing or removing one changes its folder.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from paragone.files.paths import PACKAGE
from paragone.machine.python_environments import folder_of

# They differ from one terminal, folder or command to the next, and decide nothing.
VOLATILE = {"_", "PWD", "OLDPWD", "SHLVL", "COLUMNS", "LINES", "TERM", "WINDOWID"} | {
    "PARAGONE_CACHE",
    "PARAGONE_DATA",
    "PARAGONE_PLUGINS",
    "PARAGONE_RESULTS",
}


def surroundings() -> str:
    """A hash of all of it."""
    variables = sorted(f"{name}={value}" for name, value in os.environ.items() if name not in VOLATILE)
    places = [f"{place} {stamp(place)}" for place in dict.fromkeys(_places())]
    content = "\0".join([sys.executable, sys.version, *variables, *places])
    return hashlib.sha256(content.encode(errors="surrogateescape")).hexdigest()[:16]


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
    """The time of the last change of a file or folder and its size; "" where there is none."""
    with suppress(OSError, ValueError):
        about = Path(path).stat()
        return f"{about.st_mtime_ns} {about.st_size}"
    return ""


def files_below(folder: Path) -> Iterator[str]:
    """Yield the path of each file in it, at any depth, but for hidden ones and __pycache__."""
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != "__pycache__" and not name.startswith(".")]
        yield from (f"{place}/{name}" for name in names if not name.startswith("."))
