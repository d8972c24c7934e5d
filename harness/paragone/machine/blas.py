"""Which BLAS NumPy and SciPy bring, asked of a fresh process: this one may have loaded other libraries.

python -m paragone.machine.blas    prints it as JSON
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
from contextlib import suppress
from functools import cache

import msgspec

from paragone.machine.child import import_path, module_command
from paragone.machine.environment_record import BlasPool
from paragone.machine.threads import ThreadPool, loaded_thread_pools

BRING_BLAS = ("numpy", "scipy.linalg")
SECONDS_TO_ANSWER = 60


@cache
def blas() -> tuple[BlasPool, ...]:
    """The thread pools of NumPy and SciPy; empty where neither can be imported.

    Thread counts are left out: they differ in a worker. The first call takes a third of a second.
    """
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
