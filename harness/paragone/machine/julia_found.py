"""What doctor says of Julia where it is here: its version and BLAS, and the packages through which Python loads it."""

from __future__ import annotations

from collections.abc import Iterator

from paragone.machine.conditions import Finding
from paragone.machine.julia_install import (
    blas_of,
    find_julia,
    julia_version,
    juliacall_project,
    juliacall_version,
    pythoncall_version,
)


def julia_here() -> Iterator[Finding]:
    """Nothing where there is no Julia: the implementations that lack it say so."""
    julia = find_julia()
    if julia is None:
        return
    version, blas = ".".join(map(str, julia_version(julia))), blas_of(julia)
    yield Finding("ok", "Julia", f"{version}, {julia}" + (f", with BLAS {blas}" if blas else ""))
    project, juliacall = juliacall_project(), juliacall_version()
    if juliacall and project:
        pythoncall = pythoncall_version(project) or "without a version"
        yield Finding("ok", "juliacall", f"{juliacall}, with PythonCall {pythoncall} in {project}")
