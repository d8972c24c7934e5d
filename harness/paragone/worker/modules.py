"""The code that a worker has loaded from elsewhere: where it has changed, another code runs than was verified."""

from __future__ import annotations

import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from paragone.files.hashing import Belongs, every_file
from paragone.files.paths import PACKAGE
from paragone.implementation.kernel_folder import is_kernel, source_filter
from paragone.machine.surroundings import files_below, stamp


def modules_elsewhere(folder: Path, name: str = "", since_s: float = float("inf")) -> dict[str, str]:
    """Path → stamp of each module and library that is neither source of the implementation `name` in `folder`, nor of
    Python or this harness.

    Of installed packages there are many: the stamp of the folder that holds them changes when one comes or goes. A
    temporary file that is younger than `since_s` was made by the code itself, such as by a compiler of its own, and
    goes with the process.
    """
    installed = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    known = (*installed, sysconfig.get_path("stdlib"), str(PACKAGE))
    belongs = source_filter(folder, name) if is_kernel(folder) else every_file
    files = {*_modules(), *_libraries()} - {*_source(folder, belongs)}
    outside = {file for file in files if not any(Path(file).is_relative_to(place) for place in known)}
    return {path: stamp(path) for path in sorted(installed | outside) if not _is_temporary(path, since_s)}


def _is_temporary(path: str, since_s: float) -> bool:
    """Whether it lies in the system's folder for temporary files and its entry was made or changed since then."""
    with suppress(OSError):
        return Path(path).is_relative_to(tempfile.gettempdir()) and Path(path).stat().st_ctime >= since_s
    return False


def _source(folder: Path, belongs: Belongs) -> Iterator[str]:
    """What the hash of the source is about: nothing hidden, and nothing behind a link to another folder."""
    return (path for path in files_below(folder) if belongs(Path(path).relative_to(folder).as_posix()))


def _modules() -> Iterator[str]:
    for module in [*sys.modules.values()]:
        with suppress(Exception):  # some stand for a module, and import it when they are asked
            if file := getattr(module, "__file__", None):
                yield str(file)


def _libraries() -> Iterator[str]:
    """The files that are mapped as code; on Linux only."""
    with suppress(OSError):
        for line in Path("/proc/self/maps").read_text(errors="replace").splitlines():
            _, rights, *_, path = line.split(maxsplit=5)
            if "x" in rights and path.startswith("/"):
                yield path
