"""The surroundings of a run: what is written to environment.json, and whether two runs can be joined."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from paragone.files.hashing import folder_hash
from paragone.files.paths import PROJECT
from paragone.machine.blas import blas
from paragone.machine.busy import machine_load
from paragone.machine.conditions import judge
from paragone.machine.hardware import machine, operating_system
from paragone.machine.python_environments import ask, interpreter
from paragone.machine.threads import worker_environment

# What decides numbers; anything else in the folder may differ from the commit without harm.
MEASURED_CODE = ("harness", "impls", "benchmarks")
GIT_TIMEOUT_S = 20

MEASURED_PACKAGES = (
    "numpy", "scipy", "scikit-learn", "numba", "llvmlite", "jax", "jaxlib", "torch", "tensorflow", "tensorflow-cpu",
    "keras", "juliacall", "cupy", "cupy-cuda12x", "cupy-cuda13x", "dask", "numexpr",
)  # fmt: skip
OTHER_PACKAGES = ("pandas", "matplotlib", "threadpoolctl", "psutil", "pytest", "pytest-benchmark")

Description = dict[str, Any]


def describe(own_environments: Iterable[str] = (), threads: int = 1) -> Description:
    """Return the surroundings as plain data, ready for environment.json.

    `own_environments` names those that workers start in besides the harness's, `threads` is the most that one has.
    Takes a third of a second to see who else is at work, and once as long to ask which BLAS there is.
    """
    _, inherited = worker_environment(1, os.environ)
    description: Description = {
        "machine": machine(),
        "os": operating_system(),
        "python": python(),
        "packages": packages(),
        "own_environments": {name: own_environment(name) for name in own_environments},
        "blas": blas(),
        "revision": revision(),
        "load": machine_load(),
        "inherited": [asdict(variable) for variable in inherited],
    }
    findings = judge(description, threads)
    description["warnings"] = [finding.sentence for finding in findings if finding.severity != "ok"]
    return description


def python() -> dict[str, Any]:
    """Return which Python this is."""
    return {
        "version": platform.python_version(),
        "implementation": platform.python_implementation(),
        "compiler": platform.python_compiler(),
        "gil": bool(getattr(sys, "_is_gil_enabled", lambda: True)()),
    }


def packages() -> dict[str, str]:
    """Return the version of each package that matters and is installed."""
    versions = {}
    for name in (*MEASURED_PACKAGES, *OTHER_PACKAGES):
        with suppress(importlib.metadata.PackageNotFoundError):
            versions[name] = importlib.metadata.version(name)
    return versions


def own_environment(name: str) -> dict[str, Any]:
    """Return the Python and the packages that matter in an environment of its own; empty where it does not work."""
    answer = ask(interpreter(name))
    versions = {package: version for package, version in answer.versions if package in MEASURED_PACKAGES}
    return {"python": ".".join(map(str, answer.version)), "packages": versions}


def revision(folder: Path = PROJECT) -> dict[str, Any]:
    """Return which code this is: commit and dirty, None outside a git checkout, and source_hash.

    `dirty` looks at what decides numbers; a changed README leaves it false.
    """
    commit = dirty = None
    top = git(folder, "rev-parse", "--show-toplevel")
    if top and Path(top).resolve() == folder.resolve():  # not some other project's checkout around ours
        commit = git(folder, "rev-parse", "HEAD") or None
        changes = git(folder, "status", "--porcelain", "--", *MEASURED_CODE)
        dirty = None if changes is None else bool(changes)
    return {"commit": commit, "dirty": dirty, "source_hash": folder_hash(folder / "harness")}


def git(folder: Path, *arguments: str, **variables: str) -> str | None:
    """Return what git says in that folder, with these variables of its own, or None where it is missing or refuses."""
    # Inside a hook, GIT_DIR and its kin would lead to another repository.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", "--no-optional-locks", "-C", str(folder), *arguments]
    try:
        answer = subprocess.run(
            command, env={**inherited, **variables}, capture_output=True, text=True, timeout=GIT_TIMEOUT_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()


def source_hash() -> str:
    """Return a hash of the harness's own code."""
    return folder_hash(PROJECT / "harness")


# What must be the same in two parts of one run, by the name it has in a sentence.
MATCHED: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    "CPU": lambda found: found["machine"]["cpu"],
    "logical CPUs": lambda found: found["machine"]["logical_cpus"],
    "physical cores": lambda found: found["machine"]["physical_cores"],
    "usable CPUs": lambda found: len(found["machine"]["usable_cpus"]),
    "CPU quota": lambda found: found["machine"]["cpu_quota"],
    "memory in GiB": lambda found: round(found["machine"]["memory_bytes"] / 2**30),
    "transparent huge pages": lambda found: found["machine"]["transparent_hugepages"],
    "system": lambda found: f"{found['os']['system']} {found['os']['release']}",
    "Python": lambda found: f"{found['python']['implementation']} {found['python']['version']}",
    "BLAS": lambda found: sorted(f"{p['library']} {p.get('version')} {p.get('architecture')}" for p in found["blas"]),
    "packages": lambda found: {name: found["packages"].get(name) for name in MEASURED_PACKAGES},
    "own environments": lambda found: {
        f"{package} in {name}": version
        for name, own in found.get("own_environments", {}).items()
        for package, version in {"Python": own["python"], **own["packages"]}.items()
    },
    "environment": lambda found: {v["name"]: v["value"] for v in found["inherited"] if v["treatment"] == "kept"},
}


def machine_fingerprint(description: Mapping[str, Any]) -> str:
    """Return a hash of what must match for a run to be resumed; load and free memory are left out."""
    content = {label: value(description) for label, value in MATCHED.items()}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def facts(description: Mapping[str, Any]) -> dict[str, str]:
    """Return what must match in two parts of one run, by name, as words; a package or a variable has a name of its own.

    What a description does not tell is left out.
    """
    found: dict[str, str] = {}
    for label, value in MATCHED.items():
        with suppress(KeyError, TypeError, AttributeError):
            told = value(description)
            parts = dict(sorted(told.items())) if isinstance(told, dict) else {label: told}
            found |= {name: _said(part) for name, part in parts.items() if part is not None}
    return found


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each thing that must match and does not; empty where the fingerprints are equal."""
    then, today = facts(before), facts(now)
    names = [name for name in dict.fromkeys((*then, *today)) if then.get(name) != today.get(name)]
    return [f"{name}: {then.get(name, 'none')} then, {today.get(name, 'none')} now" for name in names]


def _said(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)
