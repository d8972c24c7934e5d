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
from typing import Any

from paragone.machine.child import import_path, module_command
from paragone.machine.threads import loaded_thread_pools

BRING_BLAS = ("numpy", "scipy.linalg")
SECONDS_TO_ANSWER = 60


@cache
def blas() -> list[dict[str, Any]]:
    """The thread pools of NumPy and SciPy, without thread counts, which differ in a worker.

    Each has user_api, library, version, architecture (the kernels that it has chosen), threading_layer and file. The
    first call takes a third of a second. Empty where neither can be imported.
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
        pools: list[dict[str, Any]] = json.loads(answer.stdout.splitlines()[-1])
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return []
    return pools


def _loaded_here() -> list[dict[str, Any]]:
    for module in BRING_BLAS:
        with suppress(ImportError):
            importlib.import_module(module)
    # threadpoolctl lists them by address, which is random.
    pools = sorted(loaded_thread_pools()["pools"], key=lambda pool: pool["file"])
    return [{key: value for key, value in pool.items() if key != "num_threads"} for pool in pools]


if __name__ == "__main__":
    print(json.dumps(_loaded_here()))
