"""The compilers and interpreters outside Python: which files they are, so that another version is noticed."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

# What the adapters call, and what the user's variables name in their place.
PROGRAMS = ("cc", "gcc", "clang", "c++", "g++", "gfortran", "rustc", "julia", "node", "java", "javac")
VARIABLES = ("CC", "CXX", "FC", "RUSTC", "PYTHON_JULIACALL_EXE")


def toolchain_files() -> dict[str, str]:
    """Name → real path, size and time of change, of each program that is here."""
    named = {variable: os.environ.get(variable, "").split(" ")[0] for variable in VARIABLES}
    found: dict[str, str] = {}
    for name, program in {**{name: name for name in PROGRAMS}, **named}.items():
        path = shutil.which(program) if program else None
        with suppress(OSError):
            if path:
                real = Path(path).resolve()
                status = real.stat()
                found[name] = f"{real} {status.st_size} {status.st_mtime_ns}"
    return found
