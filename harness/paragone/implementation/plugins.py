"""The folders that implementations come from: the project's own, --plugins, PARAGONE_PLUGINS, installed packages."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from paragone.errors import Misuse, error_text
from paragone.files.paths import expand_home, shipped
from paragone.implementation.kernel_folder import KERNEL, REFERENCE, implementation_files, is_kernel

if TYPE_CHECKING:
    from importlib.metadata import EntryPoints

ENTRY_POINTS, KERNELS = "paragone.implementations", "paragone.kernels"
VARIABLE = "PARAGONE_PLUGINS"
GIVEN = "plugin "  # so begins the origin of what the user named


@dataclass(frozen=True)
class Location:
    """A file that should declare implementations; `origin` says how its folder was found, "" for the project's own."""

    folder: Path
    origin: str = ""
    file: str = "impl.py"  # or that of one implementation of a kernel

    @property
    def is_given(self) -> bool:
        """Whether the user named its folder, by --plugins or PARAGONE_PLUGINS."""
        return self.origin.startswith(GIVEN)

    @property
    def path(self) -> Path:
        return self.folder / self.file

    @property
    def place(self) -> str:
        """What it is called as long as nobody has read it: its folder's name, in a kernel's folder its file's."""
        return self.path.stem if is_kernel(self.folder) else self.folder.name

    @property
    def kernel(self) -> bytes:
        """The kernel whose implementation it is: its kernel.toml; nothing for an impl.py."""
        return (self.folder / KERNEL).read_bytes() if is_kernel(self.folder) else b""


@dataclass(frozen=True)
class BadEntryPoint:
    """An entry point that leads to no implementation, or a kernel that cannot be had by its name."""

    name: str
    reason: str
    is_given: bool = False  # the user named its folder


def locations_in(folder: Path, origin: str = "") -> list[Location]:
    """The subfolders with an impl.py, by name; in a kernel's folder, the files of its implementations."""
    if is_kernel(folder):
        return [Location(folder, origin, path.name) for path in implementation_files(folder)]
    return [Location(path.parent, origin) for path in sorted(folder.glob("*/impl.py"))]


def paths_in_variable() -> list[str]:
    """The paths of PARAGONE_PLUGINS."""
    return [path for path in os.environ.get(VARIABLE, "").split(os.pathsep) if path]


def locations_given(paths: Iterable[str]) -> Iterator[Location]:
    """The folders of --plugins, then those of PARAGONE_PLUGINS, each once.

    A path names an implementation's own folder, or a kernel's, or a folder of such folders. Raises Misuse where it is
    none of these.
    """
    seen: set[Path] = set()
    for source, path, expanded in _given(paths):
        folder = expanded.resolve()
        if folder not in seen:
            seen.add(folder)
            yield from _locations_at(folder, f"{source} {path}")


def _given(paths: Iterable[str]) -> list[tuple[str, str, Path]]:
    """Who named it, the path as it was given, and the folder; of --plugins, then of PARAGONE_PLUGINS. Raises Misuse."""
    given = [*(("--plugins", path) for path in paths), *((VARIABLE, path) for path in paths_in_variable())]
    return [(source, path, expand_home(path, source)) for source, path in given]


def _locations_at(folder: Path, given: str) -> list[Location]:
    if not folder.is_dir():
        what = "it is a file" if folder.exists() else "there is no such folder"
        raise Misuse(
            f"{given}: expected a folder with implementations; {what}. A new one: paragone new NAME --into PATH"
        )
    origin = f"{GIVEN}{folder}"
    if (folder / "impl.py").is_file():
        return [Location(folder, origin)]
    kernels = kernels_at(folder)
    inside = [*locations_in(folder, origin), *(place for kernel in kernels for place in locations_in(kernel, origin))]
    if not inside and not kernels:
        raise Misuse(
            f"{given}: expected impl.py or kernel.toml there, or folders with one of them in each; found none. "
            "A new one: paragone new NAME --into PATH"
        )
    return list(dict.fromkeys(inside))


