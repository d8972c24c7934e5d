"""`--cpus`: keep a command, and all that it starts, to some CPUs."""

from __future__ import annotations

import re
from collections.abc import Sequence

from paragone.errors import Misuse
from paragone.machine.cpus import confine_to, usable_cpus


def kept_to_cpus(text: str | None) -> str | None:
    """Keep this process, and all that it starts, to the CPUs of a list such as "2-5,7"; returns the text.

    An option is given to it when it is read, so that no command has counted its CPUs before.
    """
    if text is None:
        return None
    usable = usable_cpus()
    if not usable:
        raise Misuse("--cpus: this system cannot keep a process to some CPUs")
    asked = _cpus_of(text)
    if foreign := [cpu for cpu in asked if cpu not in usable]:
        raise Misuse(f"--cpus: CPU {foreign[0]} is not there, or not for this process: it may use {_ranges(usable)}")
    confine_to(asked)
    return text


def _cpus_of(text: str) -> list[int]:
    """[2, 3, 4, 5, 7] for "2-5,7". No longer than the largest CPU number that Linux knows."""
    found: set[int] = set()
    for part in text.replace(",", " ").split() or [""]:
        ends = re.fullmatch(r"(\d{1,4})(?:-(\d{1,4}))?", part, re.ASCII)
        last = int(ends[2] or ends[1]) if ends else -1
        if ends is None or last < int(ends[1]):
            raise Misuse(f"--cpus: expected CPUs such as 2-5,7; got {text[:40]!r}")
        found.update(range(int(ends[1]), last + 1))
    return sorted(found)


def _ranges(cpus: Sequence[int]) -> str:
    """ "2-5,7" for (2, 3, 4, 5, 7)."""
    begins = [cpu for cpu in cpus if cpu - 1 not in cpus]
    ends = [cpu for cpu in cpus if cpu + 1 not in cpus]
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in zip(begins, ends, strict=True))
