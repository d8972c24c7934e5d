"""Thread counts: set in the environment of a worker before it starts, read back inside it, checked by its CPU time.

Libraries read these variables once, while they load; a later change has no effect.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NotRequired, TypedDict

from paragone.machine.variables import FIXED, RULES, THREAD_COUNTS, XLA_THREADS

SET_BY_THREADPOOLCTL = "KMP_DUPLICATE_LIB_OK"
# One thread may use this much CPU time per wall time, judged over samples of at least JUDGED_SECONDS.
MOST_CPU_OVER_WALL = 1.10
JUDGED_SECONDS = 0.35


@dataclass(frozen=True)
class InheritedVariable:
    """A variable of the user's shell that affects measurements, and its treatment.

    `treatment` is "kept", "cleared", or "replaced" where the harness sets its own value. `warning` is a sentence for
    the report where a kept variable changes results, else None.
    """

    name: str
    value: str
    treatment: str
    reason: str = ""
    warning: str | None = None


def worker_environment(threads: int, inherited: Mapping[str, str]) -> tuple[dict[str, str], list[InheritedVariable]]:
    """The environment of a worker with so many threads, and the treatment of each inherited variable with a rule.

    All other variables pass through unchanged. In the list, `~` stands for the home folder.
    """
    if threads < 1:
        raise ValueError(f"threads: expected a whole number above 0, got {threads}")
    ours = dict.fromkeys(THREAD_COUNTS, str(threads)) | FIXED
    ours["XLA_FLAGS"] = _xla_flags(threads, inherited.get("XLA_FLAGS", ""))
    environment, report = dict(inherited) | ours, []
    for name in sorted(inherited):
        entry = _treatment(name, inherited[name], ours)
        if entry is None:
            continue
        if entry.treatment == "cleared":
            del environment[name]
        report.append(_without_home(entry, inherited.get("HOME", "")))
    return environment, report


def _treatment(name: str, value: str, ours: Mapping[str, str]) -> InheritedVariable | None:
    if name == "XLA_FLAGS":
        return _xla_treatment(value, ours[name])
    if name in ours:
        if value == ours[name]:
            return None
        what = "The number of threads is an option of the harness" if name in THREAD_COUNTS else "Workers need"
        return InheritedVariable(name, value, "replaced", f"{what}: {name}={ours[name]}.", None)
    for rule in RULES:
        if fnmatchcase(name, rule.pattern):
            warning = f"{name}={value} {rule.warning}." if rule.warning else None
            return InheritedVariable(name, value, rule.treatment, rule.reason, warning)
    return None


def _xla_flags(threads: int, inherited: str) -> str:
    """The user's flags, with the flag for threads set by the harness.

    A value that does not begin with a dash is the name of a file of flags: no flag can be added to it, so it is
    dropped.
    """
    kept = inherited.split() if inherited.lstrip().startswith("-") else []
    kept = [flag for flag in kept if flag.partition("=")[0] != XLA_THREADS]
    return " ".join([*kept, f"{XLA_THREADS}={'true' if threads > 1 else 'false'}"])


def _xla_treatment(value: str, ours: str) -> InheritedVariable | None:
    kept = [flag for flag in ours.split() if flag.partition("=")[0] != XLA_THREADS]
    if not kept:
        reason = f"The number of threads is an option of the harness: XLA_FLAGS={ours}."
        return None if value == ours else InheritedVariable("XLA_FLAGS", value, "replaced", reason, None)
    warning = f"XLA_FLAGS={value} changes how XLA compiles."
    return InheritedVariable(
        "XLA_FLAGS", value, "kept", f"Chosen on purpose; only {XLA_THREADS} is set by us.", warning
    )


def _without_home(entry: InheritedVariable, home: str) -> InheritedVariable:
    """Replace the home folder by `~`: results are published, and it contains the user's name."""
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


def loaded_thread_pools(declared: Mapping[str, int] | None = None) -> ThreadsFound:
    """The thread pools of the libraries that this process has loaded; to be called after they are loaded.

    `declared` adds the thread counts of libraries that threadpoolctl cannot see, by name.
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
    for library in ("torch", "numba"):  # threadpoolctl cannot see their pools; they report them
        count = getattr(sys.modules.get(library), "get_num_threads", None)
        if count is not None:
            pools.append({"user_api": library, "library": library, "num_threads": count(), "file": library})
    for library, count in (declared or {}).items():
        pools.append({"user_api": library, "library": library, "num_threads": int(count), "file": library})
    return {"pools": pools, "os_threads": _os_threads()}


def _pools() -> list[dict[str, Any]]:
    """The pools that threadpoolctl finds."""
    pools: list[dict[str, Any]] = _threadpoolctl().threadpool_info()
    return pools


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Give the BLAS of this process one thread within the block: on one CPU, or a busy machine, two spin in turn."""
    with _pool_controller().limit(limits=1):
        yield


@functools.cache
def _pool_controller() -> Any:
    return _threadpoolctl().ThreadpoolController()


def _threadpoolctl() -> Any:
    """The module. Its import sets a variable, which is unset again: the user did not set it."""
    was_set = SET_BY_THREADPOOLCTL in os.environ
    import threadpoolctl

    if not was_set:
        os.environ.pop(SET_BY_THREADPOOLCTL, None)
    return threadpoolctl


def _os_threads() -> int | None:
    tasks = Path("/proc/self/task")
    return len(list(tasks.iterdir())) if tasks.is_dir() else None


def thread_count_fault(asked: int, found: Mapping[str, Any]) -> str | None:
    """How the thread counts differ from the number asked for, or None where they agree.

    No pool may have more threads than asked for, and at least one that can have threads must have that many.
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


def sizes_over_one_cpu(
    wall_ns: Mapping[int, int], cpu_ns: Mapping[int, int], threads: int
) -> Iterator[tuple[int, float]]:
    """(batch size, CPU over wall) where a one-thread worker used more than one thread.

    A batch size is judged over at least JUDGED_SECONDS of samples; batch sizes with less are judged together.
    """
    if threads > 1:
        return
    long = [size for size in wall_ns if wall_ns[size] >= JUDGED_SECONDS * 1e9]
    short = [size for size in wall_ns if size not in long]
    for sizes in [*([size] for size in long), short]:
        wall = sum(wall_ns[size] for size in sizes)
        cpu = sum(cpu_ns[size] for size in sizes)
        if wall >= JUDGED_SECONDS * 1e9 and cpu / wall > MOST_CPU_OVER_WALL:
            yield from ((size, cpu / wall) for size in sizes)


def cpu_use_fault(cpus: float) -> str:
    """The reason against a one-thread worker that used this many CPUs."""
    return f"used {cpus:.2f} s of CPU time per second with one thread asked for"
