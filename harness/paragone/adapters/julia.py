"""Julia inside this process, through juliacall: arrays cross as pointers, so `train` is one call that copies nothing.

An implementation is a class with the name of its maths file, which defines one Julia module; docs/julia.md shows one:

    class JuliaBroadcast(JuliaImplementation):
        program = "broadcast.jl"
"""

from __future__ import annotations

import functools
import importlib
import inspect
import itertools
import os
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from paragone.adapters.phase_clock import told_times
from paragone.errors import MeasurementFailed
from paragone.implementation.contract import Implementation, PhaseTimes
from paragone.machine.julia_install import FOR_JULIACALL, find_julia, juliacall_project, juliacall_unavailable
from paragone.task.mlp.problem import NetworkProblem
from paragone.task.mlp.state import State

EMBEDDED = Path(__file__).parent / "julia" / "embedded.jl"
FUNCTIONS = (  # of embedded.jl
    *("load", "reset", "train", "params", "drop", "julia_threads", "blas_threads", "build_info"),
    *("load_clocked", "clocked_train", "phases", "load_test", "predict"),
)

# Read by juliacall when it is imported. What the user has set stays.
SETTINGS = {
    "PYTHON_JULIACALL_HANDLE_SIGNALS": "no",  # with Julia's handlers, Ctrl-C kills the process before it can reply
    "PYTHON_JULIACALL_THREADS": "1",  # before juliacall 0.9.35 two crashed inside Python
    "PYTHON_JULIAPKG_OFFLINE": "yes",  # an import must not install anything
}
# Like -O3, but it does not recompile packages: only the requested level is in the key of their cache.
OPTIMISATION = ("PYTHON_JULIACALL_MIN_OPTLEVEL", "3")

MOST_REASON_LINES = 3

_numbers = itertools.count(1)


class EmbeddedFile(Implementation):
    """A Julia file in this process, for every family; whoever derives from it says what is asked of it.

    Each function of `functions` takes the file's number and gives "", or a sentence that says what was thrown.
    """

    bridge = "julia"

    julia: EmbeddedJulia
    number: int | None = None  # of the file on Julia's side

    @property
    @abstractmethod
    def functions(self) -> SimpleNamespace:
        """Those of the family, `drop` among them."""

    @property
    @abstractmethod
    def maths_file(self) -> Path: ...

    @classmethod
    def missing(cls) -> str | None:
        return juliacall_unavailable()

    def start(self) -> None:
        """Start Julia unless it runs."""
        self.julia = julia_in_process()
        self.number = next(_numbers)

    def ask(self, function: str, *arguments: int | float | str) -> None:
        if error := getattr(self.functions, function)(self.number, *arguments):
            raise MeasurementFailed(f"{self.maths_file.name}: {error}")

    def build_info(self) -> Mapping[str, str]:
        """The versions of Julia and juliacall, the executable, the BLAS, and the CPU that Julia compiles for."""
        return self.julia.build_info

    def threads(self) -> Mapping[str, int]:
        """As Julia and its BLAS report them."""
        return self.julia.threads

    def close(self) -> None:
        """Forget the file on Julia's side; Julia itself runs until the process ends."""
        if self.number is not None:
            self.ask("drop")
            self.number = None


