"""Checks what an implementation declares, and asks what it answers about itself.

Anybody may have written it: a declaration may have the wrong kind, and a question may raise.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from pathlib import Path

from paragone.errors import error_text
from paragone.files.hashing import LARGEST_FILE_BYTES
from paragone.files.paths import PACKAGE
from paragone.implementation.contract import FLOATS, Implementation
from paragone.implementation.old_names import old_hooks
from paragone.machine.python_environments import environment_unavailable
from paragone.task.mlp.problem import Problem

MOST_CHARACTERS = 64  # of a name, or of a value of an axis
MOST_CALL_SECONDS = 10  # a sample is ten times that
DECLARED_TEXTS = ("name", "language", "layout", "source", "idea")


def declaration_fault(implementation: type[Implementation], folder: Path) -> str | None:
    """What is wrong with the declarations, or None. Reading one may raise, which is a fault too."""
    try:
        return _fault(implementation, folder)
    except Exception as error:
        return f"reading what it declares raised {error_text(error)}"


def _fault(implementation: type[Implementation], folder: Path) -> str | None:
    if renamed := old_hooks(implementation):
        return renamed
    for attribute in (*DECLARED_TEXTS, "maths"):
        if not hasattr(implementation, attribute):
            return f"declare {attribute!r} (see CONTRIBUTING.md)"
    for attribute in DECLARED_TEXTS:
        value = getattr(implementation, attribute)
        if type(value) is not str or not value.strip():  # a subclass of str could change when it is read again
            return f"{attribute}: expected a text, got {value!r}"
    if unwritten := sorted(implementation.__abstractmethods__):
        return f"write {', '.join(unwritten)}"
    if fault := _fault_of_signatures(implementation):
        return fault
    if implementation.bridge is not None and not isinstance(implementation.bridge, str):
        return f"bridge: expected a text or None, got {implementation.bridge!r}"
    if fault := _fault_of_own_environment(implementation.own_environment):
        return fault
    if fault := _fault_of_numbers(implementation):
        return fault
    if not re.fullmatch(rf"\w{{1,{MOST_CHARACTERS}}}", implementation.name) or not implementation.name.strip("_"):
        name = implementation.name[: MOST_CHARACTERS + 1]
        return f"name: expected letters, digits and underscores, {MOST_CHARACTERS} at most; got {name!r}"
    if fault := _fault_of_maths(implementation, folder):
        return fault
    return _fault_of_axes(implementation.axes)


def _fault_of_own_environment(name: object) -> str | None:
    if isinstance(name, str) and (not name or re.fullmatch(r"\w[\w.-]*", name)):
        return None
    return f"own_environment: expected the name of a folder, of letters, digits, dots, - and _; got {name!r}"


def _fault_of_numbers(implementation: type[Implementation]) -> str | None:
    for attribute in ("deterministic", "predicts"):
        if not isinstance(value := getattr(implementation, attribute), bool):
            return f"{attribute}: expected True or False, got {value!r}"
    seconds = implementation.call_seconds
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= MOST_CALL_SECONDS:
        return f"call_seconds: expected 0 to {MOST_CALL_SECONDS}, got {seconds!r}"
    return None


def _fault_of_signatures(implementation: type[Implementation]) -> str | None:
    """The first verb that cannot be called with the contract's arguments."""
    for verb in sorted(Implementation.__abstractmethods__):
        expected = list(inspect.signature(getattr(Implementation, verb)).parameters)
        try:
            inspect.signature(getattr(implementation, verb)).bind(*expected)
        except TypeError:
            written = ", ".join(inspect.signature(getattr(implementation, verb)).parameters)
            return f"{verb}: expected {verb}({', '.join(expected)}), got {verb}({written})"
    return None


def _fault_of_maths(implementation: type[Implementation], folder: Path) -> str | None:
    if not _is_tuple_of_texts(implementation.maths):
        return f'maths: expected a tuple of file names such as ("rows.py",), got {implementation.maths!r}'
    if not _is_tuple_of_texts(shared := implementation.shared_maths):
        return f'shared_maths: expected a tuple of file names such as ("adapters/numpy_outputs.py",), got {shared!r}'
    for name in shared:
        if not (PACKAGE / name).resolve().is_relative_to(PACKAGE) or not (PACKAGE / name).is_file():
            return f"shared_maths: there is no file {name!r} in the package paragone"
    return next(filter(None, (_fault_of_maths_file(folder / name) for name in implementation.maths)), None)


def _fault_of_maths_file(path: Path) -> str | None:
    try:
        if path.exists() and not path.is_file():
            return f"maths: {path.name!r} is no file"
        if path.is_file() and path.stat().st_size > LARGEST_FILE_BYTES:
            return f"maths: {path.name!r} has more than {LARGEST_FILE_BYTES} bytes"
        path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return f"maths: there is no file {path.name!r} beside impl.py"
    except (OSError, UnicodeDecodeError) as error:
        return f"maths: {path.name!r} cannot be read as text: {error}"
    return None


def _fault_of_axes(axes: object) -> str | None:
    if not isinstance(axes, Mapping):
        return f"axes: expected a table of axis and values, got {axes!r}"
    for axis, values in axes.items():
        if not isinstance(axis, str) or not values or not _is_tuple_of_texts(values):
            return f"axes: {axis!r} must be a tuple of texts, got {values!r}"
        if len(set(values)) < len(values):
            return f"axes: {axis!r} has a value twice: {values!r}"
        for text in (axis, *values):
            if not text or not text.isprintable() or set(text) & set(" ,=[]") or len(text) > MOST_CHARACTERS:
                what = f"no blanks, commas, equal signs or brackets, {MOST_CHARACTERS} characters at most"
                return f"axes: {text[: MOST_CHARACTERS + 1]!r} cannot be part of a name: {what}"
    dtypes = axes.get("dtype", ())
    if not dtypes or not set(dtypes) <= set(FLOATS):
        return f'axes: "dtype" must list float32, float64 or both, got {dtypes!r}'
    return None


def _is_tuple_of_texts(values: object) -> bool:
    return isinstance(values, tuple | list) and all(type(value) is str for value in values)


def unavailable_reason(implementation: type[Implementation], problem: Problem | None = None) -> str | None:
    """Why an implementation cannot run here, or not this problem; None where it can.

    Where `missing` or `supports` raises, or returns something else than text, that is the reason.
    """
    try:
        reason = _words("missing", implementation.missing())
        if reason is None and (name := implementation.environment_name()):
            reason = environment_unavailable(name)
        if reason or problem is None:
            return reason
        if (reason := _words("supports", implementation.supports(problem))) is None:
            _words("nearest", implementation.nearest(problem))
        return reason
    except (Exception, SystemExit) as error:
        return f"asking whether it can run raised {error_text(error)}"


def difference_from(implementation: type[Implementation], problem: Problem) -> str | None:
    """How its step differs from that of a problem which it supports; None where it says that it is exact.

    Where the question raises, the step counts as different: nobody can tell.
    """
    try:
        return _words("nearest", implementation.nearest(problem))
    except (Exception, SystemExit) as error:
        return f"asking in what it differs raised {error_text(error)}"


def _words(question: str, answer: object) -> str | None:
    if answer is None or isinstance(answer, str):
        return answer
    raise TypeError(f"{question}: expected words or None, got {type(answer).__name__}")
