"""Which implementations there are: every `impls/*/impl.py` and every plugin, and why one of them cannot be used."""

from __future__ import annotations

import hashlib
import importlib
import importlib.machinery
import importlib.util
import inspect
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from harness.errors import HarnessError, Misuse, UnknownName
from harness.interface import FLOATS, Implementation, Variant, variants
from harness.naming import chosen, is_called
from harness.plugins import Place, places_given, places_in, places_installed
from harness.source import folder_hash, kept_source

PROJECT = Path(__file__).parent.parent
IMPLEMENTATIONS = PROJECT / "impls"
MOST_CHARACTERS = 64  # of a name, or of a value of an axis
DECLARED_TEXTS = ("name", "language", "layout", "source", "idea")


@dataclass(frozen=True)
class Found:
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
class Broken:
    """A folder that should hold an implementation and does not, with the reason."""

    name: str
    reason: str


def discover(folder: Path = IMPLEMENTATIONS, plugins: Iterable[str] = ()) -> tuple[list[Found], list[Broken]]:
    """Return the implementations below `folder`, in plugins and in installed packages, by name, and what failed.

    `plugins` are paths as --plugins takes them; those of PARAGONE_PLUGINS are added. Of two with the same name the
    first is taken. Raises Misuse for a path that leads to no implementation.
    """
    installed, lost = places_installed()
    places = [*places_in(folder), *places_given(plugins), *installed]
    found: dict[str, Found] = {}
    broken = [Broken(entry.name, entry.reason) for entry in lost]
    once: dict[Path, Place] = {}
    for place in places:
        once.setdefault(place.folder.resolve(), place)
    for place in once.values():
        _read_place(place, found, broken)
    return [found[name] for name in sorted(found)], sorted(broken, key=lambda entry: entry.name)


def _read_place(place: Place, found: dict[str, Found], broken: list[Broken]) -> None:
    try:
        classes = read_folder(place.folder)
    except HarnessError as error:
        broken.append(Broken(place.folder.name, str(error)))
        return
    for implementation in classes:
        if implementation.name in found:
            other = found[implementation.name].folder / "impl.py"
            path = place.folder / "impl.py"
            broken.append(Broken(implementation.name, f"{path}: the name is already taken by {other}"))
        else:
            found[implementation.name] = Found(implementation, place.folder, place.origin)


def read_folder(folder: Path) -> list[type[Implementation]]:
    """Return the implementations that `folder/impl.py` defines.

    Raises HarnessError with the file and what must change.
    """
    path = folder / "impl.py"
    try:
        module = _import_folder(folder)
    except (Exception, SystemExit) as error:
        raise HarnessError(f"{path}: cannot be imported: {type(error).__name__}: {error}") from error
    defined = dict.fromkeys(value for value in vars(module).values() if inspect.isclass(value))  # an alias once
    classes = [value for value in defined if issubclass(value, Implementation) and value.__module__ == module.__name__]
    if not classes:
        raise HarnessError(f"{path}: expected a class derived from Implementation, found none")
    for implementation in classes:
        fault = declaration_fault(implementation, folder)
        if fault:
            raise HarnessError(f"{path}: {implementation.__name__}: {fault}")
    return classes


def declaration_fault(implementation: type[Implementation], folder: Path) -> str | None:
    """Return what is wrong with the declarations of an implementation, or None."""
    for attribute in (*DECLARED_TEXTS, "maths"):
        if not hasattr(implementation, attribute):
            return f"declare {attribute!r} (see CONTRIBUTING.md)"
    for attribute in DECLARED_TEXTS:
        value = getattr(implementation, attribute)
        if not isinstance(value, str) or not value.strip():
            return f"{attribute}: expected a text, got {value!r}"
    if unwritten := sorted(implementation.__abstractmethods__):
        return f"write {', '.join(unwritten)}"
    if fault := _fault_of_signatures(implementation):
        return fault
    if implementation.bridge is not None and not isinstance(implementation.bridge, str):
        return f"bridge: expected a text or None, got {implementation.bridge!r}"
    if fault := _fault_of_own_environment(implementation.own_environment):
        return fault
    if not re.fullmatch(rf"\w{{1,{MOST_CHARACTERS}}}", implementation.name) or not implementation.name.strip("_"):
        name = implementation.name[: MOST_CHARACTERS + 1]
        return f"name: expected letters, digits and underscores, {MOST_CHARACTERS} at most; got {name!r}"
    if not _is_tuple_of_texts(implementation.maths):
        return f'maths: expected a tuple of file names such as ("rows.py",), got {implementation.maths!r}'
    for name in implementation.maths:
        if fault := _fault_of_maths(folder / name):
            return fault
    return _fault_of_axes(implementation.axes)


