"""What the file of a kernel's implementation declares, as plain data: NAME.toml read whole, NAME.py without running it.

Nothing that its author wrote is imported here, so `paragone list` works where a library is absent. The importing module
makes a class of it, whose base is the host of its form.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from paragone.errors import HarnessError, did_you_mean
from paragone.files.hashing import LARGEST_FILE_BYTES
from paragone.files.schema import shown
from paragone.files.toml_table import toml_table
from paragone.implementation.declared import FLOATS
from paragone.implementation.kernel_folder import texts_of

# A dtype in C and Java, and in the name of a function.
REALS = {"float32": "float", "float64": "double"}
SUFFIXES = {"float32": "f32", "float64": "f64"}
LAYOUT = "rows one after the other (C order)"
SOURCE = "its author"
# By form: the key that tells it, and what that says.
FORMS = {"build": "library", "program": "program", "julia": "julia"}


@dataclass(frozen=True)
class KernelDeclaration:
    """One implementation of a kernel. `words` is the command that builds it, `program` the one that starts it."""

    folder: str
    name: str
    file: str  # the one that declares it
    form: str  # python, library, program, julia or julia_process
    language: str
    idea: str
    layout: str = LAYOUT
    source: str = SOURCE
    requires: tuple[str, ...] = ()  # packages of Python, or programs
    packages: tuple[str, ...] = ()  # of Python, whose files the build reads: {NAME} is the folder of each
    dtypes: tuple[str, ...] = FLOATS
    orders: tuple[str, ...] = ("C",)
    deterministic: bool = True
    plain_loops: bool = False  # a line in the report's table of what a plain loop costs
    flags: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # axis → value → words of a command
    build: tuple[str, ...] = ()
    program: tuple[str, ...] = ()
    julia: str = ""
    parameters: tuple[str, ...] | None = None  # of `run` in Python; None where its file does not say

    @property
    def axes(self) -> dict[str, tuple[str, ...]]:
        of_order = {"order": self.orders} if len(self.orders) > 1 else {}
        return {"dtype": self.dtypes, **of_order, **{axis: tuple(values) for axis, values in self.flags.items()}}

    @property
    def path(self) -> Path:
        return Path(self.folder, self.file)

    def maths(self) -> tuple[str, ...]:
        """The files that hold it: its own texts, for a .toml without that."""
        own = tuple(name for name in texts_of(Path(self.folder), self.name) if name != self.file)
        return (self.file,) if self.form == "python" or not own else own

    def command(self, template: tuple[str, ...], axis: Mapping[str, str], dtype: str) -> list[str]:
        """A command for a variant: {real} is float or double, {suffix} f32 or f64, {AXIS} the words of its value."""
        words = {"real": [REALS[dtype]], "suffix": [SUFFIXES[dtype]]}
        words |= {name: shlex.split(values[axis[name]]) for name, values in self.flags.items()}
        filled: list[str] = []
        for word in template:
            whole = words.get(word.strip("{}")) if word.startswith("{") and word.endswith("}") else None
            for name, value in words.items():
                word = word.replace(f"{{{name}}}", " ".join(value))
            filled += whole if whole is not None else [word]
        return filled


Check = Callable[[Any], str | None]


def _text(value: Any) -> str | None:
    return None if isinstance(value, str) and value.strip() else f"expected a text, got {shown(value)}"


def _truth(value: Any) -> str | None:
    return None if isinstance(value, bool) else f"expected true or false, got {shown(value)}"


def _texts(value: Any) -> str | None:
    if isinstance(value, list) and all(isinstance(each, str) and each.strip() for each in value):
        return None
    return f'expected a list of texts such as ["rustc"], got {shown(value)}'


def _command(value: Any) -> str | None:
    if fault := _text(value):
        return fault
    try:
        return None if shlex.split(value) else "expected a command, got none"
    except ValueError as error:
        return f"not a command: {error}"


def _floats(value: Any) -> str | None:
    if isinstance(value, list) and value and all(each in FLOATS for each in value):
        return None
    return f"expected a list of {' and '.join(FLOATS)}, got {shown(value)}"


def _flags(value: Any) -> str | None:
    example = 'expected a table of named flags such as flags = { O2 = "-O2" }'
    if not isinstance(value, dict):
        return f"{example}, got {shown(value)}"
    for axis, values in value.items():
        if axis in ("dtype", "order", "real", "suffix", "library", "include", "build"):
            return f"{axis!r} has a meaning of its own; call it something else"
        if not isinstance(values, dict) or not values:
            return f"{axis}: {example}, got {shown(values)}"
        for name, words in values.items():
            if not isinstance(words, str):
                return f"{axis}.{name}: expected flags as one text, got {shown(words)}"
            try:
                shlex.split(words)
            except ValueError as error:
                return f"{axis}.{name}: not a list of flags: {error}"
    return None


KEYS: dict[str, Check] = {
    "language": _text,
    "idea": _text,
    "layout": _text,
    "source": _text,
    "build": _command,
    "program": _command,
    "julia": _text,
    "process": _truth,
    "axes": _flags,
    "requires": _texts,
    "packages": _texts,
    "dtypes": _floats,
    "deterministic": _truth,
    "plain_loops": _truth,
}


def read_toml(path: Path) -> KernelDeclaration:
    """What NAME.toml declares. Raises HarnessError that names the file and every mistake in it."""
    table = _table(path)
    wrong = {key: fault for key, value in table.items() if key in KEYS and (fault := KEYS[key](value))}
    faults = [f"{key}: unknown key. {did_you_mean(key, KEYS)}" for key in table if key not in KEYS]
    faults += [f"{key}: {fault}" for key, fault in wrong.items()]
    faults += [f"{key}: missing, expected a text" for key in ("language", "idea") if key not in table]
    if not {*wrong} & {*FORMS, "process", "axes", "packages"}:
        faults += _faults_of_form(table, path)
    if faults:
        raise HarnessError(f"{path}: " + "; ".join(faults))
    texts = {key: table[key] for key in ("language", "idea", "layout", "source") if key in table}
    return KernelDeclaration(
        folder=str(path.parent),
        name=path.stem,
        file=path.name,
        form=_form(table),
        requires=tuple(table.get("requires", ())),
        packages=tuple(table.get("packages", ())),
        dtypes=tuple(table.get("dtypes", FLOATS)),
        deterministic=table.get("deterministic", True),
        plain_loops=table.get("plain_loops", False),
        flags=table.get("axes", {}),
        build=tuple(shlex.split(table.get("build", ""))),
        program=tuple(shlex.split(table.get("program", ""))),
        julia=table.get("julia", ""),
        **texts,
    )


def _table(path: Path) -> dict[str, Any]:
    try:
        return toml_table(path, LARGEST_FILE_BYTES)
    except FileNotFoundError as error:
        raise HarnessError(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise HarnessError(f"{path}: {error}") from None


def _form(table: Mapping[str, Any]) -> str:
    if "program" in table:  # it may have a build command beside it
        return "program"
    if "julia" in table:
        return "julia_process" if table.get("process") else "julia"
    return "library"


def _faults_of_form(table: Mapping[str, Any], path: Path) -> list[str]:
    if not any(key in table for key in FORMS):
        return ["expected build (of a shared library), program (a command) or julia (a file); there is none of them"]
    faults = []
    if "julia" in table:
        faults += [f"{key}: not beside julia" for key in ("build", "program") if key in table]
        if not (path.parent / table["julia"]).is_file():
            faults.append(f"julia: there is no file {table['julia']!r} beside {path.name}")
    elif "process" in table:
        faults.append("process: only beside julia")
    target = "{build}" if "program" in table else "{library}"
    if "build" in table and target not in table["build"]:
        what = "the folder for what it makes" if "program" in table else "the file to be made"
        faults.append(f"build: expected {target}, {what}, in one of its words")
    commands = f"{table.get('build', '')} {table.get('program', '')}"
    faults += [
        f"packages: the build has not the word {{{package}}}"
        for package in table.get("packages", ())
        if f"{{{package}}}" not in table.get("build", "")
    ]
    faults += [
        f"axes.{axis}: no command has the word {{{axis}}}"
        for axis in table.get("axes", {})
        if f"{{{axis}}}" not in commands
    ]
    return faults
