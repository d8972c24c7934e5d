"""The callables by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from paragone.errors import Misuse
from paragone.files.printable import is_printable, plain_words
from paragone.implementation.variant import CONTROL

Call = Callable[..., Any]
EXAMPLE = 'Such as: paragone.compare({"a": f, "b": g}, X)'


def named(callables: Mapping[str, Call] | Iterable[Call] | Call) -> dict[str, Call]:
    """The callables by name: a mapping as it is, others by their own names. Raises Misuse."""
    if isinstance(callables, Mapping):
        found = {str(name): call for name, call in callables.items()}
        if len(found) < len(callables):
            raise Misuse(f"compare: two callables have one name: {', '.join(map(repr, callables))}")
    else:
        each = [callables] if callable(callables) else _listed(callables)
        found = _by_own_names(each)
    if not found:
        raise Misuse(f"compare: expected one callable or more, got none. {EXAMPLE}")
    for name, call in found.items():
        _refuse_unusable(name, call)
    return found


def _listed(callables: Iterable[Call]) -> list[Call]:
    try:
        return list(callables)
    except TypeError:
        raise Misuse(f"compare: expected callables by name, got {type(callables).__name__}. {EXAMPLE}") from None


def _by_own_names(callables: Iterable[Call]) -> dict[str, Call]:
    found: dict[str, Call] = {}
    for call in callables:
        own = str(getattr(call, "__name__", type(call).__name__))
        name, number = own, 1
        while name in found:
            number += 1
            name = f"{own} {number}"
        found[name] = call
    return found


def _refuse_unusable(name: str, call: Call) -> None:
    shown = plain_words(name)
    if not name.strip() or not is_printable(name):
        raise Misuse(f"compare: expected names that print, got {shown!r}. {EXAMPLE}")
    if name.endswith(CONTROL):
        raise Misuse(f"compare: {shown} is what a control is called. Choose another name")
    if not callable(call):
        raise Misuse(f"compare: {shown} is no callable but {type(call).__name__}. {EXAMPLE}")
    if inspect.iscoroutinefunction(call) or inspect.isasyncgenfunction(call):
        raise Misuse(f"compare: {shown} is async: a call of it computes nothing. Compare a function that runs it")
