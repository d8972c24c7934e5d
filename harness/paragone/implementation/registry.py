"""Finds the implementations of `impls/mlp/`, of plugins and of installed packages, and says why others are unusable."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paragone.errors import HarnessError, Misuse, UnknownName, error_text
from paragone.files.hashing import folder_hash, kept_source
from paragone.files.paths import IMPORT_ROOT, PACKAGE, shipped
from paragone.implementation.contract import Implementation, Variant, variants
from paragone.implementation.declaration import declaration_fault
from paragone.implementation.isolated_import import find_import_faults, import_folder, restored_process_state
from paragone.implementation.old_names import old_imports
from paragone.implementation.plugins import Location, locations_given, locations_in, locations_installed
from paragone.implementation.selection import matches_name, selected

IMPLEMENTATIONS = shipped("impls") / "mlp"


@dataclass(frozen=True)
class Registered:
    """An implementation and its folder; `origin` says how that was found, "" for the project's own."""

    implementation: type[Implementation]
    folder: Path
    origin: str = ""

    @property
    def name(self) -> str:
        return self.implementation.name

    def shared_maths(self) -> dict[str, Path]:
        """The formulas that it shares with others, by names that say where they lie: paragone/adapters/…"""
        paths = [PACKAGE / name for name in self.implementation.shared_maths]
        return {path.relative_to(IMPORT_ROOT).as_posix(): path for path in paths}

    def source_hash(self) -> str:
        """Over every file of the folder and the shared formulas, so that any change of the code changes it."""
        return folder_hash(self.folder, self.shared_maths())

    def kept_source(self) -> dict[str, Any]:
        """The files as a run stores them, without the maths files of other implementations in the same folder."""
        maths = self.implementation.maths
        neighbours = [other for other in read_folder(self.folder) if other is not self.implementation]
        of_others = {name for other in neighbours for name in other.maths} - set(maths)
        return kept_source(self.folder, maths, sorted(of_others), self.shared_maths())

    def maths_lines(self) -> int:
        """Lines of its own maths files: neither blank lines nor the shared formulas are counted."""
        texts = [(self.folder / name).read_text(encoding="utf-8") for name in self.implementation.maths]
        return sum(bool(line.strip()) for text in texts for line in text.splitlines())


@dataclass(frozen=True)
class Unusable:
    """A folder or an entry point that gives no implementation."""

    name: str
    reason: str


def discover(folder: Path = IMPLEMENTATIONS, plugins: Iterable[str] = ()) -> tuple[list[Registered], list[Unusable]]:
    """All implementations by name: those in `folder`, in plugins and in installed packages; and the unusable folders.

    `plugins` are paths as --plugins takes them; those of PARAGONE_PLUGINS are added. Of two implementations with the
    same name the first is registered, the other unusable. Raises Misuse for a path that leads to none.
    """
    installed, bad_entry_points = locations_installed()
    locations = [*locations_in(folder), *locations_given(plugins), *installed]
    registered: dict[str, Registered] = {}
    unusable = [Unusable(entry.name, entry.reason) for entry in bad_entry_points]
    once: dict[Path, Location] = {}  # a folder that is named twice is read once
    for location in locations:
        once.setdefault(location.folder.resolve(), location)
    # Foreign code may crash, hang or start processes when it is imported: it is tried in a process of its own first.
    faults = find_import_faults([location.folder for location in once.values() if location.origin])
    unusable += [Unusable(folder.name, f"{folder / 'impl.py'}: {fault}") for folder, fault in faults.items()]
    for location in once.values():
        if location.folder not in faults:
            with restored_process_state():
                _register(location, registered, unusable)
    return [registered[name] for name in sorted(registered)], sorted(unusable, key=lambda entry: entry.name)


def _register(location: Location, registered: dict[str, Registered], unusable: list[Unusable]) -> None:
    """Add the implementations of a folder to `registered`, or the reason against it to `unusable`."""
    try:
        classes = read_folder(location.folder)
    except HarnessError as error:
        unusable.append(Unusable(location.folder.name, str(error)))
        return
    for implementation in classes:
        if implementation.name in registered:
            other = registered[implementation.name].folder / "impl.py"
            path = location.folder / "impl.py"
            unusable.append(Unusable(implementation.name, f"{path}: the name is already taken by {other}"))
        else:
            registered[implementation.name] = Registered(implementation, location.folder, location.origin)


def read_folder(folder: Path) -> list[type[Implementation]]:
    """The implementations that `folder/impl.py` defines. Raises HarnessError that names the file and what is wrong."""
    path = folder / "impl.py"
    if moved := old_imports(folder):
        raise HarnessError(moved)
    try:
        module = import_folder(folder)
    except (Exception, SystemExit) as error:
        raise HarnessError(f"{path}: cannot be imported: {error_text(error)}") from error
    # A class under two names is one implementation, and an imported class is none of this file.
    defined = dict.fromkeys(value for value in vars(module).values() if inspect.isclass(value))
    classes = [value for value in defined if issubclass(value, Implementation) and value.__module__ == module.__name__]
    if not classes:
        raise HarnessError(f"{path}: expected a class derived from Implementation, found none")
    for implementation in classes:
        if fault := declaration_fault(implementation, folder):
            raise HarnessError(f"{path}: {implementation.__name__}: {fault}")
    return classes


def select(registered: Sequence[Registered], patterns: Iterable[str]) -> list[Registered]:
    """The implementations with a variant that one of the patterns matches (selection.py).

    Raises UnknownName or Misuse for a pattern that matches nothing.
    """
    known = [entry.implementation for entry in registered]
    wanted = {implementation.name for pattern in patterns for implementation in selected(known, pattern)}
    return [entry for entry in registered if entry.name in wanted]


def refuse_unusable(patterns: Iterable[str], registered: Sequence[Registered], unusable: Sequence[Unusable]) -> None:
    """Raise HarnessError with the reason where all that a pattern names is unusable."""
    for pattern in patterns:
        if not any(matches_name(entry.name, pattern) for entry in registered):
            for entry in unusable:
                if matches_name(entry.name, pattern):
                    raise HarnessError(entry.reason)


def find_variant(registered: Sequence[Registered], text: str) -> Variant:
    """The variant called `numpy_rows[dtype=float32,order=C]`; an axis that is left out takes its first value.

    Raises UnknownName or Misuse.
    """
    name, _, values = text.removesuffix("]").partition("[")
    by_name = {entry.name: entry.implementation for entry in registered}
    if name not in by_name:
        raise UnknownName("implementation", name, by_name)
    wanted = dict(value.partition("=")[::2] for value in values.split(",") if value)
    for variant in variants(by_name[name]):
        if wanted.items() <= dict(variant.axis).items():
            return variant
    known = ", ".join(variant.name for variant in variants(by_name[name]))
    raise Misuse(f"{name} has no variant {text!r}. There are: {known}")
