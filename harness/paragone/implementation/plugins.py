"""The folders that implementations come from: the project's own, --plugins, PARAGONE_PLUGINS, installed packages."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from paragone.errors import Misuse, error_text
from paragone.files.paths import expand_home

ENTRY_POINTS = "paragone.implementations"
VARIABLE = "PARAGONE_PLUGINS"


@dataclass(frozen=True)
class Location:
    """A folder that should hold an impl.py; `origin` says how it was found, "" for the project's own."""

    folder: Path
    origin: str = ""


@dataclass(frozen=True)
class BadEntryPoint:
    """An entry point that leads to no implementation."""

    name: str
    reason: str


def locations_in(folder: Path, origin: str = "") -> list[Location]:
    """The subfolders with an impl.py, by name."""
    return [Location(path.parent, origin) for path in sorted(folder.glob("*/impl.py"))]


def paths_in_variable() -> list[str]:
    """The paths of PARAGONE_PLUGINS."""
    return [path for path in os.environ.get(VARIABLE, "").split(os.pathsep) if path]


def locations_given(paths: Iterable[str]) -> Iterator[Location]:
    """The folders of --plugins, then those of PARAGONE_PLUGINS, each once.

    A path names an implementation's own folder or a folder of such folders. Raises Misuse where it is neither.
    """
    given = [*(("--plugins", path) for path in paths), *((VARIABLE, path) for path in paths_in_variable())]
    seen: set[Path] = set()
    for source, path in given:
        folder = expand_home(path, source).resolve()
        if folder not in seen:
            seen.add(folder)
            yield from _locations_at(folder, f"{source} {path}")


def _locations_at(folder: Path, given: str) -> list[Location]:
    if not folder.is_dir():
        what = "it is a file" if folder.exists() else "there is no such folder"
        raise Misuse(
            f"{given}: expected a folder with implementations; {what}. A new one: paragone new NAME --into PATH"
        )
    if (folder / "impl.py").is_file():
        return [Location(folder, f"plugin {folder}")]
    if not (inside := locations_in(folder, f"plugin {folder}")):
        raise Misuse(
            f"{given}: expected impl.py there, or folders with an impl.py in each; found none. "
            "A new one: paragone new NAME --into PATH"
        )
    return inside


def locations_installed() -> tuple[list[Location], list[BadEntryPoint]]:
    """The folders that installed packages declare, and the entry points that lead to none.

    The value of an entry point is a package with impl.py in it, or that module: "my_package" or "my_package.impl".
    """
    from importlib.metadata import entry_points  # slow to import, and a worker looks for no entry points

    locations, bad = [], []
    for entry in sorted(entry_points(group=ENTRY_POINTS), key=lambda entry: entry.name):
        origin = f"package {entry.dist.name} {entry.dist.version}" if entry.dist else "an installed package"
        folder, reason = _folder_of(entry.module)
        if folder is None:
            bad.append(BadEntryPoint(entry.name, f"{origin}: entry point {entry.name} = {entry.value!r}: {reason}"))
        else:
            locations.append(Location(folder, origin))
    return locations, bad


def _folder_of(module: str) -> tuple[Path | None, str]:
    """A package's folder, or None and the reason. Neither the package nor one that it lies in is imported."""
    top, *inner = module.removesuffix(".impl").split(".")
    try:
        spec = importlib.util.find_spec(top)
    except ValueError as error:  # the module "__main__" has none
        return None, error_text(error)
    if spec is None or not spec.submodule_search_locations:
        return None, "there is no such package"
    folders = [Path(place, *inner) for place in spec.submodule_search_locations]
    folder = next((folder for folder in folders if folder.is_dir()), None)
    if folder is None:
        return None, "there is no such package"
    return (folder, "") if (folder / "impl.py").is_file() else (None, f"{folder} holds no impl.py")
