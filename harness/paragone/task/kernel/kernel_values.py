"""The keys of kernel.toml, and what the value of each may be.

A check returns the value as a KernelSpec holds it, or raises ValueError with what is expected, what was found, and the
closest name.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Iterable
from typing import Any

from paragone.errors import did_you_mean
from paragone.files.printable import is_printable
from paragone.files.schema import LARGEST, MOST_CHARACTERS, shown
from paragone.task.kernel.expressions import GRAMMAR
from paragone.task.kernel.spec import AUTO, CACHES, COMPONENTWISE, INTEGERS, REAL

FLOATS = ("float64", "float32")
ROLES = ("in", "out", "inout")
MOST_DIMENSIONS = 8
MOST_SIZES = 100  # of a grid
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,40}")
KERNEL_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
# A name is a parameter in every language, so it may be a word of none of them.
WORDS_OF_LANGUAGES = {
    *keyword.kwlist,
    *"auto bool box byte case catch char class const crate default do double dyn end enum export extern float".split(),
    *"fn function goto int int64_t int32_t interface let long loop match mod move mut new null override priv".split(),
    *"private pub public ref register return self short signed sizeof static struct super switch this throw".split(),
    *"trait true false type typedef typeof union unsafe unsigned use using var virtual void volatile where".split(),
    *"abstract alignas alignof arguments asm baremodule become begin boolean concept constexpr debugger".split(),
    *"delete eval explicit extends final friend global impl implements inline instanceof local macro module".split(),
    *"decltype mutable namespace native noexcept nullptr operator package primitive protected quote restrict".split(),
    *"strictfp synchronized template thread_local throws transient typeid typename unsized xor yield".split(),
    *"real library include workspace run setup size".split(),
}


def text(value: Any) -> str:
    if not isinstance(value, str) or not is_printable(value) or len(value) > MOST_CHARACTERS:
        raise ValueError(f"expected a text of at most {MOST_CHARACTERS} characters that print, got {shown(value)}")
    return value


def sentence(value: Any) -> str:
    if not text(value).strip():
        raise ValueError("expected a sentence, got an empty text")
    return value.strip()  # type: ignore[no-any-return]


def name(value: Any) -> str:
    """A name that is one in every language."""
    if not isinstance(value, str) or not NAME.fullmatch(value):
        raise ValueError(f"expected a name of letters, digits and _, a letter first, got {shown(value)}")
    if value in WORDS_OF_LANGUAGES:
        raise ValueError(f"{value!r} is a word of one of the languages; another name is expected, such as {value}_1")
    return value


def kernel_name(value: Any) -> str:
    if not isinstance(value, str) or not KERNEL_NAME.fullmatch(value):
        raise ValueError(f"expected a name of small letters, digits and _, a letter first, got {shown(value)}")
    return value


def one_of(*choices: str) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        if value not in choices:
            raise ValueError(_unknown(value, choices))
        return str(value)

    return check


def some_of(*choices: str) -> Callable[[Any], tuple[str, ...]]:
    """A list of one or more of the choices, none twice."""

    def check(value: Any) -> tuple[str, ...]:
        names = _distinct(value)
        for given in names:
            if given not in choices:
                raise ValueError(_unknown(given, choices))
        return names

    return check


def names(value: Any) -> tuple[str, ...]:
    """A list of one or more names, none twice."""
    found = _distinct(value)
    for given in found:
        if not isinstance(given, str) or not NAME.fullmatch(given):
            raise ValueError(f"expected names of letters, digits and _, got {shown(given)}")
    return found


def expression(value: Any) -> str:
    """An expression, or a whole number that stands for itself."""
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise ValueError(f"expected an expression of {GRAMMAR}; got {shown(value)}")
    if isinstance(value, int) and abs(value) > LARGEST:
        raise ValueError(f"expected a number of at most {LARGEST:.0e}, got {shown(value)}")
    return str(value)


def grid(value: list[Any]) -> tuple[int, ...]:
    """The sizes to measure, ascending."""
    if not 0 < len(value) <= MOST_SIZES:
        raise ValueError(f"expected 1 to {MOST_SIZES} sizes, got {len(value)}")
    for size in value:
        if isinstance(size, bool) or not isinstance(size, int) or not 0 < size <= LARGEST:
            raise ValueError(f"expected whole numbers above 0, got {shown(size)}")
    return tuple(sorted(set(value)))


def shape(value: Any) -> tuple[str, ...]:
    """The lengths of an array's axes, not yet evaluated."""
    if not isinstance(value, list) or not 0 < len(value) <= MOST_DIMENSIONS:
        hint = f': write ["{value}"]' if isinstance(value, str) else ""
        raise ValueError(f"expected 1 to {MOST_DIMENSIONS} lengths ([1] for one number), got {shown(value)}{hint}")
    return tuple(str(length) for length in value)


