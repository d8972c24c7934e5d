"""Importing an impl.py, which anybody may have written: only in a process that may be ruined by it.

Such a process is the one that describes (describer.py), a worker, the child that checks the contract. The harness
itself asks for descriptions (described.py), and imports no implementation.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.machinery
import importlib.util
import inspect
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import cast

import paragone
from paragone.errors import HarnessError, error_text
from paragone.implementation.contract import Implementation, Variant
from paragone.implementation.declaration import declaration_fault
from paragone.implementation.declared import value_fault
from paragone.implementation.kernel_declaration import KernelDeclaration, read_toml
from paragone.implementation.kernel_folder import implementation_files, is_kernel
from paragone.implementation.kernel_python import read_python
from paragone.implementation.old_names import old_imports
from paragone.task.kernel.kernel_file import read_kernel

# The public base that has the verbs, by the form of a kernel's file.
HOSTS = {
    "python": "PythonKernelImplementation",
    "library": "LibraryKernelImplementation",
    "program": "ProgramKernelImplementation",
    "julia": "JuliaKernelImplementation",
    "julia_process": "JuliaProcessKernelImplementation",
}


def import_folder(folder: Path, name: str = "impl") -> ModuleType:
    """Import impl.py, or NAME.py, as a member of a package of its own, so that `from . import maths` works."""
    plain = re.sub(r"\W", "_", folder.name)
    package_name = f"paragone_{plain}_{hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:8]}"
    if package_name not in sys.modules:
        spec = importlib.machinery.ModuleSpec(package_name, None, is_package=True)
        spec.submodule_search_locations = [str(folder)]
        sys.modules[package_name] = importlib.util.module_from_spec(spec)
    return importlib.import_module(f"{package_name}.{name}")


def read_folder(folder: Path) -> list[type[Implementation]]:
    """The implementations that `folder/impl.py` defines. Raises HarnessError that names the file and what is wrong."""
    path = folder / "impl.py"
    if moved := old_imports(folder):
        raise HarnessError(moved)
    try:
        module = import_folder(folder)
    except (Exception, SystemExit) as error:
        raise HarnessError(f"{path}: cannot be imported: {error_text(error)}") from error
    # A class under two names is one implementation, and an imported class is none of this file.
    defined = dict.fromkeys(value for value in vars(module).values() if inspect.isclass(value))
    classes = [value for value in defined if issubclass(value, Implementation) and value.__module__ == module.__name__]
    if not classes:
        raise HarnessError(f"{path}: expected a class derived from Implementation, found none")
    for implementation in classes:
        if fault := declaration_fault(implementation, folder):
            raise HarnessError(f"{path}: {implementation.__name__}: {fault}")
    return classes


def implementation_class(folder: Path, name: str) -> type[Implementation]:
    """The implementation of this name in a folder, a kernel's too.

    Raises HarnessError, also where the folder has none of that name.
    """
    if is_kernel(folder):
        paths = {path.stem: path for path in implementation_files(folder)}
        if name not in paths:
            raise HarnessError(f"{folder}: there is no implementation {name!r}; it has {', '.join(paths) or 'none'}")
        return kernel_class(paths[name])
    by_name = {implementation.name: implementation for implementation in read_folder(folder)}
    if name not in by_name:
        raise HarnessError(f"{folder / 'impl.py'}: there is no implementation {name!r}; it has {', '.join(by_name)}")
    return by_name[name]


def kernel_class(path: Path) -> type[Implementation]:
    """The class that the author of a kernel's file need not write: its host, with what the file declares.

    Nothing is imported but the host. Raises HarnessError that names the file and what is wrong.
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
    texts = {key: getattr(declared, key) for key in ("name", "language", "idea", "layout", "source", "deterministic")}
    axes = {**declared.axes, "dtype": tuple(dtype for dtype in declared.dtypes if dtype in dtypes)}
    return {**texts, "declared": declared, "maths": declared.maths(), "axes": axes}


def instance_of(variant: Variant) -> Implementation:
    """A fresh instance of a variant, nothing loaded; its implementation is imported into this process."""
    kind = implementation_class(Path(variant.implementation.folder), variant.declared_name)
    return kind(**dict(variant.axis))
