"""NAME.toml with a Julia file, in this process or, with `process = true`, in a Julia of its own.

    language = "Julia"
    idea = "the loops as one would write them down"
    julia = "julia_loops.jl"

The file defines one module with run(n, d, X, D): the sizes, then the arrays, in Julia's order of lengths: X[k, i] is
element k of row i. adapters/julia/calls.jl says the rest.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from numpy.typing import NDArray

from paragone.adapters.julia import EMBEDDED, EmbeddedFile, functions_of
from paragone.adapters.julia_process import julia_command, julia_environment
from paragone.adapters.kernel.host import KernelImplementation, folder_of
from paragone.adapters.kernel.program import ProgramKernelImplementation
from paragone.machine.julia_install import julia_unavailable

EMBEDDED_KERNEL = EMBEDDED.with_name("embedded_kernel.jl")
RUNNER = EMBEDDED.with_name("kernel_runner.jl")
FUNCTIONS = ("open_file", "resize", "arm", "run", "drop")


class JuliaKernelImplementation(EmbeddedFile, KernelImplementation):
    """A Julia file, compiled and run in this process."""

    @property
    def functions(self) -> SimpleNamespace:
        return kernel_functions()

    @property
    def maths_file(self) -> Path:
        return folder_of(self.declared) / self.declared.julia

    def open(self) -> None:
        """Start Julia unless it runs, and read the file."""
        self.start()
        self.ask("open_file", str(self.maths_file))

    def arm(self, resized: bool) -> None:
        """Where it is resized, give Julia the sizes and the address of every array in every slot."""
        if not resized:
            return
        slots = self._slots
        self.ask("resize", slots.sizes_in_words())
        addresses = slots.addresses
        self.ask("arm", slots.arrays_in_words(), addresses.ctypes.data, slots.n_slots)

    def call(self, slots: NDArray[np.int64]) -> None:
        """All calls in one, by the loop in Julia."""
        slots = np.ascontiguousarray(slots, np.int64)
        self.ask("run", slots.ctypes.data, len(slots))


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
