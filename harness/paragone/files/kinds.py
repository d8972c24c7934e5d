"""Kinds of values that a file or a worker may hold, as annotations that msgspec checks: what anybody may have written.

NaN and infinity are within no bounds, so msgspec refuses both wherever a kind has bounds.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

LARGEST = 2**53  # a whole number that every table holds exactly
LARGEST_NUMBER = 1e18
MOST_ROUNDS = 10_000  # and launches
MOST_CHARACTERS = 1000  # of a name: a variant's holds those of its axes

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
Dtype = Annotated[str, Meta(pattern="^float(32|64)$")]
