"""The class that the author of a kernel's file need not write: its host, with what the file declares."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import paragone
from paragone.errors import HarnessError
from paragone.implementation.contract import Implementation
from paragone.implementation.declared import value_fault
from paragone.implementation.kernel_declaration import KernelDeclaration, read_toml
from paragone.implementation.kernel_python import read_python
from paragone.task.kernel.kernel_file import read_kernel

# The public base that has the verbs, by the form of a kernel's file.
HOSTS = {
    "python": "PythonKernelImplementation",
    "library": "LibraryKernelImplementation",
    "program": "ProgramKernelImplementation",
    "julia": "JuliaKernelImplementation",
    "julia_process": "JuliaProcessKernelImplementation",
}


def kernel_class(path: Path) -> type[Implementation]:
    """The class of the implementation that a file declares. Nothing is imported but the host.

    Raises HarnessError that names the file and what is wrong.
    """
    spec = read_kernel(path.parent)
    declared = read_toml(path) if path.suffix == ".toml" else read_python(path, spec)
    if not set(declared.dtypes) & set(spec.dtypes):
        raise HarnessError(f"{path}: dtypes: the kernel has {', '.join(spec.dtypes)}")
    base: type[Implementation] = getattr(paragone, HOSTS[declared.form])
    kind = cast(type[Implementation], type(_class_name(path.stem), (base,), _members(declared, spec.dtypes)))
    if fault := value_fault(kind, path.parent):
        raise HarnessError(f"{path}: {fault}")
    return kind


def _class_name(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def _members(declared: KernelDeclaration, dtypes: Sequence[str]) -> dict[str, object]:
    said = ("name", "language", "idea", "layout", "source", "deterministic", "plain_loops")
    texts = {key: getattr(declared, key) for key in said}
    axes = {**declared.axes, "dtype": tuple(dtype for dtype in declared.dtypes if dtype in dtypes)}
    return {**texts, "declared": declared, "maths": declared.maths(), "axes": axes}
