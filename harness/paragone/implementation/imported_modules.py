"""Which modules a Python file imports, or looks for: read from its text, so that nothing is imported."""

from __future__ import annotations

import ast


def imported_modules(tree: ast.AST) -> set[str]:
    """The first parts of the names that a file imports anywhere, or asks `find_spec` for; none that are relative."""
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                found |= {alias.name.split(".")[0] for alias in node.names}
            case ast.ImportFrom(module=str(module), level=0):
                found.add(module.split(".")[0])
            case ast.Call(func=ast.Name(id="find_spec"), args=[ast.Constant(value=str(module))]):
                found.add(module.split(".")[0])
    return found
