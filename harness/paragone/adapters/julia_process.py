"""Julia in a process of its own, behind the process protocol; the maths files are those of adapters/julia.py.

An implementation is a class with the name of its maths file, which defines one Julia module:

    class JuliaBroadcastProcess(JuliaProcessImplementation):
        program = "broadcast.jl"
"""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from paragone.adapters.process import ProcessImplementation
from paragone.machine.julia_install import find_julia, julia_unavailable, julia_version

RUNNER = Path(__file__).parent / "julia" / "runner.jl"
# An older Julia and its OpenBLAS do not recognise new CPUs, and must be told to use a CPU that they know.
RECOGNISES_NEW_CPUS = (1, 6)
KNOWN_CPU = "haswell"


class JuliaProcessImplementation(ProcessImplementation):
    """An implementation whose maths is a Julia file, run by a Julia process of its own."""

    language = "Julia"
    program: ClassVar[str]  # the maths file beside impl.py

    @classmethod
    def missing(cls) -> str | None:
        return julia_unavailable()

    def command(self) -> Sequence[str]:
        return julia_command(RUNNER, self.folder() / self.program)

    def environment(self) -> Mapping[str, str]:
        return julia_environment()


def julia_command(runner: Path, maths_file: Path) -> list[str]:
    """The command that starts a Julia which serves a maths file."""
    target = ["-C", KNOWN_CPU] if _needs_a_known_cpu() else []
    return [find_julia() or "julia", "--startup-file=no", "-O3", *target, str(runner), str(maths_file)]


def julia_environment() -> Mapping[str, str]:
    """The kernels for an old OpenBLAS, which would otherwise use those of 2007. The user's choice stays."""
    chosen = os.environ.get("OPENBLAS_CORETYPE")
    return {"OPENBLAS_CORETYPE": chosen or KNOWN_CPU.capitalize()} if _needs_a_known_cpu() else {}


def _needs_a_known_cpu() -> bool:
    is_x86 = platform.machine().lower() in {"x86_64", "amd64"}
    return is_x86 and julia_version(find_julia() or "julia") < RECOGNISES_NEW_CPUS
