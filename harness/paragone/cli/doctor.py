"""paragone doctor: what is here, what is missing, what disturbs measurements, each with the command that mends it."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.markup import escape

from paragone.cli.app import print_behind
from paragone.errors import DataUnusable, Misuse, ResultsUnusable
from paragone.files.paths import PROJECT
from paragone.implementation.described import unavailable_reason
from paragone.implementation.registry import Registered, Unusable, discover
from paragone.machine import environment
from paragone.machine.child import import_path
from paragone.machine.conditions import GIB, Finding, findings
from paragone.machine.julia_found import julia_here
from paragone.machine.python_environments import OLDEST_PYTHON
from paragone.machine.threads import thread_count_fault, worker_environment
from paragone.store.runs import refuse_unwritable, results_folder
from paragone.task.mlp.data import DIGITS
from paragone.task.mlp.forms.locate import locate
from paragone.task.mlp.mnist.cache import find_entry
from paragone.task.mlp.mnist.parts import MNIST_SHA256

INDENT = 9  # columns of the severity, with a blank
COLOURS = {"ok": "green", "note": "yellow", "problem": "red"}
ENOUGH_DISK = 2 * GIB  # the data set in both dtypes as cached files, and room for runs
WORKER_TIMEOUT_S = 60

# Of a checkout: program, what it is for, how to get it. Everything else works without them.
TOOLS = (
    ("make", "the shortcuts; every one of them is also a paragone command", "apt-get install make"),
    ("git", "the commit that is recorded with each run", "apt-get install git"),
)

# Run in a fresh process: libraries read their thread settings when they are loaded.
WORKER_PROBE = """
import json, numpy, scipy.linalg
from paragone.machine.threads import loaded_thread_pools
print(json.dumps(loaded_thread_pools()))
"""


def doctor() -> None:
    """Show what is here, what is missing, and what would disturb a measurement, with the command that mends each."""
    for finding in examine():
        colour = COLOURS[finding.severity]
        label = f"[{colour}]{finding.severity:<{INDENT}}[/]"
        print_behind(label, INDENT, f"[bold]{escape(finding.what)}[/]: {escape(finding.found)}")
        if finding.mend and finding.severity != "ok":
            print_behind(" " * INDENT, INDENT, f"→ {escape(finding.mend)}")


def examine(results: Path | None = None) -> list[Finding]:
    """Everything that was looked at, what works included; takes about a second."""
    results = results_folder(results)
    return [
        python_version(sys.version_info[:3]),
        *base_packages(requirements(), installed_version),
        *(tools(shutil.which) if PROJECT else ()),
        *implementations_here(),
        *julia_here(),
        data_set(os.environ.get("PARAGONE_DATA"), cached_data(), is_offline()),
        results_can_be_written(results),
        disk_space(results, lambda folder: shutil.disk_usage(folder).free),
        worker_threads(threads_in_a_worker()),
        *findings(environment.describe()),
    ]


def python_version(version: tuple[int, ...]) -> Finding:
    found = ".".join(map(str, version))
    if version < OLDEST_PYTHON:
        oldest = ".".join(map(str, OLDEST_PYTHON))
        return Finding("problem", "Python", f"{found}; {oldest} or newer is needed", "Install it from python.org.")
    return Finding("ok", "Python", found)


def requirements() -> list[str]:
    """The base requirements, such as "numpy>=2.1"."""
    declared = importlib.metadata.requires("paragone") or []
    return [requirement for requirement in declared if "extra ==" not in requirement]


def installed_version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def base_packages(required: Iterable[str], version_of: Callable[[str], str | None]) -> Iterator[Finding]:
    """A problem for each package that is missing or too old, and one line that counts the others."""
    n_good = 0
    for requirement in required:
        name, least = _name_and_bound(requirement)
        found = version_of(name)
        mend = f"pip install --upgrade '{name}>={least}'" if least else f"pip install {name}"
        if found is None:
            yield Finding("problem", "package", f"{name} is not installed", mend)
        elif _release(found) < _release(least):
            yield Finding("problem", "package", f"{name} {found} is older than {least}", mend)
        else:
            n_good += 1
    yield Finding("ok", "packages", f"{n_good} of the base install are new enough")


def _name_and_bound(requirement: str) -> tuple[str, str]:
    name = re.split(r"[^\w.-]", requirement)[0]
    return name, re.split(r"[^\w.]", requirement.partition(">=")[2].strip())[0]


def _release(version: str) -> tuple[int, ...]:
    """(2, 4) of "2.4.0rc1": trailing zeros are dropped, so that 2.4 and 2.4.0 are equal."""
    release = re.split(r"[^\d.]", version)[0]
    numbers = [int(number) for number in release.split(".") if number]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def tools(which: Callable[[str], str | None]) -> Iterator[Finding]:
    for program, purpose, install in TOOLS:
        if which(program):
            yield Finding("ok", program, "installed")
        else:
            yield Finding("note", program, f"not found; it serves {purpose}", install)


def implementations_here() -> Iterator[Finding]:
    """Those that are found, or what is wrong with a folder that a variable names, such as PARAGONE_PLUGINS."""
    try:
        yield from implementations(*discover())
    except Misuse as error:
        yield Finding("problem", "implementations", str(error))


def implementations(registered: Iterable[Registered], unusable: Iterable[Unusable]) -> Iterator[Finding]:
    """The languages that can be measured here, and each reason why something cannot, once for all that share it."""
    languages, lacking = set(), dict[str, list[str]]()
    for entry in registered:
        if reason := unavailable_reason(entry.implementation):
            lacking.setdefault(reason, []).append(entry.name)
        else:
            languages.add(entry.implementation.language)
    yield Finding("ok", "languages", ", ".join(sorted(languages)))
    for reason, names in lacking.items():
        yield Finding("note", ", ".join(names), reason)
    for folder in unusable:
        yield Finding("problem", folder.name, folder.reason)


def data_set(variable: str | None, cached: Path | None, offline: bool) -> Finding:
    """Where MNIST will come from; nothing is downloaded.

    `variable` is the value of PARAGONE_DATA, `cached` the entry of the cache that holds MNIST.
    """
    if variable == DIGITS:
        return Finding("note", "data", "enlarged digits instead of MNIST (PARAGONE_DATA=digits)", "unset PARAGONE_DATA")
    if variable:
        return _data_from_variable(variable)
    if cached:
        return Finding("ok", "data", f"MNIST, in {cached}")
    found = "MNIST is not here yet; the first run " + ("measures on enlarged digits" if offline else "downloads it")
    return Finding("note", "data", found, "PARAGONE_DATA=folder-with-mnist paragone bench")


def _data_from_variable(path: str) -> Finding:
    try:
        form = locate(Path(path).expanduser()).form
    except (DataUnusable, OSError, RuntimeError, ValueError) as error:
        mend = "unset PARAGONE_DATA, or let it name a folder with images and labels in it"
        return Finding("problem", "data", f"PARAGONE_DATA: {str(error).rstrip('.')}", mend)
    return Finding("ok", "data", f"{form}, from PARAGONE_DATA={path}")


def is_offline() -> bool:
    return os.environ.get("PARAGONE_OFFLINE", "0") not in ("", "0")


def cached_data() -> Path | None:
    """The entry of the cache that holds MNIST, its content checked."""
    try:
        entry = find_entry(MNIST_SHA256, lambda sentence: None)
    except OSError:  # a cache that cannot be read is of no use to a run either
        return None
    return entry.folder if entry else None


def results_can_be_written(folder: Path) -> Finding:
    try:
        refuse_unwritable(folder)
    except ResultsUnusable as error:
        found, _, mend = str(error).rpartition(". ")
        return Finding("problem", "results", found, mend)
    return Finding("ok", "results", f"{folder} can be written")


def disk_space(folder: Path, free_bytes: Callable[[Path], int]) -> Finding:
    free = free_bytes(_nearest_existing(folder))
    if free < ENOUGH_DISK:
        return Finding("problem", "disk", f"{free / GIB:.1f} GiB are free", "Make room, or choose another --results.")
    return Finding("ok", "disk", f"{free / GIB:.0f} GiB are free")


def _nearest_existing(folder: Path) -> Path:
    return next(place for place in (folder, *folder.resolve().parents) if place.is_dir())


def threads_in_a_worker() -> dict[str, Any]:
    """The thread pools of a fresh process that was asked to use one thread; {"error": …} where it failed."""
    variables, _ = worker_environment(1, os.environ)
    variables["PYTHONPATH"] = import_path(variables)
    # -P: without it, a folder `paragone` in the current folder would be imported instead.
    command = [sys.executable, "-P", "-c", WORKER_PROBE]
    try:
        probe = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=WORKER_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        return {"error": f"no answer within {WORKER_TIMEOUT_S} s"}
    if probe.returncode != 0:
        return {"error": (probe.stderr.strip().splitlines() or [f"exit status {probe.returncode}"])[-1]}
    pools: dict[str, Any] = json.loads(probe.stdout)
    return pools


def worker_threads(pools: Mapping[str, Any]) -> Finding:
    if "error" in pools:
        return Finding("problem", "worker", f"cannot load NumPy and SciPy: {pools['error']}", "pip install numpy scipy")
    if fault := thread_count_fault(1, pools):
        return Finding("problem", "worker threads", fault, "Its samples would be rejected; report it as a bug.")
    return Finding("ok", "worker threads", "one where one is asked for")
