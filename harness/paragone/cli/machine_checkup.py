"""What is missing or in the way here, each with the command that mends it."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from paragone.errors import DataUnusable
from paragone.files.paths import IMPORT_ROOT, PROJECT
from paragone.implementation.declaration import unavailable_reason
from paragone.implementation.registry import Registered, Unusable, discover
from paragone.machine import environment
from paragone.machine.conditions import GIB, Finding, judge
from paragone.machine.python_environments import OLDEST_PYTHON
from paragone.machine.threads import thread_count_fault, worker_environment
from paragone.store.runs import results_folder
from paragone.task.mlp.data import DIGITS
from paragone.task.mlp.mnist.cache import find_entry
from paragone.task.mlp.mnist.files import locate
from paragone.task.mlp.mnist.parts import MNIST, MNIST_SHA256

ENOUGH_DISK = 2 * GIB  # the data set in both dtypes as cached files, and room for runs
WORKER_TIMEOUT_S = 60

# Program, what it is for, how to get it. Everything else works without them.
TOOLS = (
    ("make", "the shortcuts; every one of them is also a paragone command", "apt-get install make"),
    ("git", "the commit that is recorded with each run", "apt-get install git"),
)

# What a worker's threads look like once its libraries are loaded.
ASK_A_WORKER = """
import json, numpy, scipy.linalg
from paragone.machine.threads import loaded_thread_pools
print(json.dumps(loaded_thread_pools()))
"""


def examine(results: Path | None = None) -> list[Finding]:
    """Return everything that was looked at, what works included; takes about a second.

    `results` is the folder for runs where it is not the usual one.
    """
    results = results_folder(results)
    return [
        python_version(sys.version_info[:3]),
        *base_packages(requirements(), installed_version),
        *tools(shutil.which),
        *implementations(*discover()),
        data_set(os.environ.get("PARAGONE_DATA"), kept_data(), is_offline()),
        results_can_be_written(results),
        disk_space(results, lambda folder: shutil.disk_usage(folder).free),
        worker_threads(threads_in_a_worker()),
        *judge(environment.describe()),
    ]


def implementations(found: Iterable[Registered], broken: Iterable[Unusable]) -> Iterator[Finding]:
    """Yield the languages that can be measured here, and each reason why an implementation cannot, once."""
    languages, lacking = set(), dict[str, list[str]]()
    for entry in found:
        if reason := unavailable_reason(entry.implementation):
            lacking.setdefault(reason, []).append(entry.name)
        else:
            languages.add(entry.implementation.language)
    yield Finding("ok", "languages", ", ".join(sorted(languages)))
    for reason, names in lacking.items():
        yield Finding("note", ", ".join(names), reason)
    for failed in broken:
        yield Finding("problem", failed.name, failed.reason)


def python_version(version: tuple[int, ...]) -> Finding:
    """Return whether this Python is new enough."""
    found = ".".join(map(str, version))
    if version < OLDEST_PYTHON:
        oldest = ".".join(map(str, OLDEST_PYTHON))
        return Finding("problem", "Python", f"{found}; {oldest} or newer is needed", "Install it from python.org.")
    return Finding("ok", "Python", found)


def requirements(pyproject: Path = PROJECT / "pyproject.toml") -> list[str]:
    """Return the base requirements, such as "numpy>=2.1": the project file's, else those of the installed package."""
    if pyproject.is_file():
        project: dict[str, Any] = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
        return list(project["dependencies"])
    declared = importlib.metadata.requires("paragone") or []
    return [requirement for requirement in declared if "extra ==" not in requirement]


