"""Which BLAS NumPy and SciPy bring: asked of a process that has loaded nothing else, as this one may have.

    python -m paragone.machine.blas

prints it as JSON.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from contextlib import suppress
from functools import cache
from typing import Any

from paragone.files.paths import IMPORT_ROOT
from paragone.machine.threads import loaded_thread_pools

BRING_BLAS = ("numpy", "scipy.linalg")
SECONDS_TO_ANSWER = 60


@cache
def blas() -> list[dict[str, Any]]:
    """Return the thread pools of NumPy and SciPy, without their thread counts, which are not a worker's.

    Each has user_api, library, version, architecture (the kernels that it has chosen), threading_layer and file. Takes
    a third of a second the first time. Empty where neither can be imported.
    """
    path = os.pathsep.join(filter(None, [str(IMPORT_ROOT), os.environ.get("PYTHONPATH", "")]))
    try:
        answer = subprocess.run(
            [sys.executable, "-P", "-m", __name__],
            env={**os.environ, "PYTHONPATH": path},
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
