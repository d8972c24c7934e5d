"""Kinds of values as annotations that msgspec checks: bounds for what a file or a worker may hold.

NaN fails every comparison, so a kind with bounds refuses it, and infinity too.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

LARGEST = 2**53  # a whole number that every table holds exactly
LARGEST_NUMBER = 1e18
MOST_ROUNDS = 10_000  # and launches
MOST_CHARACTERS = 1000  # of a name, since a variant's holds those of its axes; and of what foreign code says
QUOTED_CHARACTERS = 60

Whole = Annotated[int, Meta(ge=-LARGEST, le=LARGEST)]
Count = Annotated[int, Meta(ge=0, le=LARGEST)]
Size = Annotated[int, Meta(ge=1, le=LARGEST)]
Repeats = Annotated[int, Meta(ge=1, le=MOST_ROUNDS)]
RoundNumber = Annotated[int, Meta(ge=-1, le=LARGEST)]  # -1: before the first
Seed = Annotated[int, Meta(ge=0)]
Number = Annotated[float, Meta(ge=-LARGEST_NUMBER, le=LARGEST_NUMBER)]
Amount = Annotated[float, Meta(ge=0, le=LARGEST_NUMBER)]
Positive = Annotated[float, Meta(gt=0, le=LARGEST_NUMBER)]
Name = Annotated[str, Meta(max_length=MOST_CHARACTERS)]
Words = Annotated[str, Meta(max_length=MOST_CHARACTERS)]
Dtype = Annotated[str, Meta(pattern="^float(32|64)$")]


def shown(value: object) -> str:
    """A value in few characters, for an error message."""
    if isinstance(value, int) and abs(value) > LARGEST:
        return f"a whole number of {value.bit_length()} bits"
    if isinstance(value, list | dict):
        return f"a {'list' if isinstance(value, list) else 'table'} of {len(value)}"
    text = repr(value[: QUOTED_CHARACTERS + 1] if isinstance(value, str) else value)
    return text if len(text) <= QUOTED_CHARACTERS else f"{text[:QUOTED_CHARACTERS]}…"