def installed_version(package: str) -> str | None:
    """Return the version of an installed package, or None."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def base_packages(required: Iterable[str], version_of: Callable[[str], str | None]) -> Iterator[Finding]:
    """Yield a problem for each package that is missing or too old, or one line if all is well."""
    well = 0
    for requirement in required:
        name, least = _name_and_bound(requirement)
        found = version_of(name)
        mend = f"pip install --upgrade '{name}>={least}'" if least else f"pip install {name}"
        if found is None:
            yield Finding("problem", "package", f"{name} is not installed", mend)
        elif _numbers(found) < _numbers(least):
            yield Finding("problem", "package", f"{name} {found} is older than {least}", mend)
        else:
            well += 1
    yield Finding("ok", "packages", f"{well} of the base install are new enough")


def _name_and_bound(requirement: str) -> tuple[str, str]:
    name = re.split(r"[^\w.-]", requirement)[0]
    return name, re.split(r"[^\w.]", requirement.partition(">=")[2].strip())[0]


def _numbers(version: str) -> tuple[int, ...]:
    """Return (2, 4) of "2.4.0rc1": the release without trailing zeros."""
    release = re.split(r"[^\d.]", version)[0]
    numbers = [int(number) for number in release.split(".") if number]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def tools(which: Callable[[str], str | None]) -> Iterator[Finding]:
    """Yield for each program whether it is there; none is indispensable."""
    for program, purpose, install in TOOLS:
        if which(program):
            yield Finding("ok", program, "installed")
        else:
            yield Finding("note", program, f"not found; it serves {purpose}", install)


def data_set(chosen: str | None, kept: Path | None, offline: bool) -> Finding:
    """Return where MNIST will come from; nothing is downloaded.

    `chosen` is the value of PARAGONE_DATA, `kept` the entry of the cache that holds MNIST.
    """
    if chosen == DIGITS:
        return Finding("note", "data", "enlarged digits instead of MNIST (PARAGONE_DATA=digits)", "unset PARAGONE_DATA")
    if chosen:
        return _chosen_data(chosen)
    if kept:
        return Finding("ok", "data", f"MNIST, in {kept}")
    found = "MNIST is not here yet; the first run " + ("measures on enlarged digits" if offline else "downloads it")
    return Finding("note", "data", found, "PARAGONE_DATA=folder-with-mnist paragone bench")


def _chosen_data(chosen: str) -> Finding:
    try:
        form = locate(Path(chosen).expanduser(), MNIST).form
    except (DataUnusable, OSError, RuntimeError, ValueError) as error:
        mend = "unset PARAGONE_DATA, or let it name a folder with MNIST in it"
        return Finding("problem", "data", f"PARAGONE_DATA: {str(error).rstrip('.')}", mend)
    return Finding("ok", "data", f"MNIST as {form}, from PARAGONE_DATA={chosen}")


def is_offline() -> bool:
    """Return whether PARAGONE_OFFLINE forbids downloads."""
    return os.environ.get("PARAGONE_OFFLINE", "0") not in ("", "0")


def kept_data() -> Path | None:
    """Return the entry of the cache that holds MNIST, its content checked, or None."""
    try:
        entry = find_entry(MNIST_SHA256, lambda sentence: None)
    except OSError:  # it cannot be read: then it will not serve either
        return None
    return entry.folder if entry else None


def results_can_be_written(folder: Path) -> Finding:
    """Return whether runs can be written, by writing a file and removing it."""
    place = _existing(folder)
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        return Finding("problem", "results", f"{folder} cannot be written: {error.strerror}", f"chmod u+w {place}")
    return Finding("ok", "results", f"{folder} can be written")


def disk_space(folder: Path, free_bytes: Callable[[Path], int]) -> Finding:
    """Return whether there is room for data and runs."""
    free = free_bytes(_existing(folder))
    if free < ENOUGH_DISK:
        return Finding("problem", "disk", f"{free / GIB:.1f} GiB are free", "Make room, or choose another --results.")
    return Finding("ok", "disk", f"{free / GIB:.0f} GiB are free")


def _existing(folder: Path) -> Path:
    return next(place for place in (folder, *folder.resolve().parents) if place.is_dir())


def threads_in_a_worker() -> dict[str, Any]:
    """Return the thread pools that a fresh process finds when one thread is asked for; {"error": …} if it failed."""
    surroundings, _ = worker_environment(1, os.environ)
    surroundings["PYTHONPATH"] = os.pathsep.join(filter(None, [str(IMPORT_ROOT), surroundings.get("PYTHONPATH")]))
    command = [sys.executable, "-c", ASK_A_WORKER]
    try:
        answer = subprocess.run(command, env=surroundings, capture_output=True, text=True, timeout=WORKER_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        return {"error": f"no answer within {WORKER_TIMEOUT_S} s"}
    if answer.returncode != 0:
        return {"error": (answer.stderr.strip().splitlines() or [f"exit status {answer.returncode}"])[-1]}
    pools: dict[str, Any] = json.loads(answer.stdout)
    return pools


def worker_threads(found: Mapping[str, Any]) -> Finding:
    """Return whether a worker has one thread when one is asked for."""
    if "error" in found:
        return Finding("problem", "worker", f"cannot load NumPy and SciPy: {found['error']}", "pip install numpy scipy")
    if fault := thread_count_fault(1, found):
        return Finding("problem", "worker threads", fault, "Its samples would be rejected; report it as a bug.")
    return Finding("ok", "worker threads", "one where one is asked for")