def kernels_at(folder: Path) -> list[Path]:
    """The kernel's folder that it is, or those that lie in it, by name."""
    return [folder] if is_kernel(folder) else [path for path in sorted(folder.glob("*")) if is_kernel(path)]


def folders_of_kernel(name: str, plugins: Iterable[str]) -> list[Path]:
    """The kernels of that name in --plugins, then those in PARAGONE_PLUGINS; there may be several folders of one."""
    return [kernel for *_, place in _given(plugins) for kernel in kernels_at(place) if kernel.resolve().name == name]


def kernel_folders(plugins: Iterable[str] = ()) -> tuple[dict[str, Path], list[BadEntryPoint]]:
    """The folder of each kernel by name; and the entry points that lead to none, and kernels whose name is taken.

    Looked for in the project, in --plugins, in PARAGONE_PLUGINS and in installed packages, in this order. A folder with
    the same kernel.toml as one before it holds more implementations of that kernel. Raises Misuse for a home folder
    that does not exist.
    """
    installed, bad = _installed(KERNELS)
    given = [place for *_, place in _given(plugins)]
    places = [shipped("impls"), *given, *(location.folder for location in installed)]
    found: dict[str, Path] = {}
    for around in places:
        for folder in kernels_at(around):
            name = folder.resolve().name
            if other := _differing(folder, found.setdefault(name, folder)):
                reason = f"{folder / other.name}: the name {name} is already taken by {other}"
                bad.append(BadEntryPoint(name, reason, around in given))
    return found, bad


def _differing(folder: Path, first: Path) -> Path | None:
    """The file of a kernel, found first, that another folder of the same name has differently; None where none is."""
    shared = (name for name in (KERNEL, REFERENCE) if (folder / name).is_file() and (first / name).is_file())
    return next((first / name for name in shared if (folder / name).read_bytes() != (first / name).read_bytes()), None)


def refuse_taken(name: str, bad: Iterable[BadEntryPoint]) -> None:
    """Raise Misuse where the user named a folder with another kernel of that name: it would not be the one measured."""
    for entry in bad:
        if entry.is_given and entry.name == name:
            raise Misuse(f"{entry.reason}, which would be measured in its place. Rename its folder")


def locations_installed() -> tuple[list[Location], list[BadEntryPoint]]:
    """The folders that installed packages declare, and the entry points that lead to none.

    The value of an entry point of `paragone.implementations` is a package with impl.py in it, or that module:
    "my_package" or "my_package.impl"; that of `paragone.kernels` is a package with kernel.toml in it.
    """
    locations, bad = _installed(ENTRY_POINTS)
    kernels, bad_kernels = _installed(KERNELS)
    files = [place for kernel in kernels for place in locations_in(kernel.folder, kernel.origin)]
    return [*locations, *files], [*bad, *bad_kernels]


def _installed(group: str) -> tuple[list[Location], list[BadEntryPoint]]:
    locations, bad = [], []
    for entry in sorted(_entry_points(tuple(sys.path))[group], key=lambda entry: entry.name):
        origin = f"package {entry.dist.name} {entry.dist.version}" if entry.dist else "an installed package"
        folder, reason = _folder_of(entry.module, KERNEL if group == KERNELS else "impl.py")
        if folder is None:
            bad.append(BadEntryPoint(entry.name, f"{origin}: entry point {entry.name} = {entry.value!r}: {reason}"))
        else:
            locations.append(Location(folder, origin))
    return locations, bad


@cache
def _entry_points(_: tuple[str, ...]) -> dict[str, EntryPoints]:
    """Those of both groups: of the places where packages are looked for, which are read once."""
    from importlib.metadata import entry_points  # slow to import, and a worker looks for no entry points

    found = entry_points()
    return {group: found.select(group=group) for group in (ENTRY_POINTS, KERNELS)}


def _folder_of(module: str, file: str) -> tuple[Path | None, str]:
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
    return (folder, "") if (folder / file).is_file() else (None, f"{folder} holds no {file}")
