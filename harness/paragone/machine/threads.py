"""The threads of a worker: fixed in its environment before it starts, read back inside it, compared.

The libraries read their thread counts once, while they load; setting them later is too late.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NotRequired, TypedDict

from paragone.machine.variables import FIXED, RULES, THREAD_COUNTS, XLA_THREADS

SET_BY_THREADPOOLCTL = "KMP_DUPLICATE_LIB_OK"


@dataclass(frozen=True)
class InheritedVariable:
    """A variable of the user's shell that changes what is measured, and what became of it.

    `treatment` is "kept", "cleared", or "replaced" where the harness sets a value of its own.
    `warning` is a sentence for the report where the variable bites, else None.
    """

    name: str
    value: str
    treatment: str
    reason: str
    warning: str | None

    def to_json(self) -> dict[str, Any]:
        """Return the variable as plain data."""
        return asdict(self)


def worker_environment(threads: int, inherited: Mapping[str, str]) -> tuple[dict[str, str], list[InheritedVariable]]:
    """Return the environment of a worker with so many threads, and what became of each variable that matters.

    Everything that no rule names passes through unchanged. In the list, the home folder reads `~`.
    """
    if threads < 1:
        raise ValueError(f"threads: expected a whole number above 0, got {threads}")
    ours = dict.fromkeys(THREAD_COUNTS, str(threads)) | FIXED
    ours["XLA_FLAGS"] = _xla_flags(threads, inherited.get("XLA_FLAGS", ""))
    environment, report = dict(inherited) | ours, []
    for name in sorted(inherited):
        entry = _fate(name, inherited[name], ours)
        if entry is None:
            continue
        if entry.treatment == "cleared":
            del environment[name]
        report.append(_without_home(entry, inherited.get("HOME", "")))
    return environment, report


def _fate(name: str, value: str, ours: Mapping[str, str]) -> InheritedVariable | None:
    if name == "XLA_FLAGS":
        return _fate_of_xla_flags(value, ours[name])
    if name in ours:
        if value == ours[name]:
            return None
        what = "The number of threads is an option of the harness" if name in THREAD_COUNTS else "Workers need"
        return InheritedVariable(name, value, "replaced", f"{what}: {name}={ours[name]}.", None)
    for rule in RULES:
        if fnmatchcase(name, rule.pattern):
            warning = f"{name}={value} {rule.bites}." if rule.bites else None
            return InheritedVariable(name, value, rule.treatment, rule.reason, warning)
    return None


def _xla_flags(threads: int, inherited: str) -> str:
    """Return the user's flags with the one that switches threads set by us.

    A value that does not begin with a dash names a file of flags, to which nothing can be added.
    """
    kept = inherited.split() if inherited.lstrip().startswith("-") else []
    kept = [flag for flag in kept if flag.partition("=")[0] != XLA_THREADS]
    return " ".join([*kept, f"{XLA_THREADS}={'true' if threads > 1 else 'false'}"])


def _fate_of_xla_flags(value: str, ours: str) -> InheritedVariable | None:
    kept = [flag for flag in ours.split() if flag.partition("=")[0] != XLA_THREADS]
    if not kept:
        reason = f"The number of threads is an option of the harness: XLA_FLAGS={ours}."
        return None if value == ours else InheritedVariable("XLA_FLAGS", value, "replaced", reason, None)
    warning = f"XLA_FLAGS={value} changes how XLA compiles."
    return InheritedVariable(
        "XLA_FLAGS", value, "kept", f"Chosen on purpose; only {XLA_THREADS} is set by us.", warning
    )


def _without_home(entry: InheritedVariable, home: str) -> InheritedVariable:
    """Return the entry with the user's name out of its paths: results are made to be shown."""
    if len(home) < 2:
        return entry
    hidden = {
        field: text.replace(home, "~") if isinstance(text, str) else text for field, text in asdict(entry).items()
    }
    return InheritedVariable(**hidden)


class ThreadPool(TypedDict):
    """One library's pool of threads; `file` is the name of the library's file, without its folder."""

    user_api: NotRequired[str | None]
    library: NotRequired[str | None]
    version: NotRequired[str | None]
    architecture: NotRequired[str | None]
    threading_layer: NotRequired[str | None]
    num_threads: int | None
    file: str


class ThreadsFound(TypedDict):
    """The thread pools of one process, and how many threads it has; None off Linux."""

    pools: list[ThreadPool]
    os_threads: NotRequired[int | None]


def loaded_thread_pools(told: Mapping[str, int] | None = None) -> ThreadsFound:
    """The thread pools of the libraries loaded in this process.

    `told` holds the threads of libraries that cannot be seen from here, by name: they are added as they are.
    Importing threadpoolctl loads no library of numbers; call this after they are loaded.
    """
    pools: list[ThreadPool] = [
        {
            "user_api": pool.get("user_api"),
            "library": pool.get("internal_api"),
            "version": pool.get("version"),
            "architecture": pool.get("architecture"),
            "threading_layer": pool.get("threading_layer"),
            "num_threads": pool.get("num_threads"),
            "file": Path(pool.get("filepath") or "").name,
        }
        for pool in _pools()
    ]
    for library in ("torch", "numba"):  # they count for themselves, where they are loaded
        count = getattr(sys.modules.get(library), "get_num_threads", None)
        if count is not None:
            pools.append({"user_api": library, "library": library, "num_threads": count(), "file": library})
    for library, count in (told or {}).items():
        pools.append({"user_api": library, "library": library, "num_threads": int(count), "file": library})
    return {"pools": pools, "os_threads": _os_threads()}


def _pools() -> list[dict[str, Any]]:
    """Return what threadpoolctl finds; a variable that importing it sets is taken back, for a user did not set it."""
    was_set = SET_BY_THREADPOOLCTL in os.environ
    from threadpoolctl import threadpool_info

    if not was_set:
        os.environ.pop(SET_BY_THREADPOOLCTL, None)
    pools: list[dict[str, Any]] = threadpool_info()
    return pools


def _os_threads() -> int | None:
    tasks = Path("/proc/self/task")
    return len(list(tasks.iterdir())) if tasks.is_dir() else None


def thread_count_fault(asked: int, found: Mapping[str, Any]) -> str | None:
    """Return how the threads found differ from the number asked for, or None.

    More than asked is a fault in any pool; fewer is one where no pool that can have threads has as many.
    """
    counts = {pool["file"]: pool["num_threads"] for pool in found["pools"] if pool["num_threads"]}
    for file, count in counts.items():
        if count > asked:
            return f"{file} uses {count} threads where {asked} {'was' if asked == 1 else 'were'} asked for"
    can_have = {pool["file"] for pool in found["pools"] if pool.get("threading_layer") != "disabled"}
    most = max((count for file, count in counts.items() if file in can_have), default=asked)
    if most < asked:
        return f"{asked} threads were asked for, and no library uses more than {most}: are there {asked} CPUs to use?"
    return None
