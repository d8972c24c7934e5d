"""Checks the values that an implementation declares: those of its class, and those of its description."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from paragone.files.hashing import LARGEST_FILE_BYTES
from paragone.files.paths import PACKAGE

FLOATS = ("float32", "float64")
MOST_CHARACTERS = 64  # of a name, or of a value of an axis
MOST_CALL_SECONDS = 10  # a sample is ten times that
MOST_VARIANTS = 1000


class Declared(Protocol):
    """What is checked here. A class, whose author may have declared anything, or a description of it."""

    @property
    def name(self) -> str: ...
    @property
    def maths(self) -> Sequence[str]: ...
    @property
    def shared_maths(self) -> Sequence[str]: ...
    @property
    def axes(self) -> Mapping[str, Sequence[str]]: ...
    @property
    def deterministic(self) -> bool: ...
    @property
    def predicts(self) -> bool: ...
    @property
    def plain_loops(self) -> bool: ...
    @property
    def skips_zeros(self) -> bool: ...
    @property
    def hidden_activations(self) -> Sequence[str]: ...
    @property
    def own_environment(self) -> str: ...
    @property
    def call_seconds(self) -> float: ...


def value_fault(declared: Declared, folder: Path) -> str | None:
    """What is wrong with the values, or None; `folder` is the one of impl.py."""
    if fault := environment_fault("own_environment", declared.own_environment):
        return fault
    if fault := _fault_of_numbers(declared):
        return fault
    if not re.fullmatch(rf"\w{{1,{MOST_CHARACTERS}}}", declared.name) or not declared.name.strip("_"):
        name = declared.name[: MOST_CHARACTERS + 1]
        return f"name: expected letters, digits and underscores, {MOST_CHARACTERS} at most; got {name!r}"
    if fault := _fault_of_maths(declared, folder):
        return fault
    if not _is_tuple_of_texts(hidden := declared.hidden_activations):
        return f'hidden_activations: expected a tuple such as ("sigmoid", "relu"), got {hidden!r}'
    return _fault_of_axes(declared.axes)


def environment_fault(attribute: str, name: object) -> str | None:
    """What is wrong with the name of an environment, or None; "" is the harness's own."""
    if isinstance(name, str) and (not name or re.fullmatch(r"\w[\w.-]*", name)):
        return None
    return f"{attribute}: expected the name of a folder, of letters, digits, dots, - and _; got {name!r}"


def _fault_of_numbers(declared: Declared) -> str | None:
    for attribute in ("deterministic", "predicts", "plain_loops", "skips_zeros"):
        if not isinstance(value := getattr(declared, attribute), bool):
            return f"{attribute}: expected True or False, got {value!r}"
    seconds = declared.call_seconds
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= MOST_CALL_SECONDS:
        return f"call_seconds: expected 0 to {MOST_CALL_SECONDS}, got {seconds!r}"
    return None


def _fault_of_maths(declared: Declared, folder: Path) -> str | None:
    if not _is_tuple_of_texts(declared.maths):
        return f'maths: expected a tuple of file names such as ("rows.py",), got {declared.maths!r}'
    if not _is_tuple_of_texts(shared := declared.shared_maths):
        return f'shared_maths: expected a tuple of file names such as ("adapters/numpy_outputs.py",), got {shared!r}'
    for name in shared:
        if not (PACKAGE / name).resolve().is_relative_to(PACKAGE) or not (PACKAGE / name).is_file():
            return f"shared_maths: there is no file {name!r} in the package paragone"
    return next(filter(None, (_fault_of_maths_file(folder / name) for name in declared.maths)), None)


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
    if (n_variants := math.prod(len(values) for values in axes.values())) > MOST_VARIANTS:
        return f"axes: {n_variants} combinations of their values; {MOST_VARIANTS} at most"
    dtypes = axes.get("dtype", ())
    if not dtypes or not set(dtypes) <= set(FLOATS):
        return f'axes: "dtype" must list float32, float64 or both, got {dtypes!r}'
    return None


def _is_tuple_of_texts(values: object) -> bool:
    return isinstance(values, tuple | list) and all(type(value) is str for value in values)
