"""What a fresh process can find: callables by module and name, arguments by pickle.

The main module of a script is imported there under another name, up to its own comparison. What is unpickled was
pickled by this very process, into a folder that only this user can read.
"""

from __future__ import annotations

import hashlib
import io
import pickle
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import CodeType
from typing import Any

import msgspec

from paragone.calls.arguments import has_gaps, placed, placement
from paragone.calls.launch import Call, Task
from paragone.errors import error_text

MAIN = "__main__"
MOST_WRAPPERS = 5  # partials of methods of partials


class Surroundings(msgspec.Struct):
    """What a fresh process takes over before it can find anything."""

    import_path: list[str]
    arguments: list[str]  # of the command line
    folder: str
    files: dict[str, str]  # of the modules in which callables are: by name
    main_name: str  # that of `python -m`, else ""
    codes: dict[str, str]  # what the callables' code is, by name


class _Pickler(pickle.Pickler):
    """Keeps the strides of arrays, and finds what a decorator made, such as jax.jit, by the name that it has."""

    def reducer_override(self, value: Any) -> Any:
        if value is not named and callable(value) and (name := _own_name(value)):
            return named, name
        if has_gaps(value):
            return placed, placement(value)
        return NotImplemented


def _own_name(value: Any) -> tuple[str, str] | None:
    """The module and the name under which this very object stands; None of classes, which pickle finds, and others."""
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if isinstance(value, type) or not isinstance(module, str) or not isinstance(name, str) or not name.isidentifier():
        return None
    return (module, name) if vars(sys.modules.get(module, object)).get(name) is value else None


def named(module: str, name: str) -> Any:
    """What a module calls so. Raises AttributeError where it calls nothing so, as unpickling does."""
    return getattr(import_module(module), name)


def _content(value: Any) -> bytes:
    content = io.BytesIO()
    _Pickler(content, protocol=5).dump(value)
    return content.getvalue()


def pickled(task: Task) -> bytes:
    """Raises LookupError with the reason why a fresh process would not find the callables or their arguments."""
    for name, call in task.callables.items():
        try:
            _content(call)
        except Exception as error:
            raise LookupError(_why_not_found(name, call, error)) from None
    try:
        content = _content(task)
    except Exception as error:
        raise LookupError(f"the arguments or results cannot be sent to a fresh process ({error_text(error)})") from None
    if MAIN.encode() in content and not _main_file():
        first = next((name for name, call in task.callables.items() if MAIN in modules_of(call)), "an argument")
        raise LookupError(f"{first} is defined in no file, so that a fresh process could not find it")
    return content


def unpickled(content: bytes) -> Task:
    """What `pickled` made in the process that started this one."""
    task = pickle.loads(content)
    assert isinstance(task, Task)
    return task


def _why_not_found(name: str, call: Call, error: Exception) -> str:
    own = getattr(call, "__qualname__", "")
    what = "a lambda" if "<lambda>" in own else "defined inside a function" if "<locals>" in own else error_text(error)
    return f"{name} cannot be found by name in a fresh process ({what})"


def _main_file() -> str:
    """The file of a script; "" in a notebook and at a prompt."""
    file = getattr(sys.modules.get(MAIN), "__file__", None)
    return str(Path(file).resolve()) if file and Path(file).is_file() and Path(file).suffix == ".py" else ""


def modules_of(call: Any) -> Iterator[str]:
    """The modules in which a callable, what it wraps, and the class of its object are."""
    for inner in (call, getattr(call, "func", None), getattr(call, "__self__", None)):
        for each in (inner, type(inner)):
            if isinstance(module := getattr(each, "__module__", None), str):
                yield module


def surroundings(callables: dict[str, Call], content: bytes) -> Surroundings:
    """Of this process, for callables and a `content` that was pickled."""
    names = {module for call in callables.values() for module in modules_of(call)} - {"builtins", MAIN}
    files = {name: getattr(sys.modules.get(name), "__file__", None) for name in sorted(names)}
    found = {name: str(Path(file).resolve()) for name, file in files.items() if file and file.endswith(".py")}
    if MAIN.encode() in content:
        found[MAIN] = _main_file()
    spec = getattr(sys.modules.get(MAIN), "__spec__", None)
    return Surroundings(
        import_path=[str(Path(entry or ".").resolve()) for entry in sys.path],
        arguments=list(sys.argv),
        folder=str(Path.cwd()),
        files=found,
        main_name=getattr(spec, "name", None) or "",
        codes={name: code_of(call) for name, call in callables.items()},
    )


def code_of(call: Any) -> str:
    """A hash of what a callable's own code does; "" of one that has none, such as a ufunc.

    A file may have changed since it was imported here, and a fresh process would import what stands there now.
    """
    for _ in range(MOST_WRAPPERS):
        call = getattr(call, "func", None) or getattr(call, "__func__", None) or call
    code = getattr(call, "__code__", None)
    if not isinstance(code, CodeType):
        return ""
    return hashlib.sha256(_words_of(code).encode(errors="backslashreplace")).hexdigest()


def _words_of(code: CodeType) -> str:
    constants = [_words_of(each) if isinstance(each, CodeType) else _constant(each) for each in code.co_consts]
    return f"{code.co_code.hex()} {code.co_names} {code.co_varnames} {constants}"


def _constant(value: Any) -> str:
    return str(sorted(map(repr, value))) if isinstance(value, frozenset) else repr(value)  # sets have no order
