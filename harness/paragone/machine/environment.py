"""The environment of a run: the content of environment.json, and whether two environments match."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import platform
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import msgspec

from paragone.files.hashing import folder_hash
from paragone.files.paths import PACKAGE, PROJECT
from paragone.machine.blas import blas
from paragone.machine.busy import machine_load
from paragone.machine.conditions import findings
from paragone.machine.environment_record import BlasPool, Environment, OwnEnvironment, PythonBuild, Revision
from paragone.machine.git import git, git_fault
from paragone.machine.hardware import machine, operating_system
from paragone.machine.libraries import libraries
from paragone.machine.python_environments import interpreter, probe
from paragone.machine.threads import worker_environment

# Code that decides numbers; other files may differ from the commit without harm.
MEASURED_CODE = ("harness", "impls", "benchmarks")

MEASURED_PACKAGES = (
    "numpy", "scipy", "scikit-learn", "numba", "llvmlite", "jax", "jaxlib", "torch", "tensorflow", "tensorflow-cpu",
    "keras", "juliacall", "cupy", "cupy-cuda12x", "cupy-cuda13x", "dask", "numexpr",
)  # fmt: skip
BUILT_WITH = ("scipy-openblas32",)  # C is linked with it
OTHER_PACKAGES = ("pandas", "matplotlib", "threadpoolctl", "psutil", "pytest", "pytest-benchmark")


def describe(own_environments: Iterable[str] = (), threads: int = 1) -> Environment:
    """The environment as it is now.

    `own_environments` are the names of the Python environments of workers besides the harness's; `threads` is the most
    that a worker has. Takes 0.3 s to measure the load, and 0.6 s more at the first call, for the BLAS and the packages.
    """
    _, inherited = worker_environment(1, os.environ)
    described = Environment(
        machine=machine(),
        os=operating_system(),
        python=python(),
        packages=packages(),
        libraries=libraries((*MEASURED_PACKAGES, *BUILT_WITH)),
        own_environments={name: own_environment(name) for name in own_environments},
        blas=blas(),
        revision=revision(),
        load=machine_load(),
        inherited=tuple(inherited),
    )
    warnings = tuple(finding.sentence for finding in findings(described, threads) if finding.severity != "ok")
    return msgspec.structs.replace(described, warnings=warnings)


def python() -> PythonBuild:
    return PythonBuild(
        version=platform.python_version(),
        implementation=platform.python_implementation(),
        compiler=platform.python_compiler(),
        gil=bool(getattr(sys, "_is_gil_enabled", lambda: True)()),
    )


def packages() -> dict[str, str]:
    """The versions of the packages that decide numbers, and of a few others, as far as they are installed."""
    versions = {}
    for name in (*MEASURED_PACKAGES, *OTHER_PACKAGES):
        with suppress(importlib.metadata.PackageNotFoundError):
            versions[name] = importlib.metadata.version(name)
    return versions


def own_environment(name: str) -> OwnEnvironment:
    """The Python and the measured packages of another Python environment; empty where it does not run."""
    found = probe(interpreter(name))
    versions = {package: version for package, version in found.versions if package in MEASURED_PACKAGES}
    return OwnEnvironment(python=".".join(map(str, found.version)), packages=versions)


def revision(checkout: Path | None = PROJECT) -> Revision:
    """The revision of this code. `dirty` counts MEASURED_CODE only; a changed README leaves it false."""
    commit = dirty = None
    top = git(checkout, "rev-parse", "--show-toplevel") if checkout else None
    if checkout and top and Path(top).resolve() == checkout.resolve():  # not another project's checkout around ours
        commit = git(checkout, "rev-parse", "HEAD") or None
        changes = git(checkout, "status", "--porcelain", "--", *MEASURED_CODE)
        dirty = None if changes is None else bool(changes)
    fault = git_fault(checkout) if checkout and (checkout / ".git").exists() else None
    unknown = ". ".join(filter(None, fault or ()))
    return Revision(commit=commit, dirty=dirty, source_hash=source_hash(), unknown=unknown)


def source_hash() -> str:
    return folder_hash(PACKAGE)


# What must be equal in two parts of one run, by its name in a sentence. None, or None for a part: not recorded.
MATCHED: dict[str, Callable[[Environment], object]] = {
    "CPU": lambda found: found.machine.cpu,
    "logical CPUs": lambda found: found.machine.logical_cpus,
    "physical cores": lambda found: found.machine.physical_cores,
    "usable CPUs": lambda found: len(found.machine.usable_cpus) or None,
    "CPU quota": lambda found: found.machine.cpu_quota,
    "memory in GiB": lambda found: _whole_gib(found.machine.memory_bytes),
    "transparent huge pages": lambda found: found.machine.transparent_hugepages,
    "system": lambda found: _joined(found.os.system, found.os.release),
    "Python": lambda found: _joined(found.python.implementation, found.python.version),
    "BLAS": lambda found: _blas_names(found.blas),
    "packages": lambda found: _measured_packages(found.packages),
    "own environments": lambda found: {
        f"{package} in {name}": version
        for name, own in found.own_environments.items()
        for package, version in {"Python": own.python, **own.packages}.items()
    },
    "environment": lambda found: {v.name: v.value for v in found.inherited or () if v.treatment == "kept"},
}


def machine_fingerprint(described: Environment) -> str:
    """A hash of what must be equal for a run to be resumed; load and free memory may differ."""
    content = {label: value(described) for label, value in MATCHED.items()}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def facts(described: Environment) -> dict[str, str]:
    """What must be equal in two parts of one run, as text by name; each package and variable has its own name.

    Facts that were not recorded are left out.
    """
    found: dict[str, str] = {}
    for label, value in MATCHED.items():
        fact = value(described)
        parts = dict(sorted(fact.items())) if isinstance(fact, dict) else {label: fact}
        found |= {name: _text(part) for name, part in parts.items() if part is not None}
    return found


def differences(before: Environment, now: Environment) -> list[str]:
    """A sentence for each fact that differs; empty where the fingerprints are equal."""
    then, today = facts(before), facts(now)
    names = [name for name in dict.fromkeys((*then, *today)) if then.get(name) != today.get(name)]
    return [f"{name}: {then.get(name, 'none')} then, {today.get(name, 'none')} now" for name in names]


def unlike(one: Environment, other: Environment) -> list[str]:
    """The facts that differ between two machines: such as "CPU: Xeon, there EPYC"; empty where the prints are equal."""
    here, there = facts(one), facts(other)
    names = [name for name in dict.fromkeys((*here, *there)) if here.get(name) != there.get(name)]
    return [f"{name}: {there.get(name, 'none')}, there {here.get(name, 'none')}" for name in names]


def _whole_gib(n_bytes: int | None) -> int | None:
    return None if n_bytes is None else round(n_bytes / 2**30)


def _joined(name: str | None, version: str | None) -> str | None:
    return None if name is None or version is None else f"{name} {version}"


def _measured_packages(versions: dict[str, str] | None) -> dict[str, str | None] | None:
    return None if versions is None else {name: versions.get(name) for name in MEASURED_PACKAGES}


def _blas_names(pools: tuple[BlasPool, ...] | None) -> list[str] | None:
    return None if pools is None else sorted(f"{pool.library} {pool.version} {pool.architecture}" for pool in pools)


def _text(value: object) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)
