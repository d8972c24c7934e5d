"""The values of an entry of claims: each checked for its kind. What is wrong is a ValueError that names the key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from paragone.files.schema import LARGEST, LARGEST_NUMBER, QUOTED_CHARACTERS, shown

LONGEST_TEXT = 500


def needed(entry: Mapping[str, Any], key: str) -> Any:
    if key in entry:
        return entry[key]
    raise ValueError(f"missing key {key!r}")


def text_of(key: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_TEXT:
        raise ValueError(f"{key}: expected a text of 1 to {LONGEST_TEXT} characters, got {shown(value)}")
    return value


def names_of(key: str, value: Any) -> tuple[str, ...]:
    names = value if isinstance(value, list) and value else [value]
    return tuple(text_of(key, name) for name in names)


def whole_of(key: str, value: Any) -> int:
    if type(value) is not int or not 1 <= value <= LARGEST:
        raise ValueError(f"{key}: expected a whole number from 1 to {LARGEST}, got {shown(value)}")
    return int(value)


def number_of(key: str, value: Any) -> float:
    if type(value) not in (int, float) or not 0 < value <= LARGEST_NUMBER:
        raise ValueError(f"{key}: expected a number above 0, got {shown(value)}")
    return float(value)


def pair_of(key: str, value: Any) -> tuple[float, float]:
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError(f"{key}: expected two numbers, the smaller first; got {str(value)[:QUOTED_CHARACTERS]}")
    low, high = (number_of(key, end) for end in value)
    if low >= high:
        raise ValueError(f"{key}: expected two numbers, the smaller first; got {str(value)[:QUOTED_CHARACTERS]}")
    return low, high
