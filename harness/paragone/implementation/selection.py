"""The names by which implementations and variants are asked for: numpy_rows, numpy_*, numpy_rows[order=F].

The values of axes in brackets narrow what the name before them says; an axis that is not named keeps all its values.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

from paragone.errors import Misuse, UnknownName
from paragone.implementation.contract import Implementation, Variant, axes_of, variants

HINT = " One variant is asked for by its axes in brackets, such as 'numpy_rows[order=F]'."


def is_called(name: str, pattern: str) -> bool:
    """Return whether an implementation has the name of a pattern, whatever axes that asks for."""
    return fnmatchcase(name, _parts(pattern)[0])


def is_chosen(variant: Variant, patterns: Iterable[str]) -> bool:
    """Return whether one of the patterns means this variant."""
    name, axes = variant.implementation.name, dict(variant.axis).items()
    return any(is_called(name, pattern) and _parts(pattern)[1].items() <= axes for pattern in patterns)


def chosen(known: Sequence[type[Implementation]], pattern: str) -> list[type[Implementation]]:
    """Return the implementations of which a pattern means a variant.

    Raises UnknownName where none is called so, Misuse where those that are have no such axes.
    """
    called = [implementation for implementation in known if is_called(implementation.name, pattern)]
    if not called:
        hint = HINT if set(pattern) & set(" [") else ""
        raise UnknownName("implementation", _parts(pattern)[0], [one.name for one in known], hint)
    found = [one for one in called if any(is_chosen(variant, [pattern]) for variant in variants(one))]
    if not found:
        raise Misuse(f"no variant is called {pattern!r}. There are: {'; '.join(map(_with_axes, called))}")
    return found


def _with_axes(implementation: type[Implementation]) -> str:
    axes = (f"{axis}={'|'.join(values)}" for axis, values in implementation.axes.items())
    return f"{implementation.name}[{','.join(axes)}]"


def _parts(pattern: str) -> tuple[str, Mapping[str, str]]:
    """Return name and axes; brackets without an equal sign are those of a glob, as in numpy_[rc]*."""
    found = re.fullmatch(r"(.*)\[[^\[\]]*=[^\[\]]*\]", pattern)
    return (found[1], axes_of(pattern[len(found[1]) :])) if found else (pattern, {})
