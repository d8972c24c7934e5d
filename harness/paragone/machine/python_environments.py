"""Which Python a worker is started with: the harness's own, or that of an environment with other versions.

Such an environment is a virtual environment in `.venvs/NAME`, or NAME in the folder of PARAGONE_ENVIRONMENTS. It holds
what its implementations need and WORKER_PACKAGES; the harness itself comes in by PYTHONPATH.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from paragone.files.paths import PROJECT, expand_home

VARIABLE = "PARAGONE_ENVIRONMENTS"
OLDEST_PYTHON = (3, 11)
# All that a worker imports besides Python's own.
WORKER_PACKAGES = ("msgspec", "numpy", "platformdirs", "psutil", "threadpoolctl")
SECONDS_TO_ANSWER = 60

# Asked of any Python, however old; nothing that it is asked about is imported.
QUESTION = """
import importlib.util, json, sys
sys.path[:] = [place for place in sys.path if place]
specs = {module: importlib.util.find_spec(module) for module in sys.argv[1:]}
lacking = [module for module, spec in specs.items() if spec is None or spec.origin is None]
versions = {}
try:
    from importlib.metadata import distributions
    for found in distributions():
        versions.setdefault((found.metadata["Name"] or "").lower().replace("_", "-"), found.version)
except ImportError:
    pass
print(json.dumps({"version": list(sys.version_info[:3]), "lacking": lacking, "versions": versions}))
"""


@dataclass(frozen=True)
class Answer:
    """What a Python says of itself; `fault` where it said nothing."""

    version: tuple[int, ...] = ()
    lacking: tuple[str, ...] = ()
    versions: tuple[tuple[str, str], ...] = ()
    fault: str = ""


def folder_of(name: str) -> Path:
    """Return the folder of an environment, whether it exists or not."""
    given = os.environ.get(VARIABLE, "")
    return (expand_home(given, VARIABLE).absolute() if given else PROJECT / ".venvs") / name


def exists(name: str) -> bool:
    """Return whether there is such an environment, in order or not."""
    return bool(name) and folder_of(name).is_dir()


def interpreter(name: str) -> str:
    """Return the path of an environment's Python; "" is the harness's own."""
    return str(folder_of(name) / "bin" / "python") if name else sys.executable


def environment_unavailable(name: str, modules: Sequence[str] = (), mend: str = "") -> str | None:
    """Return why no worker with these modules can start in an environment, and the command that mends it, or None.

    The modules are looked for, not imported. `mend` is the command; left out, it is that of a plain environment.
    """
    folder, python = folder_of(name), interpreter(name)
    place = shown(folder)
    install = f"{shown(python)} -m pip install {' '.join([*WORKER_PACKAGES, *modules])}"
    make = mend or f"python3 -m venv --clear {place} && {install}"
    if not os.access(python, os.X_OK):
        what = "has no bin/python that can be executed" if folder.is_dir() else "does not exist"
        return f"its environment {place} {what}. Make it: {make}"
    answer = ask(python, (*WORKER_PACKAGES, *modules))
    if answer.fault:
        return f"the Python of its environment {place} does not run: {answer.fault}. Make it again: {make}"
    if answer.version < OLDEST_PYTHON:
        expected, got = (".".join(map(str, version)) for version in (OLDEST_PYTHON, answer.version))
        return f"its environment {place}: expected Python {expected} or newer, got {got}"
    if answer.lacking:
        return f"its environment {place} lacks {', '.join(answer.lacking)}. Install: {mend or install}"
    return None


@cache
def ask(python: str, modules: tuple[str, ...] = ()) -> Answer:
    """Return what a Python says of its version, of what it has, and which of these modules it cannot find."""
    try:
        process = subprocess.run(
            [python, "-c", QUESTION, *modules], capture_output=True, text=True, timeout=SECONDS_TO_ANSWER
        )
        if process.returncode != 0:
            said = process.stderr.strip().splitlines()
            return Answer(fault=said[-1] if said else f"exit code {process.returncode}")
        told = json.loads(process.stdout)
        return Answer(tuple(told["version"]), tuple(told["lacking"]), tuple(sorted(told["versions"].items())))
    except subprocess.TimeoutExpired:
        return Answer(fault=f"no answer within {SECONDS_TO_ANSWER} s")
    except (OSError, ValueError, KeyError) as error:
        return Answer(fault=str(error))


def shown(path: str | Path) -> str:
    """Return a path as a shell takes it: from the project's folder where it lies in it, the home folder as `~`."""
    path = Path(path)
    if path.is_relative_to(PROJECT):
        return shlex.quote(str(path.relative_to(PROJECT)))
    if path.is_relative_to(Path.home()):
        return f"~/{shlex.quote(str(path.relative_to(Path.home())))}"
    return shlex.quote(str(path))
