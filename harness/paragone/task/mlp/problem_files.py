"""Problem files in TOML: found, read, and checked key by key, so that an error names its key."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

from paragone.errors import InvalidProblem, UnknownName, did_you_mean
from paragone.files.printable import is_printable
from paragone.files.schema import LARGEST_NUMBER, shown
from paragone.files.toml_table import toml_table
from paragone.task.mlp.problem import (
    HIDDEN_ACTIVATIONS,
    MOST_CLASSES,
    MOST_PARAMETERS,
    OUTPUTS_AND_LOSSES,
    REDUCTIONS,
    STARTS,
    NetworkProblem,
)
from paragone.task.mlp.shipped import SHIPPED as SHIPPED
from paragone.task.mlp.shipped import shipped_names as shipped_names

MOST_BYTES = 1 << 16  # of a problem's file; the shipped ones have 1 kB
MOST_DIGITS = 15  # of a batch size as a key
MOST_CHARACTERS = 100  # of a problem's name
DATASETS = ("mnist",)
DEFAULTS: dict[str, Any] = {
    "description": "",
    "source": "",
    "dataset": "mnist",
    "learning_rate_decay": 0.0,
    "momentum": 0.0,
    "l1": 0.0,
    "l2": 0.0,
    "records_loss": False,
}


def find_problem(name_or_path: str) -> NetworkProblem:
    """The shipped problem of that name, or the problem in that TOML file.

    Raises UnknownName or InvalidProblem.
    """
    if name_or_path in shipped_names():
        return read_problem(SHIPPED / f"{name_or_path}.toml")
    path = Path(name_or_path)
    if path.suffix != ".toml":
        hint = " A problem of your own is given by the path of its TOML file."
        raise UnknownName("problem", name_or_path, [*shipped_names(), "all"], hint)
    with suppress(RuntimeError):  # no such user: then there is no such file either
        path = path.expanduser()
    return read_problem(path)


def read_problem(path: Path) -> NetworkProblem:
    """Read a problem from a TOML file; its name is the file's stem.

    Raises InvalidProblem, which names the file, the key, and what was expected.
    """
    try:
        table = toml_table(path, MOST_BYTES)
    except FileNotFoundError:
        known = ", ".join(shipped_names())
        raise InvalidProblem(f"{path}: there is no such file. Shipped problems: {known}.") from None
    except ValueError as error:
        raise InvalidProblem(f"{path}: {error}") from None
    try:
        return _problem(path.stem, table)
    except ValueError as error:
        raise InvalidProblem(f"{path}: {error}") from None


def _problem(name: str, table: dict[str, Any]) -> NetworkProblem:
    if not is_printable(name) or len(name) > MOST_CHARACTERS:
        raise ValueError(
            f"the file's name: expected at most {MOST_CHARACTERS} characters that print, got {shown(name)}"
        )
    values = _values(DEFAULTS | table)
    pair = (values["output_activation"], values["loss"])
    if pair not in OUTPUTS_AND_LOSSES:
        known = ", ".join(f"{output} with {loss}" for output, loss in OUTPUTS_AND_LOSSES)
        raise ValueError(f"output_activation and loss: {pair[0]} with {pair[1]} is not defined. Defined: {known}")
    values["batch_sizes"] = _grid(values["batch_sizes"], values["n_train"])
    return NetworkProblem(name=name, **values)


def _values(table: dict[str, Any]) -> dict[str, Any]:
    """The checked values. Raises ValueError with every mistake of the table."""
    unknown = [key for key in table if key not in CHECKS]
    faults = [f"unknown key {shown(key)}. {did_you_mean(key[:MOST_CHARACTERS], CHECKS)}" for key in unknown]
    faults += [f"missing key {key!r}: {_expected(key)}" for key in CHECKS if key not in table]
    values = {}
    for key in (key for key in table if key in CHECKS):
        try:
            values[key] = CHECKS[key](key, table[key])
        except ValueError as error:
            faults.append(str(error))
    if faults:
        left_out = [f"and {len(faults) - MOST_FAULTS} more"] if len(faults) > MOST_FAULTS else []
        raise ValueError("; ".join(fault.removesuffix(".") for fault in faults[:MOST_FAULTS] + left_out))
    return values


def _expected(key: str) -> str:
    """What the check of a key says that it allows."""
    try:
        CHECKS[key](key, None)
    except ValueError as error:
        return str(error).removeprefix(f"{key}: ").rpartition(" got ")[0].rstrip(",;")
    return "expected a value"


def _text(key: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{key}: expected a text, got {shown(value)}")
    return value


def _one_of(choices: tuple[str, ...]) -> Callable[[str, Any], str]:
    def check(key: str, value: Any) -> str:
        if value not in choices:
            hint = f" {did_you_mean(value[:MOST_CHARACTERS], choices)}" if isinstance(value, str) else ""
            raise ValueError(f"{key}: expected one of {', '.join(choices)}; got {shown(value)}.{hint}")
        return str(value)

    return check


def _truth(key: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{key}: expected true or false, got {shown(value)}")
    return value


def _number(key: str, value: Any) -> float:
    try:
        number = math.nan if isinstance(value, bool) or not isinstance(value, int | float) else float(value)
    except OverflowError:  # a whole number beyond the largest float
        number = math.inf
    if not 0 <= number <= LARGEST_NUMBER:
        raise ValueError(f"{key}: expected a number from 0 to {LARGEST_NUMBER:g}, got {shown(value)}")
    return number


def _positive_integer(key: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"{key}: expected a whole number above 0, got {shown(value)}")
    return value


def _layers(key: str, value: Any) -> tuple[int, ...]:
    if not isinstance(value, list) or len(value) < 2:
        raise ValueError(f"{key}: expected at least two sizes, such as [784, 30, 10]; got {shown(value)}")
    layers = tuple(_positive_integer(key, size) for size in value)
    if sum(n * m for n, m in pairwise(layers)) > MOST_PARAMETERS:
        raise ValueError(f"{key}: expected at most {MOST_PARAMETERS} weights, got more")
    if not 2 <= layers[-1] <= MOST_CLASSES:
        raise ValueError(
            f"{key}: expected 2 to {MOST_CLASSES} neurons in the last layer, one per class; got {layers[-1]}"
        )
    return layers


def _learning_rate(key: str, value: Any) -> tuple[tuple[int, float], ...]:
    if not isinstance(value, dict):
        return ((1, _positive(key, value)),)
    if not value:
        raise ValueError(f"{key}: the table by batch size is empty")
    for size in value:
        if not (size.isascii() and size.isdigit() and len(size) <= MOST_DIGITS and int(size) > 0):
            raise ValueError(f"{key}: expected batch sizes as keys, got {shown(size)}")
    rates = {int(size): _positive(f"{key}.{size}", rate) for size, rate in value.items()}
    if len(rates) < len(value):
        raise ValueError(f"{key}: a batch size is listed twice: {', '.join(value)}")
    return tuple(sorted(rates.items()))


def _positive(key: str, value: Any) -> float:
    number = _number(key, value)
    if number == 0:
        raise ValueError(f"{key}: expected a number above 0, got {shown(value)}")
    return number


def _batch_sizes(key: str, value: Any) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise ValueError(f'{key}: expected a list of whole numbers or "full", got {shown(value)}')
    return value


def _grid(sizes: list[Any], n_train: int) -> tuple[int, ...]:
    if texts := [size for size in sizes if isinstance(size, str) and size != "full"]:
        raise ValueError(f'batch_sizes: expected whole numbers above 0 or "full", got {texts[0]!r}')
    grid = {n_train if size == "full" else _positive_integer("batch_sizes", size) for size in sizes}
    too_large = [size for size in sorted(grid) if size > n_train]
    if too_large:
        raise ValueError(f"batch_sizes: {too_large[0]} is more than the {n_train} training images")
    return tuple(sorted(grid))


MOST_FAULTS = 12
CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "description": _text,
    "source": _text,
    "dataset": _one_of(DATASETS),
    "n_train": _positive_integer,
    "layers": _layers,
    "hidden_activation": _one_of(HIDDEN_ACTIVATIONS),
    "output_activation": _one_of(tuple(dict.fromkeys(output for output, _ in OUTPUTS_AND_LOSSES))),
    "loss": _one_of(tuple(loss for _, loss in OUTPUTS_AND_LOSSES)),
    "learning_rate": _learning_rate,
    "learning_rate_decay": _number,
    "momentum": _number,
    "l1": _number,
    "l2": _number,
    "reduction": _one_of(REDUCTIONS),
    "start": _one_of(STARTS),
    "records_loss": _truth,
    "batch_sizes": _batch_sizes,
}
