"""What is said where a function of a maths file returns something else than the glue takes."""

from __future__ import annotations

from typing import Any

from paragone.errors import MeasurementFailed


def wrong_return(function: Any, returned: Any, expected: str) -> MeasurementFailed:
    """The error, with the author's file and line of the function: "step (maths.py, line 18): expected …"."""
    code = getattr(function, "__code__", None)
    place = f" ({code.co_filename.rpartition('/')[2]}, line {code.co_firstlineno})" if code else ""
    name = getattr(function, "__qualname__", type(function).__name__)
    return MeasurementFailed(f"{name}{place}: expected {expected}, it returns {_kind(returned)}")


def _kind(returned: Any) -> str:
    if isinstance(returned, tuple | list):
        return f"{len(returned)} values"
    return "None" if returned is None else f"a value of type {type(returned).__name__}"
