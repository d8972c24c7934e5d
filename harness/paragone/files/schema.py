"""Kinds of values, as checks: what came from outside is of its kind, or it is said where it is not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from paragone.files.printable import is_printable

LARGEST = 2**53  # a whole number that every table holds exactly
LARGEST_NUMBER = 1e18
MOST_ROUNDS = 10_000  # and launches
MOST_CHARACTERS = 1000  # of a name: a variant's holds those of its axes
QUOTED_CHARACTERS = 60

Check = Callable[[str, Any], None]


class Unfit(ValueError):
    """A value that is not of its kind: where it stands, what was expected, what was found."""

    def __init__(self, place: str, expected: str, value: object) -> None:
        super().__init__(f"{place}: expected {expected}, got {shown(value)}")


def shown(value: object) -> str:
    """Return a value in few characters, whatever it is."""
    if isinstance(value, int) and abs(value) > LARGEST:
        return f"a whole number of {value.bit_length()} bits"
    if isinstance(value, list | dict):
        return f"a {'list' if isinstance(value, list) else 'table'} of {len(value)}"
    text = repr(value[: QUOTED_CHARACTERS + 1] if isinstance(value, str) else value)
    return text if len(text) <= QUOTED_CHARACTERS else f"{text[:QUOTED_CHARACTERS]}…"


def kind(expected: str, is_so: Callable[[Any], bool]) -> Check:
    """Return the check that raises Unfit, with what was expected, unless `is_so`."""

    def check(place: str, value: Any) -> None:
        if not is_so(value):
            raise Unfit(place, expected, value)

    return check


def _whole(least: int, most: int = LARGEST) -> Check:
    return kind(f"a whole number from {least} to {most}", lambda value: type(value) is int and least <= value <= most)


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) <= LARGEST_NUMBER


def _is_time(value: Any) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).timestamp() is not None
    except (ValueError, OverflowError):
        return False


text = kind("a text", lambda value: isinstance(value, str))
name = kind(
    f"a text of at most {MOST_CHARACTERS} characters that print",
    lambda value: isinstance(value, str) and len(value) <= MOST_CHARACTERS and is_printable(value),
)
truth = kind("true or false", lambda value: isinstance(value, bool))
whole, count, size, round_number = _whole(-LARGEST), _whole(0), _whole(1), _whole(-1)
repeats = _whole(1, MOST_ROUNDS)
seed = kind("a whole number from 0 on", lambda value: type(value) is int and value >= 0)
number = kind("a number", _is_number)
amount = kind("a number, not below 0", lambda value: _is_number(value) and value >= 0)
positive = kind("a number above 0", lambda value: _is_number(value) and value > 0)
measure = kind("a number", lambda value: isinstance(value, float) or _is_number(value))  # NaN and infinite ones too
moment = kind("a time such as 2025-03-04T05:06:07+00:00", _is_time)
anything = kind("anything", lambda value: True)


def one_of(*words: str) -> Check:
    """Return the check for one of these words."""
    return kind(f"one of {', '.join(words)}", lambda value: isinstance(value, str) and value in words)


def maybe(check: Check) -> Check:
    """Return the check for null, or what `check` wants."""
    return lambda place, value: None if value is None else check(place, value)


def listed(check: Check) -> Check:
    """Return the check for a list of what `check` wants."""

    def check_all(place: str, value: Any) -> None:
        if not isinstance(value, list):
            raise Unfit(place, "a list", value)
        for index, entry in enumerate(value):
            check(f"{place}[{index}]", entry)

    return check_all


def table_of(check: Check) -> Check:
    """Return the check for a table with values as `check` wants them, under any keys."""

    def check_all(place: str, value: Any) -> None:
        if not isinstance(value, dict):
            raise Unfit(place, "a table", value)
        for key, entry in value.items():
            check(f"{place}.{key[:QUOTED_CHARACTERS]}" if place else key[:QUOTED_CHARACTERS], entry)

    return check_all


def fields(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """Return the check for a table with these keys; others may be there, of a later version."""

    def check_all(place: str, value: Any) -> None:
        if not isinstance(value, dict):
            raise Unfit(place, "a table", value)
        for key, check in {**required, **(optional or {})}.items():
            if key in value:
                check(f"{place}.{key}" if place else key, value[key])
            elif key in required:
                raise ValueError(f"{place + ': ' if place else ''}{key} is missing")

    return check_all
