"""What torch.compile needs beside PyTorch: a C++ compiler, and a folder for what it compiles."""

import atexit
import fcntl
import os
import shutil
import sys
import sysconfig
import tempfile
from functools import cache
from pathlib import Path

PREFIX = "paragone-torch-compile-"
LOCK = "in-use"


def compiler():
    """Return the C++ compiler that torch.compile calls."""
    return os.environ.get("CXX") or ("clang++" if sys.platform == "darwin" else "g++")


def reason_against_compiling():
    """Return what of a C++ compiler and Python's headers is missing and how to get it, or None."""
    if shutil.which(compiler()) is None:
        return (
            f"torch.compile needs a C++ compiler, and {compiler()} was not found. Install: g++, or set CXX to another"
        )
    headers = Path(sysconfig.get_paths()["include"])
    if not (headers / "Python.h").is_file():
        return f"torch.compile needs Python's headers, and {headers}/Python.h does not exist. Install: python3-dev"
    return None


@cache
def fresh_folder():
    """Return a folder of this process, new and empty: what an earlier process compiled must not shorten a cold call.

    It goes with the process; those of processes that were killed go now.
    """
    for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        _remove_unless_in_use(left)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    lock = (folder / LOCK).open("w")  # held open, and so locked, for as long as this process lives
    fcntl.flock(lock, fcntl.LOCK_EX)
    atexit.register(_remove, folder, lock)
    return folder


def _remove_unless_in_use(folder):
    try:
        with (folder / LOCK).open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
    except OSError:  # in use, just being made, or another user's
        return


def _remove(folder, lock):
    lock.close()
    shutil.rmtree(folder, ignore_errors=True)
