"""Which BLAS NumPy and SciPy bring, asked of a fresh process: this one may have loaded other libraries.

python -m paragone.machine.blas    prints it as JSON
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import subprocess
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path

import msgspec

from paragone.errors import Misuse
from paragone.files.atomic import write_whole
from paragone.files.paths import cache_folder
from paragone.machine.child import import_path, module_command
from paragone.machine.environment_record import BlasPool
from paragone.machine.hardware import cpu
from paragone.machine.surroundings import stamp, surroundings
from paragone.machine.threads import ThreadPool, loaded_thread_pools

BRING_BLAS = ("numpy", "scipy.linalg")
SECONDS_TO_ANSWER = 60


@cache
def blas() -> tuple[BlasPool, ...]:
    """The thread pools of NumPy and SciPy; empty where neither can be imported.

    Thread counts are left out: they differ in a worker. Asking takes half a second; the answer is remembered on disk as
    long as packages, variables and CPU are the same.
    """
    with suppress(OSError, Misuse, msgspec.MsgspecError):
        return msgspec.json.decode(_memory().read_bytes(), type=tuple[BlasPool, ...])
    found = _asked()
    with suppress(OSError, Misuse):
        if found:
            _memory().parent.mkdir(parents=True, exist_ok=True)
            write_whole(_memory(), msgspec.json.encode(found))
    return found


def _memory() -> Path:
    """Where the answer is kept. Raises Misuse."""
    model, flags = cpu()
    versions = [f"{name} {stamp(str(Path(place, name)))}" for place in sys.path for name in ("numpy", "scipy")]
    content = " ".join([surroundings(), model, *flags, *versions])
    return cache_folder() / "blas" / f"{hashlib.sha256(content.encode()).hexdigest()[:16]}.json"


def _asked() -> tuple[BlasPool, ...]:
    try:
        answer = subprocess.run(
            module_command(__name__),
            env={**os.environ, "PYTHONPATH": import_path(os.environ)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS_TO_ANSWER,
            check=True,
        )
        return msgspec.json.decode(answer.stdout.splitlines()[-1], type=tuple[BlasPool, ...])
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return ()


def _loaded_here() -> list[ThreadPool]:
    for module in BRING_BLAS:
        with suppress(ImportError):
            importlib.import_module(module)
    # threadpoolctl lists them by address, which is random.
    return sorted(loaded_thread_pools()["pools"], key=lambda pool: pool["file"])


if __name__ == "__main__":
    print(json.dumps(_loaded_here()))
