"""What NAME.py of a kernel declares, read from its text: the file is not run.

Its docstring is the idea. LANGUAGE, LAYOUT, SOURCE, REQUIRES, DTYPES, ORDERS, DETERMINISTIC and PLAIN_LOOPS are written
out, so that they can be read. `run` is called with the arrays by the names of its parameters.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from paragone.errors import HarnessError
from paragone.files.hashing import LARGEST_FILE_BYTES
from paragone.files.schema import shown
from paragone.implementation.declared import FLOATS
from paragone.implementation.imported_modules import imported_modules
from paragone.implementation.kernel_declaration import KernelDeclaration
from paragone.task.kernel.spec import KernelSpec

WORKSPACE = "workspace"
# The language of a file that names none: the first of these packages that it imports. Most import NumPy too.
LANGUAGE_OF_PACKAGE = {
    "numba": "Numba",
    "jax": "JAX",
    "torch": "PyTorch",
    "tensorflow": "TensorFlow",
    "cupy": "CuPy",
    "scipy": "SciPy",
    "numpy": "NumPy",
}
TEXTS = {"LANGUAGE": "language", "LAYOUT": "layout", "SOURCE": "source"}
TRUTHS = {"DETERMINISTIC": "deterministic", "PLAIN_LOOPS": "plain_loops"}
LISTS = {"REQUIRES": "requires", "DTYPES": "dtypes", "ORDERS": "orders"}
CONSTANTS = {**TEXTS, **TRUTHS, **LISTS}
ALLOWED = {"DTYPES": FLOATS, "ORDERS": ("C", "F")}
Function = ast.FunctionDef | ast.AsyncFunctionDef


def read_python(path: Path, spec: KernelSpec) -> KernelDeclaration:
    """What NAME.py declares. Raises HarnessError that names the file and every mistake in it."""
    tree = _tree(path)
    declared: dict[str, Any] = {"language": _language(tree)}
    faults = []
    idea = ast.get_docstring(tree)
    if not idea:
        faults.append("expected a docstring that says the idea, in a sentence")
    for name, value in _constants(tree):
        fault, key, read = _constant(name, value)
        faults += [fault] if fault else []
        declared[key] = read
    parameters, fault = _parameters_of_run(tree, spec)
    if faults := [*faults, *([fault] if fault else [])]:
        raise HarnessError(f"{path}: " + "; ".join(faults))
    return KernelDeclaration(
        folder=str(path.parent),
        name=path.stem,
        file=path.name,
        form="python",
        idea=" ".join(str(idea).split("\n\n")[0].split()),
        parameters=parameters,
        **declared,
    )


def fault_of_parameters(names: Sequence[str], has_setup: bool, spec: KernelSpec) -> str | None:
    """What is wrong with the parameters of `run`, or None."""
    arrays = [array.name for array in spec.arrays]
    read = [array.name for array in spec.inputs_of()]
    behind = [WORKSPACE] if has_setup else []
    taken = [name for name in names if name not in spec.size_names]
    if taken in ([*arrays, *behind], [*read, *behind]):
        return None
    expected = f"run({', '.join([*arrays, *behind])})"
    if read != arrays:
        expected += f", or run({', '.join([*read, *behind])}) that returns the others"
    said = "; there is a function setup, whose result is the workspace" if has_setup else ""
    return f"run: expected {expected}, got run({', '.join(names)}){said}"


def _tree(path: Path) -> ast.Module:
    try:
        if path.stat().st_size > LARGEST_FILE_BYTES:
            raise HarnessError(f"{path}: more than {LARGEST_FILE_BYTES} bytes")
        return ast.parse(path.read_bytes(), str(path))
    except OSError as error:
        raise HarnessError(f"{path}: cannot be read: {error.strerror or error}") from None
    except SyntaxError as error:
        raise HarnessError(f"{path}, line {error.lineno}: {error.msg}") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise HarnessError(f"{path}: cannot be read as Python: {error}") from None


def _language(tree: ast.Module) -> str:
    imported = imported_modules(tree)
    return next((language for package, language in LANGUAGE_OF_PACKAGE.items() if package in imported), "Python")


def _constants(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Yield the constants of ours that the file assigns, and what."""
    for node in tree.body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        value = getattr(node, "value", None)
        for target in targets:
            if isinstance(target, ast.Name) and target.id in CONSTANTS and value is not None:
                yield target.id, value


def _constant(name: str, node: ast.expr) -> tuple[str, str, Any]:
    """Fault or "", the attribute, and its value."""
    key = CONSTANTS[name]
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return f"{name}: expected a value written out, which can be read without running the file", key, None
    if name in TEXTS:
        is_right = isinstance(value, str) and bool(value.strip())
        return "" if is_right else f"{name}: expected a text, got {shown(value)}", key, value
    if name in TRUTHS:
        return "" if isinstance(value, bool) else f"{name}: expected True or False, got {shown(value)}", key, value
    values = (value,) if isinstance(value, str) else value
    allowed = ALLOWED.get(name)
    is_list = isinstance(values, tuple | list) and all(isinstance(each, str) for each in values)
    if not is_list or (allowed and not (values and set(values) <= set(allowed))):
        example = f'("{allowed[0]}",)' if allowed else '("numba",)'
        return f"{name}: expected a tuple such as {example}, got {shown(value)}", key, ()
    return "", key, tuple(dict.fromkeys(values))


def _parameters_of_run(tree: ast.Module, spec: KernelSpec) -> tuple[tuple[str, ...] | None, str]:
    """The parameters of `run` where they can be read, and what is wrong with them."""
    functions = {node.name: node for node in tree.body if isinstance(node, Function)}
    if "run" not in functions:
        if "run" in set(_assigned(tree)):
            return None, ""
        arrays = ", ".join(array.name for array in spec.arrays)
        return None, f"expected a function run({arrays}), found none. A file that is no implementation begins with _"
    arguments = functions["run"].args
    if isinstance(functions["run"], ast.AsyncFunctionDef) or arguments.vararg or arguments.kwarg:
        return None, "run: expected a plain function with a parameter for each array"
    if required := [
        each.arg for each, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if not default
    ]:
        return None, f"run: the parameter {required[0]!r} cannot be given by its place"
    names = [each.arg for each in (*arguments.posonlyargs, *arguments.args)]
    known = {WORKSPACE, *spec.size_names, *(array.name for array in spec.arrays)}
    for _ in arguments.defaults:  # a parameter of the author's own, which has its default
        names = names[: -(names[-1] not in known) or None]
    return tuple(names), fault_of_parameters(names, "setup" in {*functions, *_assigned(tree)}, spec) or ""


def _assigned(tree: ast.Module) -> Iterator[str]:
    """Yield the names that the file binds at its top without a def."""
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id
