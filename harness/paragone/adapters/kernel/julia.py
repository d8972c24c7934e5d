"""NAME.toml with a Julia file, in this process or, with `process = true`, in a Julia of its own.

    language = "Julia"
    idea = "the loops as one would write them down"
    julia = "julia_loops.jl"

The file defines one module with run(n, d, X, D): the sizes, then the arrays, in Julia's order of lengths: X[k, i] is
element k of row i. adapters/julia/calls.jl says the rest.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Mapping, Sequence
from types import SimpleNamespace

import numpy as np
from numpy.typing import NDArray

from paragone.adapters.julia import EMBEDDED, functions_of, julia_in_process
from paragone.adapters.julia_install import julia_unavailable, juliacall_unavailable
from paragone.adapters.julia_process import julia_command, julia_environment
from paragone.adapters.kernel.host import KernelImplementation, folder_of
from paragone.adapters.kernel.program import ProgramKernelImplementation
from paragone.errors import MeasurementFailed

EMBEDDED_KERNEL = EMBEDDED.with_name("embedded_kernel.jl")
RUNNER = EMBEDDED.with_name("kernel_runner.jl")
FUNCTIONS = ("open_file", "resize", "arm", "run", "drop")

_numbers = itertools.count(1)


class JuliaKernelImplementation(KernelImplementation):
    """A Julia file, compiled and run in this process."""

    bridge = "julia"
    number: int | None = None  # of the file on Julia's side

    @classmethod
    def missing(cls) -> str | None:
        return juliacall_unavailable()

    def open(self) -> None:
        """Start Julia unless it runs, and read the file."""
        self.julia, self.functions = julia_in_process(), kernel_functions()
        self.number = next(_numbers)
        self._ask("open_file", str(folder_of(self.declared) / self.declared.julia))

    def arm(self, resized: bool) -> None:
        """Where it is resized, give Julia the sizes and the address of every array in every slot."""
        if not resized:
            return
        slots = self._slots
        self._ask("resize", slots.sizes_in_words())
        addresses = slots.addresses
        self._ask("arm", slots.arrays_in_words(), addresses.ctypes.data, slots.n_slots)

    def call(self, slots: NDArray[np.int64]) -> None:
        """All calls in one, by the loop in Julia."""
        slots = np.ascontiguousarray(slots, np.int64)
        self._ask("run", slots.ctypes.data, len(slots))

    def build_info(self) -> Mapping[str, str]:
        """What Julia says of itself: versions, the executable, the BLAS, and the CPU that it compiles for."""
        return self.julia.build_info

    def threads(self) -> Mapping[str, int]:
        """As Julia and its BLAS report them."""
        return self.julia.threads

    def close(self) -> None:
        """Forget the file on Julia's side; Julia itself runs until the process ends."""
        if self.number is not None:
            self._ask("drop")
            self.number = None

    def _ask(self, name: str, *arguments: int | str) -> None:
        if error := getattr(self.functions, name)(self.number, *arguments):
            raise MeasurementFailed(f"{self.declared.julia}: {error}")


class JuliaProcessKernelImplementation(ProgramKernelImplementation):
    """A Julia file, run by a Julia process of its own."""

    @classmethod
    def missing(cls) -> str | None:
        return julia_unavailable()

    def command(self) -> Sequence[str]:
        return julia_command(RUNNER, folder_of(self.declared) / self.declared.julia)

    def environment(self) -> Mapping[str, str]:
        return julia_environment()


@functools.cache
def kernel_functions() -> SimpleNamespace:
    """The functions of embedded_kernel.jl, in the Julia of this process, which runs."""
    return functions_of(EMBEDDED_KERNEL, "EmbeddedKernel", FUNCTIONS)
