"""Patterns that select implementations and variants: numpy_rows, numpy_*, numpy_rows[order=F].

Brackets fix the values of some axes; an axis that they leave out keeps all its values.
"""

from __future__ import annotations

import contextlib
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from paragone.errors import Misuse, UnknownName
from paragone.implementation.described import Described
from paragone.implementation.variant import Variant, axes_of, variants

PLUGINS_HINT = " One of your own is found by --plugins PATH, or PARAGONE_PLUGINS."
HINT = " One variant is asked for by its axes in brackets, such as 'numpy_rows[order=F]'."


def matches_name(name: str, pattern: str) -> bool:
    """Ignores the brackets of the pattern."""
    return fnmatchcase(name, _parts(pattern)[0])


def is_selected(variant: Variant, patterns: Iterable[str]) -> bool:
    name, axes = variant.implementation.name, dict(variant.axis).items()
    return any(matches_name(name, pattern) and _parts(pattern)[1].items() <= axes for pattern in patterns)


def is_named(variant: str, pattern: str) -> bool:
    """Whether a pattern selects a variant by its whole name, as a run keeps it: numpy_rows[dtype=float32,order=F]."""
    name, axes = _parts(pattern)
    return fnmatchcase(variant.partition("[")[0], name) and axes.items() <= axes_of(variant).items()


def selected(known: Sequence[Described], pattern: str) -> list[Described]:
    """The implementations with a variant that matches.

    Raises UnknownName where no name matches, Misuse where a name matches and none of its variants does.
    """
    named = [implementation for implementation in known if matches_name(implementation.name, pattern)]
    if not named:
        name = _parts(pattern)[0]
        hint = HINT if set(pattern) & set(" [") else PLUGINS_HINT
        with contextlib.suppress(OSError):  # too long for the name of a file
            if Path(name, "impl.py").is_file():
                hint = f" The folder {name} holds one: add --plugins {shlex.quote(name)}"
        raise UnknownName("implementation", name, [one.name for one in known], hint)
    matching = [one for one in named if any(is_selected(variant, [pattern]) for variant in variants(one))]
    if not matching:
        raise Misuse(f"no variant is called {pattern!r}. There are: {'; '.join(map(_with_axes, named))}")
    return matching


def _with_axes(implementation: Described) -> str:
    axes = (f"{axis}={'|'.join(values)}" for axis, values in implementation.axes.items())
    return f"{implementation.name}[{','.join(axes)}]"


def _parts(pattern: str) -> tuple[str, Mapping[str, str]]:
    """Name and axes. Brackets without an equal sign belong to a glob, as in numpy_[rc]*."""
    match = re.fullmatch(r"(.*)\[[^\[\]]*=[^\[\]]*\]", pattern)
    return (match[1], axes_of(pattern[len(match[1]) :])) if match else (pattern, {})