class JuliaImplementation(EmbeddedFile):
    """An implementation whose maths is a Julia file, compiled and run in this process."""

    language = "Julia"
    program: ClassVar[str]  # the maths file beside impl.py

    @property
    def functions(self) -> SimpleNamespace:
        return self.julia.functions

    @property
    def maths_file(self) -> Path:
        return Path(inspect.getfile(type(self))).resolve().parent / self.program

    def load(self, problem: NetworkProblem, images: NDArray[Any], labels: NDArray[np.uint8]) -> None:
        """Start Julia unless it runs, read the maths file, and copy the training set into Julia's memory."""
        self._load("load", "train", problem, images, labels)

    def load_clocked(self, problem: NetworkProblem, images: NDArray[Any], labels: NDArray[np.uint8]) -> None:
        """As `load`, with a copy of the maths file's module that reads a clock where a phase begins."""
        self._load("load_clocked", "clocked_train", problem, images, labels)

    def phase_times(self) -> PhaseTimes:
        """The times of the last train; empty where the maths file has no phases of these names."""
        return told_times(self.julia.functions.phases(self.number))

    def _load(
        self, load: str, train: str, problem: NetworkProblem, images: NDArray[Any], labels: NDArray[np.uint8]
    ) -> None:
        self.close()
        self.problem = problem
        self.start()
        self.train_function = train
        images = np.ascontiguousarray(images, dtype=self.dtype)
        labels = np.ascontiguousarray(labels, dtype=np.uint8)
        self.ask(
            load,
            str(self.maths_file),
            self.dtype.name,
            " ".join(map(str, problem.layers)),
            problem.hidden_activation,
            f"{problem.output_activation} {problem.loss}",
            float(problem.momentum),
            float(problem.l1),
            float(problem.l2),
            int(problem.records_loss),
            len(images),
            images.ctypes.data,
            labels.ctypes.data,
        )

    def reset(self, state: State) -> None:
        vector = np.ascontiguousarray(state.flat(), dtype=np.float64)
        self.ask("reset", vector.ctypes.data, vector.size)
        self.numbers, self.step = vector.size, state.step

    def train(self, order: NDArray[np.int64]) -> NDArray[np.float64] | None:
        if order.dtype != np.int64 or not (order.flags.c_contiguous and order.flags.aligned):
            raise MeasurementFailed(f"order: expected int64 in C order, got {order.dtype} with strides {order.strides}")
        n_steps, batch_size = order.shape
        eta = self.problem.learning_rates(self.step, n_steps, batch_size)
        losses = np.zeros(n_steps) if self.problem.records_loss else None
        self.ask(
            self.train_function,
            order.ctypes.data,
            batch_size,
            n_steps,
            eta.ctypes.data,
            self.problem.batch_scale(batch_size),
            0 if losses is None else losses.ctypes.data,
        )
        self.step += n_steps
        return losses

    def params(self) -> State:
        vector = np.empty(self.numbers)
        self.ask("params", vector.ctypes.data, vector.size)
        return State.from_flat(vector, self.problem.layers, self.step)

    def load_test(self, images: NDArray[Any]) -> None:
        images = np.ascontiguousarray(images, dtype=self.dtype)
        self.n_test = len(images)
        self.ask("load_test", self.n_test, images.ctypes.data)

    def predict(self) -> NDArray[np.integer[Any]]:
        classes = np.empty(self.n_test, dtype=np.uint8)
        self.ask("predict", self.n_test, classes.ctypes.data)
        return classes


class EmbeddedJulia(NamedTuple):
    """Julia in this process: the functions of embedded.jl, and what Julia says of itself."""

    functions: SimpleNamespace
    build_info: Mapping[str, str]
    threads: Mapping[str, int]


def julia_in_process() -> EmbeddedJulia:
    """The Julia of this process. The first call starts it; it runs until the process ends.

    Raises MeasurementFailed where it cannot be started.
    """
    julia = _start()
    if isinstance(julia, str):
        raise MeasurementFailed(julia)
    return julia


@functools.cache
def _start() -> EmbeddedJulia | str:
    """Julia, or the reason why it did not start. Started once: a second try may crash the process."""
    _prepare_environment()
    try:
        juliacall = importlib.import_module("juliacall")
        functions = functions_of(EMBEDDED, "Embedded", FUNCTIONS)
        build_info = dict(line.split("\t", 1) for line in functions.build_info().split("\n"))
        blas_threads = functions.blas_threads(int(os.environ.get("OPENBLAS_NUM_THREADS", "1")))
        threads = {"Julia": functions.julia_threads()} | ({"Julia's BLAS": blas_threads} if blas_threads else {})
    except Exception as error:  # juliacall raises AssertionError, Exception, CalledProcessError, …
        first_lines = " ".join(str(error).split("\n")[:MOST_REASON_LINES])
        return f"Julia could not be started by juliacall: {type(error).__name__}: {first_lines}. Try: paragone julia"
    executable = os.environ["PYTHON_JULIACALL_EXE"].replace(str(Path.home()), "~")
    return EmbeddedJulia(
        functions, {**build_info, "juliacall": juliacall.__version__, "executable": executable}, threads
    )


def functions_of(path: Path, module: str, names: Sequence[str]) -> SimpleNamespace:
    """Functions of the module that a Julia file defines, read into the Julia of this process."""
    main = importlib.import_module("juliacall").Main
    main.seval("path -> (Base.include(Main, path); nothing)")(str(path))
    return SimpleNamespace(**{name: main.seval(f"Main.{module}.{name}") for name in names})


def _prepare_environment() -> None:
    """Name the Julia and the package folder. With both set, juliacall neither searches for them nor installs any.

    Raises MeasurementFailed where one is missing.
    """
    executable = find_julia(FOR_JULIACALL)
    project = juliacall_project()
    if executable is None or project is None:
        raise MeasurementFailed(juliacall_unavailable() or "juliacall cannot be used")
    os.environ["PYTHON_JULIACALL_EXE"] = executable
    os.environ["PYTHON_JULIACALL_PROJECT"] = str(project)
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    if "PYTHON_JULIACALL_OPTIMIZE" not in os.environ:
        os.environ.setdefault(*OPTIMISATION)
