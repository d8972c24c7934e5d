"""A shared library that implements the C header paragone.h, in any language with a C ABI; docs/c-abi.md shows one.

An implementation is a class with the command that builds the library from the files of its folder:

    class CLoops(LibraryImplementation):
        def command(self):
            real = f"-DPARAGONE_REAL={self.real}"
            return ["gcc", "-O2", "-shared", "-fPIC", real, "-I{include}", "-o{library}", "loops.c"]
"""

from __future__ import annotations

import ctypes
import inspect
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from paragone.adapters.build import build, opened
from paragone.adapters.installing import not_found
from paragone.errors import MeasurementFailed
from paragone.implementation.contract import PHASES, Implementation, PhaseTimes
from paragone.task.mlp.problem import HIDDEN_ACTIVATIONS, OUTPUTS_AND_LOSSES, NetworkProblem
from paragone.task.mlp.state import State

ABI = 1
pointer, size = ctypes.c_void_p, ctypes.c_int64


class CProblem(ctypes.Structure):
    """`paragone_problem` of the header."""

    _fields_: ClassVar = [
        ("n_train", ctypes.c_int64),
        ("n_layers", ctypes.c_int64),
        ("sizes", ctypes.POINTER(ctypes.c_int64)),
        ("output", ctypes.c_int32),
        ("real_bytes", ctypes.c_int32),
        ("momentum", ctypes.c_double),
        ("l1", ctypes.c_double),
        ("l2", ctypes.c_double),
        ("hidden", ctypes.c_int32),
    ]


# The header's declarations: result and arguments by name.
FUNCTIONS: dict[str, tuple[Any, list[Any]]] = {
    "paragone_abi": (ctypes.c_int32, []),
    "paragone_load": (ctypes.c_char_p, [ctypes.POINTER(CProblem), pointer, pointer, ctypes.POINTER(pointer)]),
    "paragone_reset": (None, [pointer, pointer]),
    "paragone_train": (None, [pointer, pointer, size, size, pointer, ctypes.c_double, pointer]),
    "paragone_params": (None, [pointer, pointer]),
    "paragone_free": (None, [pointer]),
}
OPTIONAL: dict[str, tuple[Any, list[Any]]] = {
    "paragone_version": (ctypes.c_char_p, []),
    "paragone_threads": (ctypes.c_int32, []),
    "paragone_phases": (None, [pointer, pointer]),
}


