"""Names that plugins used before version 0.2, when the package was called `harness`, and what replaces each.

A plugin that still uses one is reported with file, line and new name. Nothing here makes an old name work.
"""

from __future__ import annotations

import ast
import importlib.machinery
import warnings
from collections.abc import Iterator
from pathlib import Path

from paragone.files.paths import PACKAGE
from paragone.implementation.contract import Implementation

MOST_FILES = 3  # named in one sentence
LARGEST_FILE_BYTES = 1_000_000  # a longer one is data, and parsing it takes seconds

# Old module → new module: everything that a plugin had a reason to import.
MODULES = {
    "harness": "paragone",
    "harness.adapters.arrays": "paragone.adapters.arrays",
    "harness.adapters.built": "paragone.adapters.build",
    "harness.adapters.cabi": "paragone.adapters.c_abi",
    "harness.adapters.julia": "paragone.adapters.julia",
    "harness.adapters.julia_found": "paragone.machine.julia_install",
    "harness.adapters.julia_process": "paragone.adapters.julia_process",
    "harness.adapters.packages": "paragone.adapters.packages",
    "harness.adapters.phase_clock": "paragone.adapters.phase_clock",
    "harness.adapters.process": "paragone.adapters.process",
    "harness.adapters.tensorflow_package": "paragone.adapters.tensorflow_package",
    "harness.adapters.tensors": "paragone.adapters.tensors",
    "harness.data": "paragone.task.mlp.data",
    "harness.declared": "paragone.implementation.declaration",
    "harness.errors": "paragone.errors",
    "harness.interface": "paragone.implementation.contract",
    "harness.interpreters": "paragone.machine.python_environments",
    "harness.machine.cpus": "paragone.machine.cpus",
    "harness.machine.cuda": "paragone.machine.cuda",
    "harness.machine.threads": "paragone.machine.threads",
    "harness.naming": "paragone.implementation.selection",
    "harness.paths": "paragone.files.paths",
    "harness.plugins": "paragone.implementation.plugins",
    "harness.problem": "paragone.task.mlp.problem",
    "harness.reference": "paragone.task.mlp.reference",
    "harness.registry": "paragone.implementation.registry",
    "harness.state": "paragone.task.mlp.state",
    "harness.verify": "paragone.task.mlp.gate",
    "harness.workloads": "paragone.task.mlp.problem_files",
}

# Classes and functions of those modules that have a new name as well.
NAMES = {
    "harness.adapters.built.Receipt": "paragone.adapters.build.BuildInfo",
    "harness.adapters.packages.reason_against_package": "paragone.adapters.packages.package_unavailable",
    "harness.declared.reason_against": "paragone.implementation.described.unavailable_reason",
    "harness.errors.InvalidWorkload": "paragone.errors.InvalidProblem",
    "harness.errors.words_of": "paragone.errors.error_text",
    "harness.registry.Broken": "paragone.implementation.registry.Unusable",
    "harness.registry.Found": "paragone.implementation.registry.Registered",
    "harness.registry.refuse_broken": "paragone.implementation.registry.refuse_unusable",
}

# Methods and attributes of an implementation.
HOOKS = {"receipt": "build_info"}


def old_imports(folder: Path) -> str:
    """`…/impl.py, line 3: harness.interface is now paragone.implementation.contract; line 4: …`, or "" without any.

    Looks at the Python files of the folder and of the packages in it before anything is imported: many imports stand
    in `load` and would fail in a worker only. A plugin may have a package or module `harness` of its own.
    """
    if _has_own_harness(folder):
        return ""
    files = sorted([*folder.glob("*.py"), *folder.glob("*/*.py")])
    told = list(filter(None, (_old_imports_of(file) for file in files if not file.name.startswith("test_"))))
    more = len(told) - MOST_FILES
    return ". ".join(told[:MOST_FILES]) + (f". And in {more} more files" if more > 0 else "")


def _has_own_harness(folder: Path) -> bool:
    """Beside impl.py, installed, or on PYTHONPATH, with `__init__.py` or without. This project's folder is none."""
    if (folder / "harness.py").exists() or (folder / "harness").is_dir():
        return True
    installed = importlib.machinery.PathFinder.find_spec("harness")
    if installed is None or installed.origin is not None:
        return installed is not None
    return not all(Path(place, PACKAGE.name).is_dir() for place in installed.submodule_search_locations or ())


def _old_imports_of(file: Path) -> str:
    """Leave imports inside `try` alone: the file may support both versions."""
    try:
        if not file.is_file() or file.stat().st_size > LARGEST_FILE_BYTES:
            return ""
        text = file.read_bytes()
        if b"harness" not in text:  # nearly always, and parsing costs a millisecond a file
            return ""
        with warnings.catch_warnings(action="ignore"):  # about the plugin's own text
            tree = ast.parse(text)
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):  # importing it says what is wrong
        return ""
    moved = dict.fromkeys(
        f"line {statement.lineno}: {old} is now {NAMES.get(old) or MODULES[old]}"
        for statement in _unguarded_imports(tree)
        for old in _old_names(statement)
    )
    return f"{file}, {'; '.join(moved)}" if moved else ""


def old_hooks(implementation: type[Implementation]) -> str:
    """`receipt is now build_info`, or "" where the plugin's own classes define no such name."""
    own = [cls for cls in implementation.__mro__ if not cls.__module__.startswith("paragone.")]
    used = [old for old in HOOKS if any(old in vars(cls) for cls in own)]
    return "; ".join(f"{old} is now {HOOKS[old]}" for old in used)


def _unguarded_imports(tree: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """In the order of the file. A stack of its own: an expression may be nested deeper than Python calls."""
    left = [tree]
    while left:
        node = left.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif not isinstance(node, ast.Try):
            left.extend(reversed(list(ast.iter_child_nodes(node))))


def _old_names(statement: ast.Import | ast.ImportFrom) -> Iterator[str]:
    """Modules that no plugin had a reason to import are told by the name of the package."""
    if isinstance(statement, ast.Import):
        yield from (
            alias.name if alias.name in MODULES else "harness" for alias in statement.names if _is_old(alias.name)
        )
    elif statement.level == 0 and statement.module and _is_old(statement.module):
        for alias in statement.names:
            full = f"{statement.module}.{alias.name}"
            if full in NAMES or full in MODULES:
                yield full
            else:
                yield statement.module if statement.module in MODULES else "harness"


def _is_old(module: str) -> bool:
    return module == "harness" or module.startswith("harness.")
