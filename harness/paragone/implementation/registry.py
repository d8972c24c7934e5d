"""Which implementations there are: every `impls/*/impl.py` and every plugin, and why one of them cannot be used."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paragone.errors import HarnessError, Misuse, UnknownName, error_text
from paragone.files.hashing import folder_hash, kept_source
from paragone.files.paths import PROJECT
from paragone.implementation.contract import Implementation, Variant, variants
from paragone.implementation.declaration import declaration_fault
from paragone.implementation.isolated_import import import_folder, process_state_kept, try_out
from paragone.implementation.old_names import old_imports
from paragone.implementation.plugins import Location, locations_given, locations_in, locations_installed
from paragone.implementation.selection import chosen, is_called

IMPLEMENTATIONS = PROJECT / "impls" / "mlp"


@dataclass(frozen=True)
class Registered:
    """An implementation, the folder it came from, and in words where that was found ("": `impls/`)."""

    implementation: type[Implementation]
    folder: Path
    origin: str = ""

    @property
    def name(self) -> str:
        """Return the implementation's name."""
        return self.implementation.name

    def source_hash(self) -> str:
        """Return a hash of every file of the folder: any change of the code changes it."""
        return folder_hash(self.folder)

    def kept_source(self) -> dict[str, Any]:
        """Return its files as a run keeps them, without the formulas of others that share its folder."""
        maths = self.implementation.maths
        neighbours = [other for other in read_folder(self.folder) if other is not self.implementation]
        of_others = {name for other in neighbours for name in other.maths} - set(maths)
        return kept_source(self.folder, maths, sorted(of_others))

    def maths_lines(self) -> int:
        """Return how many lines its maths files have, blank ones left out."""
        texts = [(self.folder / name).read_text(encoding="utf-8") for name in self.implementation.maths]
        return sum(bool(line.strip()) for text in texts for line in text.splitlines())


@dataclass(frozen=True)
class Unusable:
    """A folder that should hold an implementation and does not, with the reason."""

    name: str
    reason: str


def discover(folder: Path = IMPLEMENTATIONS, plugins: Iterable[str] = ()) -> tuple[list[Registered], list[Unusable]]:
    """Return the implementations below `folder`, in plugins and in installed packages, by name, and what failed.

    `plugins` are paths as --plugins takes them; those of PARAGONE_PLUGINS are added. Of two with the same name the
    first is taken. Raises Misuse for a path that leads to no implementation.
    """
    installed, lost = locations_installed()
    places = [*locations_in(folder), *locations_given(plugins), *installed]
    found: dict[str, Registered] = {}
    broken = [Unusable(entry.name, entry.reason) for entry in lost]
    once: dict[Path, Location] = {}
    for place in places:
        once.setdefault(place.folder.resolve(), place)
    faults = try_out([place.folder for place in once.values() if place.origin])
    broken += [Unusable(folder.name, f"{folder / 'impl.py'}: {fault}") for folder, fault in faults.items()]
    for place in once.values():
        if place.folder not in faults:
            with process_state_kept():
                _read_location(place, found, broken)
    return [found[name] for name in sorted(found)], sorted(broken, key=lambda entry: entry.name)


def _read_location(place: Location, found: dict[str, Registered], broken: list[Unusable]) -> None:
    try:
        classes = read_folder(place.folder)
    except HarnessError as error:
        broken.append(Unusable(place.folder.name, str(error)))
        return
    for implementation in classes:
        if implementation.name in found:
            other = found[implementation.name].folder / "impl.py"
            path = place.folder / "impl.py"
            broken.append(Unusable(implementation.name, f"{path}: the name is already taken by {other}"))
        else:
            found[implementation.name] = Registered(implementation, place.folder, place.origin)


def read_folder(folder: Path) -> list[type[Implementation]]:
    """Return the implementations that `folder/impl.py` defines.

    Raises HarnessError with the file and what must change.
    """
    path = folder / "impl.py"
    if moved := old_imports(folder):
        raise HarnessError(moved)
    try:
        module = import_folder(folder)
    except (Exception, SystemExit) as error:
        raise HarnessError(f"{path}: cannot be imported: {error_text(error)}") from error
    defined = dict.fromkeys(value for value in vars(module).values() if inspect.isclass(value))  # an alias once
    classes = [value for value in defined if issubclass(value, Implementation) and value.__module__ == module.__name__]
    if not classes:
        raise HarnessError(f"{path}: expected a class derived from Implementation, found none")
    for implementation in classes:
        if fault := declaration_fault(implementation, folder):
            raise HarnessError(f"{path}: {implementation.__name__}: {fault}")
    return classes


def select(found: Sequence[Registered], patterns: Iterable[str]) -> list[Registered]:
    """Return the implementations of which one of the patterns means a variant (paragone/implementation/selection.py).

    Raises UnknownName or Misuse for a pattern that means none.
    """
    known = [entry.implementation for entry in found]
    wanted = {implementation.name for pattern in patterns for implementation in chosen(known, pattern)}
    return [entry for entry in found if entry.name in wanted]


def refuse_unusable(patterns: Iterable[str], found: Sequence[Registered], broken: Sequence[Unusable]) -> None:
    """Raise HarnessError with the reason where a pattern names only folders that cannot be used."""
    for pattern in patterns:
        if not any(is_called(entry.name, pattern) for entry in found):
            for entry in broken:
                if is_called(entry.name, pattern):
                    raise HarnessError(entry.reason)


def find_variant(found: Sequence[Registered], text: str) -> Variant:
    """Return the variant called `numpy_rows[dtype=float32,order=C]`; axes left out take their first value.

    Raises UnknownName or Misuse.
    """
    name, _, values = text.removesuffix("]").partition("[")
    by_name = {entry.name: entry.implementation for entry in found}
    if name not in by_name:
        raise UnknownName("implementation", name, by_name)
    asked = dict(value.partition("=")[::2] for value in values.split(",") if value)
    for variant in variants(by_name[name]):
        if asked.items() <= dict(variant.axis).items():
            return variant
    known = ", ".join(variant.name for variant in variants(by_name[name]))
    raise Misuse(f"{name} has no variant {text!r}. There are: {known}")
