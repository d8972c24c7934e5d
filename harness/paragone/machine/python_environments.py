"""The Python environments of workers: the harness's own, or one with other versions of packages.

Such an environment is a virtual environment NAME in the folder PARAGONE_ENVIRONMENTS; else in `.venvs/` of the
checkout, or in the user's data folder where paragone was installed from a wheel. It holds the packages of its
implementations and WORKER_PACKAGES; the harness itself is added by PYTHONPATH.
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
PROBE_TIMEOUT_S = 60

# Must run on any Python, however old. It looks for modules without importing them.
PROBE = """
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
class ProbeResult:
    """Version and packages of a Python; `fault` is the reason why it did not run."""

    version: tuple[int, ...] = ()
    lacking: tuple[str, ...] = ()
    versions: tuple[tuple[str, str], ...] = ()
    fault: str = ""


def folder_of(name: str) -> Path:
    if given := os.environ.get(VARIABLE, ""):
        return expand_home(given, VARIABLE).absolute() / name
    if PROJECT:
        return PROJECT / ".venvs" / name
    import platformdirs  # of an installed package alone

    return platformdirs.user_data_path("paragone") / "environments" / name


def exists(name: str) -> bool:
    return bool(name) and folder_of(name).is_dir()


def interpreter(name: str) -> str:
    """The path of an environment's Python; the name "" is that of the harness."""
    return str(folder_of(name) / "bin" / "python") if name else sys.executable


def environment_unavailable(name: str, modules: Sequence[str] = (), mend: str = "") -> str | None:
    """Why no worker with these modules can start in an environment, and the command that mends it; None if it can.

    The modules are looked for, not imported. The default of `mend` is the command that makes a plain environment.
    """
    folder, python = folder_of(name), interpreter(name)
    place = shell_path(folder)
    install = f"{shell_path(python)} -m pip install {' '.join([*WORKER_PACKAGES, *modules])}"
    make = mend or f"python3 -m venv --clear {place} && {install}"
    if not os.access(python, os.X_OK):
        what = "has no bin/python that can be executed" if folder.is_dir() else "does not exist"
        return f"its environment {place} {what}. Make it: {make}"
    found = probe(python, (*WORKER_PACKAGES, *modules))
    if found.fault:
        return f"the Python of its environment {place} does not run: {found.fault}. Make it again: {make}"
    if found.version < OLDEST_PYTHON:
        expected, got = (".".join(map(str, version)) for version in (OLDEST_PYTHON, found.version))
        return f"its environment {place}: expected Python {expected} or newer, got {got}"
    if found.lacking:
        return f"its environment {place} lacks {', '.join(found.lacking)}. Install: {mend or install}"
    return None


@cache
def probe(python: str, modules: tuple[str, ...] = ()) -> ProbeResult:
    """Run a Python once: its version, the versions of its packages, and which of these modules it lacks."""
    try:
        process = subprocess.run(
            [python, "-c", PROBE, *modules], capture_output=True, text=True, timeout=PROBE_TIMEOUT_S
        )
        if process.returncode != 0:
            errors = process.stderr.strip().splitlines()
            return ProbeResult(fault=errors[-1] if errors else f"exit code {process.returncode}")
        found = json.loads(process.stdout)
        return ProbeResult(tuple(found["version"]), tuple(found["lacking"]), tuple(sorted(found["versions"].items())))
    except subprocess.TimeoutExpired:
        return ProbeResult(fault=f"no answer within {PROBE_TIMEOUT_S} s")
    except (OSError, ValueError, KeyError) as error:
        return ProbeResult(fault=str(error))


def shell_path(path: str | Path) -> str:
    """A path quoted for a shell: relative to the project where it lies in it, with `~` for the home folder."""
    path = Path(path)
    if PROJECT and path.is_relative_to(PROJECT):
        return shlex.quote(str(path.relative_to(PROJECT)))
    if path.is_relative_to(Path.home()):
        return f"~/{shlex.quote(str(path.relative_to(Path.home())))}"
    return shlex.quote(str(path))