def dtype(value: Any) -> str:
    """Of an array: "real", or one of the integers."""
    if isinstance(value, str) and value.startswith("float"):
        raise ValueError(f"reals are float32 or float64 as run.dtypes says, so leave the key out; got {shown(value)}")
    return one_of(REAL, *INTEGERS)(value)


def tolerance(value: Any) -> str | tuple[tuple[str, float], ...]:
    if value in (AUTO, COMPONENTWISE):
        return str(value)
    if not isinstance(value, dict) or not value:
        raise ValueError(
            f'expected "{AUTO}", "{COMPONENTWISE}" or a relative error for each dtype, such as '
            f"{{ float32 = 1e-3, float64 = 1e-7 }}; got {shown(value)}"
        )
    for key, error in value.items():
        if key not in FLOATS:
            raise ValueError(_unknown(key, FLOATS))
        if isinstance(error, bool) or not isinstance(error, int | float) or not 0 < error < 1:
            raise ValueError(f"{key}: expected a relative error above 0 and below 1, got {shown(error)}")
    return tuple((key, float(error)) for key, error in sorted(value.items()))


def _distinct(value: Any) -> tuple[Any, ...]:
    if not isinstance(value, list) or not value:
        raise ValueError(f"expected a list of one or more names, got {shown(value)}")
    for i, entry in enumerate(value):
        if entry in value[:i]:
            raise ValueError(f"{shown(entry)} is there twice")
    return tuple(value)


def _unknown(value: Any, choices: Iterable[str]) -> str:
    hint = f" {did_you_mean(value[:MOST_CHARACTERS], choices)}" if isinstance(value, str) else ""
    return f"expected one of {', '.join(choices)}; got {shown(value)}.{hint}"


REQUIRED = object()
Check = Callable[[Any], Any]
# By section and key: what the value may be, and what it is where it is left out. "" is the top of the file.
KEYS: dict[str, dict[str, tuple[Check, Any]]] = {
    "": {
        "name": (kernel_name, REQUIRED),
        "description": (sentence, REQUIRED),
        "source": (text, ""),
        "form": (one_of("calls", "steps"), "calls"),
    },
    "counts": {
        "work": (expression, REQUIRED),
        "unit": (sentence, REQUIRED),
        "flops": (expression, ""),
        "values": (expression, ""),
    },
    "inputs": {
        "cases": (names, ("random",)),
        "shown": (names, ()),
        "not_finite": (names, ()),
        "cache": (one_of(*CACHES), "warm"),
    },
    "judge": {"tolerance": (tolerance, AUTO), "terms": (expression, "")},
    "run": {"dtypes": (some_of(*FLOATS), FLOATS), "baseline": (sentence, REQUIRED)},
}
ARRAY_KEYS: dict[str, tuple[Check, Any]] = {
    "role": (one_of(*ROLES), REQUIRED),
    "shape": (shape, REQUIRED),
    "dtype": (dtype, REAL),
}
