"""The base of all implementations in TensorFlow and Keras: version, threads, CPU only."""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from typing import Any

from paragone.adapters.packages import PackageImplementation


class TensorflowImplementation(PackageImplementation):
    """An implementation in TensorFlow, on the CPU."""

    package = extra = "tensorflow"

    def tensorflow(self) -> Any:
        """The imported package, with GPUs hidden."""
        tensorflow = importlib.import_module("tensorflow")
        tensorflow.config.set_visible_devices([], "GPU")
        return tensorflow

    def build_info(self) -> Mapping[str, str]:
        """The version from the module: the CPU build's distribution has another name."""
        return {"tensorflow": str(self.tensorflow().version.VERSION)}

    def threads(self) -> Mapping[str, int]:
        threading = self.tensorflow().config.threading
        return {
            "tensorflow within an operation": _used(
                threading.get_intra_op_parallelism_threads(), "TF_NUM_INTRAOP_THREADS"
            ),
            "tensorflow between operations": _used(
                threading.get_inter_op_parallelism_threads(), "TF_NUM_INTEROP_THREADS"
            ),
        }


def _used(configured: int, variable: str) -> int:
    """0 configured threads mean the variable's number, and without it one for each CPU."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return configured or int(os.environ.get(variable, 0)) or usable
