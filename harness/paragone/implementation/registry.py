"""Finds the implementations of `impls/mlp/`, of plugins and of installed packages, and says why others are unusable."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from paragone.errors import HarnessError, Misuse, UnknownName
from paragone.files.hashing import Belongs, KeptSource, changed_files, every_file, file_digests, hash_of, kept_source
from paragone.files.paths import IMPORT_ROOT, PACKAGE, shipped
from paragone.implementation.described import Described, describe_files
from paragone.implementation.kernel_folder import KERNEL, REFERENCE, is_kernel, source_filter
from paragone.implementation.plugins import Location, locations_given, locations_in, locations_installed
from paragone.implementation.selection import matches_name, selected
from paragone.implementation.variant import Variant, variants

if TYPE_CHECKING:
    from paragone.implementation.contract import Implementation
    from paragone.task.problem import Problem

IMPLEMENTATIONS = shipped("impls") / "mlp"


@dataclass(frozen=True)
class Registered:
    """An implementation and its folder; `origin` says how that was found, "" for the project's own."""

    implementation: Described
    folder: Path
    origin: str = ""
    maths_of_others: tuple[str, ...] = ()  # the files of other implementations in the same folder
    file: str = "impl.py"  # the one that declares it

    @property
    def name(self) -> str:
        return self.implementation.name

    def shared_maths(self) -> dict[str, Path]:
        """The formulas that it shares with others, by names that say where they lie: paragone/adapters/…"""
        paths = [PACKAGE / name for name in self.implementation.shared_maths]
        return {path.relative_to(IMPORT_ROOT).as_posix(): path for path in paths}

    @property
    def location(self) -> Location:
        return Location(self.folder, self.origin, self.file)

    @property
    def path(self) -> Path:
        """The file that declares it."""
        return self.folder / self.file

    @cached_property
    def _digests(self) -> dict[str, bytes]:
        return self._digests_now()

    def _digests_now(self) -> dict[str, bytes]:
        return file_digests(self.folder, self.shared_maths(), self._belongs)

    @property
    def _belongs(self) -> Belongs:
        """All files of the folder are its source; those of a kernel's folder that are no neighbour's."""
        return source_filter(self.folder, self.path.stem) if is_kernel(self.folder) else every_file

    def source_hash(self) -> str:
        """Over every file of its source and the shared formulas, as they were when it was first asked for."""
        return hash_of(self._digests)

    def version_hash(self) -> str:
        """As `source_hash`, without what describes a kernel: all versions are given one description."""
        shared = (KERNEL, REFERENCE) if is_kernel(self.folder) else ()
        return hash_of({name: digest for name, digest in self._digests.items() if name not in shared})

    def source_changes(self) -> list[str]:
        """The files of the source that are no longer as `source_hash` took them.

        A file that an implementation writes into its folder, such as a library that it builds, is none of the source.
        """
        suffixes = {Path(name).suffix for name in (*self.implementation.maths, self.file)}
        return changed_files(self._digests, self._digests_now(), suffixes)

    def kept_source(self) -> KeptSource:
        """The files as a run stores them, without the maths files of other implementations in the same folder."""
        maths, others = self.implementation.maths, self.maths_of_others
        return kept_source(self.folder, maths, others, self.shared_maths(), self._belongs)

    def maths_lines(self) -> int:
        """Lines of its own maths files: neither blank lines nor the shared formulas are counted."""
        texts = [(self.folder / name).read_text(encoding="utf-8") for name in self.implementation.maths]
        return sum(bool(line.strip()) for text in texts for line in text.splitlines())


@dataclass(frozen=True)
class Unusable:
    """A folder or an entry point that gives no implementation."""

    name: str
    reason: str


def implementations_of(problem: Problem) -> Path:
    """The folder of the implementations of a problem's family: a kernel's own, or that of networks."""
    from paragone.task.kernel.problem import KernelProblem  # whoever has a problem has loaded NumPy

    return Path(problem.folder) if isinstance(problem, KernelProblem) else IMPLEMENTATIONS


def read_folder(folder: Path) -> list[type[Implementation]]:
    """As `read_folder` of importing.py: plugins import it from here."""
    from paragone.implementation.importing import read_folder

    return read_folder(folder)


def discover(folder: Path = IMPLEMENTATIONS, plugins: Iterable[str] = ()) -> tuple[list[Registered], list[Unusable]]:
    """All implementations by name: those in `folder`, in plugins and in installed packages; and the unusable folders.

    `folder` is a folder of implementations, or a kernel's: then of plugins and packages those count that lie beside the
    same kernel.toml.
    `plugins` are paths as --plugins takes them; those of PARAGONE_PLUGINS are added. Of two implementations with the
    same name the first is registered, the other unusable. Nothing is imported here: a process of its own describes
    each. Raises Misuse for a path that leads to none, and for one whose name is taken: it would not be the one tested.
    """
    installed, bad_entry_points = locations_installed()
    given = [*locations_given(plugins), *installed]
    kernel = Location(folder).kernel
    locations = [*locations_in(folder), *(location for location in given if location.kernel == kernel)]
    registered: dict[str, Registered] = {}
    unusable = [Unusable(entry.name, entry.reason) for entry in bad_entry_points]
    once: dict[Path, Location] = {}  # a file that is found twice is read once
    for location in locations:
        once.setdefault(location.path.resolve(), location)
    described = describe_files([location.path for location in once.values()])
    for location in once.values():
        _register(location, described[location.path], registered, unusable)
    return [registered[name] for name in sorted(registered)], sorted(unusable, key=lambda entry: entry.name)


def _register(
    location: Location, described: list[Described] | str, registered: dict[str, Registered], unusable: list[Unusable]
) -> None:
    """Add the implementations of a folder to `registered`, or the reason against it to `unusable`. Raises Misuse."""
    if isinstance(described, str):
        if location.is_given and location.place in registered:
            raise Misuse(f"{described}. Of the name {location.place} there is only {registered[location.place].path}")
        unusable.append(Unusable(location.place, described))
        return
    for entry in registered_in(location, described):
        if entry.name not in registered:
            registered[entry.name] = entry
            continue
        reason = f"{location.path}: the name {entry.name} is already taken by {registered[entry.name].path}"
        if location.is_given:
            raise Misuse(f"{reason}, which would be measured in its place. Give it a name of its own")
        unusable.append(Unusable(entry.name, reason))


def registered_in(location: Location, described: Sequence[Described]) -> list[Registered]:
    """The implementations of one folder."""
    return [
        Registered(
            each,
            location.folder,
            location.origin,
            tuple(sorted({name for other in described for name in other.maths} - {*each.maths})),
            location.file,
        )
        for each in described
    ]


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
