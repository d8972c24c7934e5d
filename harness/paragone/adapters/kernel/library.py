"""NAME.toml with a build command: a function of a shared library with the C declaration that kernel.toml fixes.

    language = "C"
    idea = "the loops as one would write them down"
    build = "gcc {flags} -shared -fPIC -DPARAGONE_REAL={real} -I{include} -o {library} c_loops.c"
    [axes]
    flags = { O2 = "-O2", O3_native = "-O3 -march=native" }

The build runs in the kernel's folder; {include} holds the kernel's header, and {NAME} is the folder of a package of
Python that `packages` names, such as the one with OpenBLAS. The calls of a sample are made by a loop in
C that is written for the kernel and compiled apart from it, so that no compiler sees both.
"""

from __future__ import annotations

import ctypes
import importlib.util
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from paragone.adapters.build import LIBRARY, build_files, filled_in, opened
from paragone.adapters.installing import not_found
from paragone.adapters.kernel.c_text import call_loop, declaration, declarations, symbol
from paragone.adapters.kernel.host import KernelImplementation, folder_of
from paragone.adapters.packages import package_unavailable
from paragone.errors import MeasurementFailed
from paragone.implementation.kernel_folder import source_filter

C_COMPILERS = ("cc", "gcc", "clang")
LOOP_FILE = "calls.c"


class LibraryKernelImplementation(KernelImplementation):
    """A function of a shared library, built when it is first loaded."""

    bridge = "c"

    @classmethod
    def missing(cls) -> str | None:
        programs = (cls.declared.build[0], *cls.declared.requires, c_compiler())
        lacking = [not_found(name, folder_of(cls.declared)) for name in programs]
        lacking += [package_unavailable(name, name) for name in cls.declared.packages]
        return next(filter(None, lacking), None)

    def open(self) -> None:
        """Build and open the library, and the loop around its calls."""
        folder = folder_of(self.declared)
        command = self.declared.command(self.declared.build, self.axis, self.dtype.name)
        command = filled_in(command, {name: _folder_of_package(name) for name in self.declared.packages})
        headers = {f"{self.spec.name}.h": declarations(self.spec)}
        place, self.built = build_files(command, folder, headers, source_filter(folder, self.name))
        self.library = opened(place / LIBRARY)
        self.function = self._function()
        loop, _ = build_files(loop_command(), folder, {LOOP_FILE: call_loop(self.spec, self.dtype.name)}, _no_file)
        self.calls = opened(loop / LIBRARY).paragone_calls
        self.calls.restype = None
        self.calls.argtypes = [ctypes.c_void_p] * 4 + [ctypes.c_int64]

    def arm(self, resized: bool) -> None:
        """Where it is resized, write down the address of every array in every slot, and let the library set up."""
        if not resized:
            return
        self.addresses, dimensions = self._slots.addresses, self._slots.dimensions
        self.sizes = np.array(list(dimensions.values()), np.int64)
        setup = symbol(self.spec, self.dtype.name, "_setup")
        if hasattr(self.library, setup):
            function = getattr(self.library, setup)
            function.restype, function.argtypes = None, [ctypes.c_int64] * len(dimensions)
            function(*dimensions.values())

    def call(self, slots: NDArray[np.int64]) -> None:
        """All calls in one, by the loop in C."""
        slots = np.ascontiguousarray(slots, np.int64)
        self.calls(self.function, self.sizes.ctypes.data, self.addresses.ctypes.data, slots.ctypes.data, len(slots))

    def build_info(self) -> Mapping[str, str]:
        return self.built.words()

    def _function(self) -> int:
        """The address of the function in this dtype."""
        name = symbol(self.spec, self.dtype.name)
        if not hasattr(self.library, name):
            raise MeasurementFailed(
                f"the library does not export {name}: expected {declaration(self.spec, self.dtype.name)}; "
                f'in C++ within extern "C". See: paragone header {self.spec.name}'
            )
        return ctypes.cast(getattr(self.library, name), ctypes.c_void_p).value or 0


def c_compiler() -> str:
    """The C compiler of this machine that compiles the loop; "cc" where there is none."""
    return next(filter(shutil.which, C_COMPILERS), "cc")


def loop_command() -> Sequence[str]:
    return [c_compiler(), "-O2", "-shared", "-fPIC", "-o{library}", f"{{include}}/{LOOP_FILE}"]


def _folder_of_package(name: str) -> Path:
    """Where its files lie. Raises MeasurementFailed where it is not installed."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise MeasurementFailed(package_unavailable(name, name) or f"{name} cannot be imported")
    return Path(spec.origin).parent


def _no_file(_: str) -> bool:
    return False