class LibraryImplementation(Implementation):
    """An implementation whose `train` is a function of a shared library, built on first use."""

    bridge = "c"

    network: int | None = None

    @abstractmethod
    def command(self) -> Sequence[str]:
        """The command that builds {library}; it runs in the implementation's own folder."""

    def clocked_command(self) -> Sequence[str]:
        """The command that builds the library with clocks around its phases, used by profiles alone."""
        return [*self.command(), "-DPARAGONE_PHASES"]

    @classmethod
    def missing(cls) -> str | None:
        return not_found(cls(**{axis: values[0] for axis, values in cls.axes.items()}).command()[0])

    @property
    def real(self) -> str:
        """The dtype's name in C."""
        return "float" if self.dtype == np.float32 else "double"

    def load(self, problem: NetworkProblem, images: NDArray[Any], labels: NDArray[np.uint8]) -> None:
        self._load(problem, images, labels, self.command())

    def load_clocked(self, problem: NetworkProblem, images: NDArray[Any], labels: NDArray[np.uint8]) -> None:
        self._load(problem, images, labels, self.clocked_command())

    def phase_times(self) -> PhaseTimes:
        """The times of the last train; empty where the library does not export `paragone_phases`."""
        if not hasattr(self.library, "paragone_phases"):
            return PhaseTimes({})
        ns = np.zeros(len(PHASES), dtype=np.int64)
        self.library.paragone_phases(self.network, ns.ctypes.data)
        return PhaseTimes({phase: n for phase, n in zip(PHASES, ns.tolist(), strict=True) if n})

    def _load(
        self, problem: NetworkProblem, images: NDArray[Any], labels: NDArray[np.uint8], command: Sequence[str]
    ) -> None:
        self.close()
        self.problem = problem
        path, self.built = build(command, Path(inspect.getfile(type(self))).resolve().parent)
        self.library = open_library(path)
        images = np.ascontiguousarray(images, dtype=self.dtype)
        labels = np.ascontiguousarray(labels, dtype=np.uint8)
        network = pointer()
        error = self.library.paragone_load(
            c_problem(problem, self.dtype.itemsize), images.ctypes.data, labels.ctypes.data, ctypes.byref(network)
        )
        if error is not None:
            raise MeasurementFailed(f"paragone_load says: {error.decode(errors='replace')}")
        if not network:
            raise MeasurementFailed("paragone_load reports no error and gives no network")
        self.network = network.value

    def reset(self, state: State) -> None:
        vector = np.ascontiguousarray(state.flat(), dtype=np.float64)
        self.library.paragone_reset(self.network, vector.ctypes.data)
        self.numbers, self.step = vector.size, state.step

    def train(self, order: NDArray[np.int64]) -> NDArray[np.float64] | None:
        order = np.ascontiguousarray(order, dtype=np.int64)
        n_steps, batch_size = order.shape
        eta = self.problem.learning_rates(self.step, n_steps, batch_size)
        losses = np.zeros(n_steps) if self.problem.records_loss else None
        self.library.paragone_train(
            self.network,
            order.ctypes.data,
            n_steps,
            batch_size,
            eta.ctypes.data,
            self.problem.batch_scale(batch_size),
            None if losses is None else losses.ctypes.data,
        )
        self.step += n_steps
        return losses

    def params(self) -> State:
        vector = np.zeros(self.numbers)
        self.library.paragone_params(self.network, vector.ctypes.data)
        return State.from_flat(vector, self.problem.layers, self.step)

    def build_info(self) -> Mapping[str, str]:
        info = self.built.words()
        if hasattr(self.library, "paragone_version"):
            info["made of"] = (self.library.paragone_version() or b"").decode(errors="replace")
        return info

    def threads(self) -> Mapping[str, int]:
        if not hasattr(self.library, "paragone_threads"):
            return {}
        return {self.name: int(self.library.paragone_threads())}

    def close(self) -> None:
        if self.network is not None:
            self.library.paragone_free(self.network)
            self.network = None

    def __del__(self) -> None:
        self.close()


def open_library(path: Path) -> ctypes.CDLL:
    """Load the library and declare the types of its functions.

    Raises MeasurementFailed where it cannot be loaded, lacks a function, or was made for another version of the header.
    """
    library = opened(path)
    if missing := [name for name in FUNCTIONS if not hasattr(library, name)]:
        raise MeasurementFailed(f"the library does not export {', '.join(missing)} (see paragone.h)")
    for name, (result, arguments) in {**FUNCTIONS, **OPTIONAL}.items():
        if hasattr(library, name):
            getattr(library, name).restype, getattr(library, name).argtypes = result, arguments
    if (abi := library.paragone_abi()) != ABI:
        raise MeasurementFailed(f"the library was made for version {abi} of paragone.h, expected {ABI}: build it anew")
    return library


def c_problem(problem: NetworkProblem, real_bytes: int) -> CProblem:
    layers = len(problem.layers)
    return CProblem(
        n_train=problem.n_train,
        n_layers=layers - 1,
        sizes=(ctypes.c_int64 * layers)(*problem.layers),
        output=OUTPUTS_AND_LOSSES.index((problem.output_activation, problem.loss)),
        real_bytes=real_bytes,
        momentum=problem.momentum,
        l1=problem.l1,
        l2=problem.l2,
        hidden=HIDDEN_ACTIVATIONS.index(problem.hidden_activation),
    )
