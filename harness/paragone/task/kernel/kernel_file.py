"""kernel.toml read and checked: every mistake at once, each with its place and what is expected."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from paragone.errors import Misuse, did_you_mean
from paragone.files.schema import MOST_CHARACTERS, shown
from paragone.files.toml_table import toml_table
from paragone.task.kernel import kernel_values as check
from paragone.task.kernel.expressions import evaluate
from paragone.task.kernel.kernel_values import ARRAY_KEYS, KEYS, REQUIRED, Check
from paragone.task.kernel.spec import ArraySpec, KernelSpec

FILE = "kernel.toml"
MOST_BYTES = 1 << 16
STAND_IN = 8  # for a size that is itself wrong, so that the names in expressions are checked all the same

FREE_TABLES = ("sizes", "arrays")  # their keys are names of the author's choice
SECTIONS = (*FREE_TABLES, *(section for section in KEYS if section))


@dataclass
class _File:
    """The file while it is read: its table and the mistakes found in it so far."""

    table: dict[str, Any]
    mistakes: list[str] = field(default_factory=list)
    wrong: set[str] = field(default_factory=set)  # places of expressions with a mistake that is noted

    def attempt(self, place: str, step: Check, value: Any) -> Any:
        """The checked value, or None where there is a mistake, which is noted."""
        try:
            return step(value)
        except ValueError as error:
            self.mistakes.append(f"{place}: {error}")
            return None

    def value(self, place: str, expression: str, sizes: dict[str, int], least: int) -> int:
        """The value of an expression; of one that is wrong at many sizes, the first mistake is noted."""
        try:
            value = evaluate(expression, sizes)
            if value >= least:
                return value
            at = ", ".join(f"{name} = {size}" for name, size in sizes.items())
            mistake = f"expected {least} or more, got {value} from {expression!r}" + (f" where {at}" if at else "")
        except ValueError as error:
            mistake = str(error)
        if place not in self.wrong:
            self.mistakes.append(f"{place}: {mistake}")
        self.wrong.add(place)
        return STAND_IN

    def section(self, name: str) -> dict[str, Any]:
        section = self.table.get(name, {})
        if not isinstance(section, dict):
            self.mistakes.append(f"{name}: expected a table [{name}], got {shown(section)}")
            return {}
        return section


def read_kernel(folder: Path) -> KernelSpec:
    """The kernel that `folder/kernel.toml` describes.

    Raises Misuse that names every mistake of the file.
    """
    path = folder / FILE
    file = _File(_table(path))
    values = _values(file)
    if values["name"] not in (None, folder.resolve().name):
        file.mistakes.append(f"name: expected {folder.resolve().name!r}, the folder's name; got {values['name']!r}")
    sizes = _sizes(file)
    values["arrays"] = _arrays(file)
    _check_names(file, sizes["size_names"], values["arrays"])
    _check_roles(file, values["arrays"], values["form"])
    _check_cases(file, values)
    _check_tolerance(file, values)
    _check_expressions(file, values, sizes)
    if file.mistakes:
        raise Misuse(_listed(path, file.mistakes))
    return KernelSpec(**values, **sizes)


def _table(path: Path) -> dict[str, Any]:
    try:
        return toml_table(path, MOST_BYTES)
    except FileNotFoundError:
        raise Misuse(f"{path}: there is no such file. Write a kernel with: paragone new-kernel NAME") from None
    except ValueError as error:
        raise Misuse(f"{path}: {error}") from None


def _listed(path: Path, mistakes: list[str]) -> str:
    if len(mistakes) == 1:
        return f"{path}: {mistakes[0]}"
    return "\n".join([f"{path}: {len(mistakes)} mistakes", *(f"  {mistake}" for mistake in mistakes)])


def _values(file: _File) -> dict[str, Any]:
    """The values of all keys with a name of ours; None where one is wrong."""
    values: dict[str, Any] = {}
    for section, keys in KEYS.items():
        given = file.section(section) if section else file.table
        values |= _of_keys(file, section, given, keys, SECTIONS if not section else ())
    return values


def _of_keys(
    file: _File, section: str, given: dict[str, Any], keys: dict[str, tuple[Check, Any]], others: tuple[str, ...] = ()
) -> dict[str, Any]:
    """The values of these keys in a section; any further key but `others` is a mistake."""
    values = {}
    for key in given:
        if key not in keys and key not in others:
            place = f"{section}.{key}"[:MOST_CHARACTERS].lstrip(".")
            file.mistakes.append(f"{place}: unknown key. {_where(key, section, [*keys, *others])}")
    for key, (step, default) in keys.items():
        place = f"{section}.{key}".lstrip(".")
        values[key] = default
        if key in given:
            values[key] = file.attempt(place, step, given[key])
        elif default is REQUIRED:
            file.mistakes.append(f"{place}: missing")
            values[key] = None
    return values


def _where(key: str, section: str, allowed: list[str]) -> str:
    """Where an unknown key belongs, or the closest one that is known here."""
    homes = [other for other, keys in KEYS.items() if key in keys and other != section]
    if homes:
        return f"It belongs into [{homes[0]}]." if homes[0] else "It belongs to the top, above every [section]."
    return did_you_mean(key[:MOST_CHARACTERS], allowed)


def _sizes(file: _File) -> dict[str, Any]:
    """Names of sizes, the grid and the constants."""
    given = file.section("sizes")
    grids = [name for name, value in given.items() if isinstance(value, list)]
    if len(grids) != 1:
        which = f"{len(grids)} have: {', '.join(grids)}" if grids else "none has"
        file.mistakes.append(f"sizes: expected exactly one name with a list, such as n = [10, 100, 1000]; {which}")
    constants = []
    for name, value in given.items():
        file.attempt(f"sizes.{name}"[:MOST_CHARACTERS], check.name, name)
        if name not in grids:
            constants.append((name, file.attempt(f"sizes.{name}", check.expression, value) or str(STAND_IN)))
    grid = file.attempt(f"sizes.{grids[0]}", check.grid, given[grids[0]]) if grids else None
    return {
        "grid": grid or (STAND_IN,),
        "size_name": grids[0] if grids else "",
        "size_names": tuple(given),
        "constants": tuple(constants),
    }


def _arrays(file: _File) -> tuple[ArraySpec, ...]:
    """The arrays; one with a mistake is left out."""
    if not file.section("arrays"):
        file.mistakes.append('arrays: missing; expected such as X = { role = "in", shape = ["n"] }')
    arrays = []
    for name, table in file.section("arrays").items():
        place = f"arrays.{name}"[:MOST_CHARACTERS]
        file.attempt(place, check.name, name)
        if not isinstance(table, dict):
            file.mistakes.append(f'{place}: expected {{ role = "in", shape = ["n"] }}, got {shown(table)}')
            continue
        values = _of_keys(file, place, table, ARRAY_KEYS)
        if None not in values.values():
            arrays.append(ArraySpec(name, **values))
    return tuple(arrays)


def _check_names(file: _File, sizes: tuple[str, ...], arrays: tuple[ArraySpec, ...]) -> None:
    for array in arrays:
        if array.name in sizes:
            file.mistakes.append(f"arrays.{array.name}: there is a size of this name, and both are arguments")


def _check_roles(file: _File, arrays: tuple[ArraySpec, ...], form: str | None) -> None:
    if not arrays or any(place.startswith("arrays.") for place in file.mistakes):
        return
    if all(array.role == "in" for array in arrays):
        file.mistakes.append('arrays: expected one array with role "out" or "inout" at least: nothing is computed')
    if form == "steps" and all(array.role != "inout" for array in arrays):
        file.mistakes.append('arrays: with form = "steps" a state evolves; expected an array with role "inout"')


def _check_cases(file: _File, values: dict[str, Any]) -> None:
    cases = values["cases"]
    for key in ("shown", "not_finite") if cases else ():
        for name in values[key] or ():
            if name not in cases:
                file.mistakes.append(f"inputs.{key}: {name!r} is none of the cases. {did_you_mean(name, cases)}")
            elif key == "shown" and name == cases[0]:
                file.mistakes.append(f"inputs.shown: {name!r} is timed, and what is timed is judged")


def _check_tolerance(file: _File, values: dict[str, Any]) -> None:
    if isinstance(values["tolerance"], tuple) and values["dtypes"]:
        for dtype in values["dtypes"]:
            if dtype not in dict(values["tolerance"]):
                file.mistakes.append(f"judge.tolerance: missing {dtype}, which run.dtypes names")


def _check_expressions(file: _File, values: dict[str, Any], sizes: dict[str, Any]) -> None:
    """Every expression at every size of the grid."""
    expressions = [
        (f"arrays.{array.name}.shape[{axis}]", length, 1)
        for array in values["arrays"]
        for axis, length in enumerate(array.shape)
    ]
    for place, least in (("counts.work", 1), ("counts.flops", 0), ("counts.values", 0), ("judge.terms", 1)):
        if expression := values[place.partition(".")[2]]:
            expressions.append((place, expression, least))
    constants = dict(sizes["constants"])
    for size in sizes["grid"]:
        known: dict[str, int] = {}
        for name in sizes["size_names"]:
            known[name] = file.value(f"sizes.{name}", constants[name], known, 1) if name in constants else size
        for place, expression, least in expressions:
            file.value(place, expression, known, least)
