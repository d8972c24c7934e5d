"""Names that plugins used before version 0.2, when the package was called `harness`, and what replaces each.

A plugin that still uses one is reported with file, line and new name. Nothing here makes an old name work.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from paragone.implementation.contract import Implementation

# Old module → new module: everything that a plugin had a reason to import.
MODULES = {
    "harness.adapters.arrays": "paragone.adapters.arrays",
    "harness.adapters.built": "paragone.adapters.build",
    "harness.adapters.cabi": "paragone.adapters.c_abi",
    "harness.adapters.julia": "paragone.adapters.julia",
    "harness.adapters.julia_found": "paragone.adapters.julia_install",
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
    "harness.declared.reason_against": "paragone.implementation.declaration.unavailable_reason",
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

    Looks at every Python file of the folder before anything is imported: many imports stand in `load` and would fail
    in a worker only.
    """
    files = (file for file in sorted(folder.glob("*.py")) if file.is_file() and not file.name.startswith("test_"))
    return ". ".join(filter(None, map(_old_imports_of, files)))


def _old_imports_of(file: Path) -> str:
    """Leave imports inside `try` alone: the file may support both versions."""
    try:
        text = file.read_bytes()
        if b"harness" not in text:  # nearly always, and parsing costs a millisecond a file
            return ""
        tree = ast.parse(text)
    except (OSError, SyntaxError, ValueError):  # importing it says what is wrong
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


def _unguarded_imports(node: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child
        elif not isinstance(child, ast.Try):
            yield from _unguarded_imports(child)


def _old_names(statement: ast.Import | ast.ImportFrom) -> Iterator[str]:
    if isinstance(statement, ast.Import):
        yield from (alias.name for alias in statement.names if alias.name in MODULES)
    elif statement.level == 0:
        for alias in statement.names:
            full = f"{statement.module}.{alias.name}"
            if full in NAMES or full in MODULES:
                yield full
            elif statement.module in MODULES:
                yield statement.module
