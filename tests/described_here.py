"""Descriptions of classes that a test holds itself; the harness describes those of a folder by a process."""

from pathlib import Path

from paragone.errors import HarnessError
from paragone.files.printable import plain_words
from paragone.implementation.class_description import answer_of, described_class
from paragone.implementation.contract import Variant, variants
from paragone.implementation.declaration import DECLARED_TEXTS
from paragone.implementation.described import VERSION, Described
from paragone.implementation.importing import implementation_class, read_folder
from paragone.implementation.kernel_class import kernel_class
from paragone.implementation.registry import Registered


class DescribedHere(Described, frozen=True, kw_only=True):
    """Asks its class in this process; in_process.py hosts it."""

    kind: type

    def __hash__(self):
        return hash((self.folder, self.name))

    def answer(self, problem):
        return answer_of(self.kind, problem)


def described(kind, folder=""):
    """What it leaves undeclared is empty."""
    undeclared = dict.fromkeys({*DECLARED_TEXTS} - {*dir(kind)}, "") | ({} if hasattr(kind, "maths") else {"maths": ()})
    whole = type(kind.__name__, (kind,), undeclared) if undeclared else kind
    plain = described_class(whole, folder)
    return DescribedHere(**{name: getattr(plain, name) for name in plain.__struct_fields__}, kind=kind)


def registered(kind, folder=""):
    return Registered(described(kind, folder), Path(folder))


def variants_of(kind, folder=""):
    return list(variants(described(kind, folder)))


def with_class(contender, **methods):
    """The contender, computed by its own class with other methods."""
    kind = class_of(contender.variant.implementation)
    special = described(type("Special", (kind,), methods), contender.found.folder)
    variant = Variant(special, contender.variant.axis, contender.variant.control)
    return type(contender)(contender.problem, Registered(special, contender.found.folder), variant, contender.threads)


def made(variant):
    """A fresh instance, nothing loaded."""
    return class_of(variant.implementation)(**dict(variant.axis))


def class_of(plain):
    """The class behind a description."""
    return getattr(plain, "kind", None) or implementation_class(Path(plain.folder), plain.name.partition(VERSION)[0])


def describe(folders):
    """Like that of the harness, but in this process: for what is not about processes."""
    return {path.parent: found for path, found in describe_files([folder / "impl.py" for folder in folders]).items()}


def describe_files(paths):
    found = {}
    for path in paths:
        try:
            kinds = read_folder(path.parent) if path.name == "impl.py" else [kernel_class(path)]
            found[path] = [described(kind, path.parent) for kind in kinds]
        except HarnessError as error:
            found[path] = plain_words(str(error), 2000)
    return found
