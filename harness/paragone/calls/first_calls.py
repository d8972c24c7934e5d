"""Each callable called once: what it gives, how long that takes, and how it must be called to be timed."""

from __future__ import annotations

import copy
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from paragone.calls.arguments import Arguments, changed_arguments, copied
from paragone.calls.outcome import Outcome, leaves

Call = Callable[..., Any]


@dataclass(frozen=True, eq=False)
class FirstCall:
    """What the first call of a callable gave."""

    outcome: Outcome
    seconds: float
    way: str  # a key of WAYS: how a call of it is completed
    changes_arguments: bool


def first_call(call: Call, arguments: Arguments) -> FirstCall:
    """Call it once with copies of the arguments. Raises what it raises."""
    own = copied(arguments)
    begin = time.perf_counter()
    returned = call(*own)
    way = way_to_complete(returned)
    returned = WAYS[way](returned)
    seconds = time.perf_counter() - begin
    changed = changed_arguments(arguments, own)
    return FirstCall(Outcome(_kept(returned), changed), seconds, way, bool(changed))


def _kept(returned: Any) -> Any:
    """A copy of what was returned: a later call may write into the same memory. What has no copy is kept itself."""
    try:
        return copy.deepcopy(returned)
    except Exception:  # of a foreign class; a tensor with a gradient
        found = leaves(returned)
    try:
        return copy.copy(found[""]) if found.keys() == {""} else returned
    except Exception:  # a lock, an open file
        return returned


def way_to_complete(returned: Any) -> str:
    """How what was returned comes to be complete: libraries return before they have computed."""
    if isinstance(returned, Iterator):
        return "used up"
    values = list(_flat(returned))
    if "jax" in sys.modules and any(hasattr(value, "block_until_ready") for value in values):
        return "waited for"
    if any(getattr(value, "is_cuda", False) is True for value in values):
        return "synchronised"
    return "returned"


def _flat(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        value = tuple(value.values())
    if isinstance(value, tuple | list):
        for each in value[:100]:
            yield from _flat(each)
    else:
        yield value


def _as_it_is(returned: Any) -> Any:
    return returned


def _waited_for(returned: Any) -> Any:
    return sys.modules["jax"].block_until_ready(returned)


def _synchronised(returned: Any) -> Any:
    sys.modules["torch"].cuda.synchronize()
    return returned


WAYS: dict[str, Callable[[Any], Any]] = {
    "returned": _as_it_is,
    "used up": list,
    "waited for": _waited_for,
    "synchronised": _synchronised,
}


def completed(call: Call, way: str) -> Call:
    """The callable, followed by what completes its result."""
    if way == "returned":
        return call
    complete = WAYS[way]
    return lambda *arguments: complete(call(*arguments))
