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
from pathlib import Path
from types import ModuleType

from paragone.errors import HarnessError, error_text
from paragone.implementation.contract import Implementation
from paragone.implementation.declaration import declaration_fault
from paragone.implementation.kernel_folder import implementation_files, is_kernel
from paragone.implementation.old_names import old_imports
from paragone.implementation.variant import Variant


def import_folder(folder: Path, name: str = "impl") -> ModuleType:
    """Import impl.py, or NAME.py, as a member of a package of its own, so that `from . import maths` works.

    From then on this process writes no bytecode. Python knows the text of a bytecode by its size and its second alone:
    after an edit within that second, another process would run what was there before.
    """
    sys.dont_write_bytecode = True
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
        from paragone.implementation.kernel_class import kernel_class  # a worker of a network needs none of it

        return kernel_class(paths[name])
    by_name = {implementation.name: implementation for implementation in read_folder(folder)}
    if name not in by_name:
        raise HarnessError(f"{folder / 'impl.py'}: there is no implementation {name!r}; it has {', '.join(by_name)}")
    return by_name[name]


def instance_of(variant: Variant) -> Implementation:
    """A fresh instance of a variant, nothing loaded; its implementation is imported into this process."""
    kind = implementation_class(Path(variant.implementation.folder), variant.declared_name)
    return kind(**dict(variant.axis))
