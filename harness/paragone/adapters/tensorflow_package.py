"""What TensorFlow's implementations share, Keras's included: the version, the threads, the CPU and nothing else."""

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
        """Return TensorFlow, imported, which sees no GPU."""
        tensorflow = importlib.import_module("tensorflow")
        tensorflow.config.set_visible_devices([], "GPU")
        return tensorflow

    def build_info(self) -> Mapping[str, str]:
        """Return the version of TensorFlow, whose package for the CPU has a name of its own."""
        return {"tensorflow": str(self.tensorflow().version.VERSION)}

    def threads(self) -> Mapping[str, int]:
        """Return the threads within an operation and between operations."""
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
    """Return a number of threads; 0 means that of the variable, and where there is none as many as CPUs."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return configured or int(os.environ.get(variable, 0)) or usable