def _fault_of_own_environment(name: object) -> str | None:
    if isinstance(name, str) and (not name or re.fullmatch(r"\w[\w.-]*", name)):
        return None
    return f"own_environment: expected the name of a folder, of letters, digits, dots, - and _; got {name!r}"


def _fault_of_signatures(implementation: type[Implementation]) -> str | None:
    """Return which verb takes other arguments than the contract says, or None."""
    for verb in sorted(Implementation.__abstractmethods__):
        expected = list(inspect.signature(getattr(Implementation, verb)).parameters)
        try:
            inspect.signature(getattr(implementation, verb)).bind(*expected)
        except TypeError:
            written = ", ".join(inspect.signature(getattr(implementation, verb)).parameters)
            return f"{verb}: expected {verb}({', '.join(expected)}), got {verb}({written})"
    return None


def _fault_of_maths(path: Path) -> str | None:
    try:
        path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return f"maths: there is no file {path.name!r} beside impl.py"
    except (OSError, UnicodeDecodeError) as error:
        return f"maths: {path.name!r} cannot be read as text: {error}"
    return None


def _fault_of_axes(axes: object) -> str | None:
    if not isinstance(axes, Mapping):
        return f"axes: expected a table of axis and values, got {axes!r}"
    for axis, values in axes.items():
        if not isinstance(axis, str) or not values or not _is_tuple_of_texts(values):
            return f"axes: {axis!r} must be a tuple of texts, got {values!r}"
        if len(set(values)) < len(values):
            return f"axes: {axis!r} has a value twice: {values!r}"
        for text in (axis, *values):
            if not text or not text.isprintable() or set(text) & set(" ,=[]") or len(text) > MOST_CHARACTERS:
                what = f"no blanks, commas, equal signs or brackets, {MOST_CHARACTERS} characters at most"
                return f"axes: {text[: MOST_CHARACTERS + 1]!r} cannot be part of a name: {what}"
    dtypes = axes.get("dtype", ())
    if not dtypes or not set(dtypes) <= set(FLOATS):
        return f'axes: "dtype" must list float32, float64 or both, got {dtypes!r}'
    return None


def _is_tuple_of_texts(values: object) -> bool:
    return isinstance(values, tuple | list) and all(isinstance(value, str) for value in values)


def _import_folder(folder: Path) -> ModuleType:
    """Import impl.py as a member of a package of its own, so that `from . import maths` works anywhere."""
    plain = re.sub(r"\W", "_", folder.name)
    package_name = f"paragone_{plain}_{hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:8]}"
    if package_name not in sys.modules:
        spec = importlib.machinery.ModuleSpec(package_name, None, is_package=True)
        spec.submodule_search_locations = [str(folder)]
        sys.modules[package_name] = importlib.util.module_from_spec(spec)
    return importlib.import_module(f"{package_name}.impl")


def select(found: Sequence[Found], patterns: Iterable[str]) -> list[Found]:
    """Return the implementations of which one of the patterns means a variant (harness/naming.py).

    Raises UnknownName or Misuse for a pattern that means none.
    """
    known = [entry.implementation for entry in found]
    wanted = {implementation.name for pattern in patterns for implementation in chosen(known, pattern)}
    return [entry for entry in found if entry.name in wanted]


def refuse_broken(patterns: Iterable[str], found: Sequence[Found], broken: Sequence[Broken]) -> None:
    """Raise HarnessError with the reason where a pattern names only folders that cannot be used."""
    for pattern in patterns:
        if not any(is_called(entry.name, pattern) for entry in found):
            for entry in broken:
                if is_called(entry.name, pattern):
                    raise HarnessError(entry.reason)


def find_variant(found: Sequence[Found], text: str) -> Variant:
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
