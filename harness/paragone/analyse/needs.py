"""What an implementation needs beside Python and NumPy: a compiler or another language's program, and packages."""

from __future__ import annotations

import ast
import math
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, NamedTuple

from paragone.implementation.imported_modules import imported_modules
from paragone.machine.python_environments import WORKER_PACKAGES

if TYPE_CHECKING:
    from paragone.machine.environment_record import Library
    from paragone.store.reader import Run
    from paragone.store.records import Source

TOOL_KEYS = {"compiler": "", "version": "", "Julia": "Julia "}  # of a build info: what compiled or ran it; its name
TOOL = re.compile(r"(?:(?:Apple|Debian|Ubuntu) )?(\S+).*?(\d+(?:\.\d+)+)")


class Needs(NamedTuple):
    """`tool` is "gcc 12.2.0" or ""; `packages` are those that it names, without those that these require.

    `n_bytes` is the size of the packages and of all that they require, without NumPy: 0 without packages, NaN where
    the size of one is not known.
    """

    tool: str = ""
    packages: tuple[str, ...] = ()
    n_bytes: float = 0.0


def needs(run: Run) -> dict[str, Needs]:
    """What each variant of a run needs that was loaded in it; {} for runs that did not weigh the packages."""
    libraries = run.environment.libraries
    if not libraries:
        return {}
    package_of = {module: name for name, each in libraries.items() for module in each.modules}
    named = {name: _named(source, package_of) for name, source in run.sources.items()}
    implementation_of = {each.variant: each.implementation for each in run.plan.variants}
    found: dict[str, Needs] = {}
    for row in run.launches.to_dict("records"):
        info = row["build_info"] if isinstance(row["build_info"], Mapping) else {}
        implementation = implementation_of.get(str(row["variant"]))
        if implementation in named and str(row["variant"]) not in found:
            packages = named[implementation] | {package_of[name] for name in info if name in package_of}
            known = {} if "environment" in info else libraries  # an environment of its own has other packages
            found[str(row["variant"])] = Needs(_tool(info), *_packages(packages, known))
    return found


def _named(source: Source, package_of: Mapping[str, str]) -> set[str]:
    """The packages that the Python files of an implementation name; one that the run did not weigh by its module."""
    own = {PurePath(file).stem for file in source.files} | {PurePath(file).parts[0] for file in source.files}
    texts = (text for file, text in source.files.items() if file.endswith(".py") and not file.startswith("paragone/"))
    modules = {name for text in texts for name in _imported(text)}
    modules -= {*sys.stdlib_module_names, "paragone", *own}
    return {package_of.get(module, module) for module in modules}


def _imported(text: str) -> set[str]:
    """What a kept file imports; nothing where it is no Python that this version reads."""
    try:
        return imported_modules(ast.parse(text))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()


def _tool(info: Mapping[str, Any]) -> str:
    words = next((f"{name}{info[key]}" for key, name in TOOL_KEYS.items() if info.get(key)), "")
    found = TOOL.match(words.partition(",")[0])
    return " ".join(found.groups()) if found else words


def _packages(named: set[str], libraries: Mapping[str, Library]) -> tuple[tuple[str, ...], float]:
    """The packages without what the worker has and what others require, and the size of all that they bring."""
    free = {*WORKER_PACKAGES} | _with_required(WORKER_PACKAGES, libraries)
    required = {each for name in named for each in _with_required(_requires(name, libraries), libraries)}
    own = sorted(named - free - required)
    return tuple(own), math.fsum(_size(name, libraries) for name in _with_required(own, libraries) - free)


def _requires(name: str, libraries: Mapping[str, Library]) -> tuple[str, ...]:
    return libraries[name].requires if name in libraries else ()


def _size(name: str, libraries: Mapping[str, Library]) -> float:
    return float(libraries[name].n_bytes) if name in libraries else math.nan


def _with_required(names: Iterable[str], libraries: Mapping[str, Library]) -> set[str]:
    """These packages and all that they require."""
    found: set[str] = set()
    waiting = [*names]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _requires(name, libraries)
    return found
