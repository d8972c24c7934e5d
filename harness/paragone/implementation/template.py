"""Writes a new implementation to begin from: a folder that works and passes the gate, made from `templates/`."""

from __future__ import annotations

import importlib.util
import keyword
import re
import sys
from collections.abc import Collection
from pathlib import Path

from paragone.errors import Misuse, UnknownName
from paragone.implementation.declared import MOST_CHARACTERS
from paragone.implementation.new_files import write_new_folder
from paragone.implementation.registry import IMPLEMENTATIONS, discover

LANGUAGES = ("python", "julia", "c", "fortran", "process")

TEMPLATES = Path(__file__).parent / "templates"

NAME = re.compile(r"[a-z][a-z0-9_]*", re.ASCII | re.IGNORECASE)
# Installed or not: a folder of that name would hide the package from whoever imports it beside the folder.
LIBRARIES = frozenset("cupy dask jax julia juliacall keras numba numpy pandas scipy tensorflow torch".split())

TEMPLATE_WORDS = re.compile(r"starter_name|StarterName")
DECLARED_NAME = re.compile(r'^    name = "(\w+)"$', re.MULTILINE)


def write_starter(name: str, language: str, into: Path) -> list[Path]:
    """The files of a new implementation `name`, written into the folder `into / name`, impl.py first.

    Raises UnknownName for a language without a starter, and Misuse where the name is none or taken, or where the
    folder cannot be written; then nothing is left behind, and what was there is untouched.
    """
    if language not in LANGUAGES:
        raise UnknownName("language", language, LANGUAGES)
    if fault := fault_of_name(name):
        raise Misuse(fault)
    texts = filled_in(name, language)
    declared = DECLARED_NAME.findall(texts["impl.py"])
    if longest := next((each for each in declared if len(each) > MOST_CHARACTERS), ""):
        raise Misuse(f"{longest!r} is too long for the name of an implementation: {MOST_CHARACTERS} letters at most")
    if fault := fault_of_place(into / name, declared):
        raise Misuse(fault)
    return write_new_folder(into / name, texts)


def filled_in(name: str, language: str) -> dict[str, str]:
    """The files of the starter, file name → text, with this name in place of the templates'."""
    words = {"starter_name": name, "StarterName": class_name(name)}
    return {
        path.name: TEMPLATE_WORDS.sub(lambda word: words[word[0]], path.read_text(encoding="utf-8"))
        for path in templates(language)
    }


def templates(language: str) -> list[Path]:
    """The files that a starter in this language is written from, impl.py first."""
    own = [path for path in (TEMPLATES / language).iterdir() if path.is_file()]
    return sorted(own, key=lambda path: (path.name != "impl.py", path.name))


def class_name(name: str) -> str:
    """The name of the class: NumpyRows for numpy_rows."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def fault_of_name(name: str) -> str | None:
    """Why an implementation cannot be called that, or None."""
    if not NAME.fullmatch(name) or len(name) > MOST_CHARACTERS:
        what = f"letters, digits and underscores, {MOST_CHARACTERS} at most, a letter first"
        return f"{name!r} is no name for an implementation: {what}"
    if keyword.iskeyword(name) or keyword.issoftkeyword(name):
        return f"{name!r} is a word of Python's own. Say more: {name}_first"
    if name in sys.stdlib_module_names or name.lower() in LIBRARIES or importlib.util.find_spec(name):
        return f"{name!r} is the name of a package, which it would hide. Say more: {name}_first"
    return None


def fault_of_place(folder: Path, names: Collection[str]) -> str | None:
    """Why a new folder that declares these implementations cannot lie there, or None."""
    if folder.exists() or folder.is_symlink():
        return f"{folder} is there already; nothing was written. Choose another name"
    for place in (IMPLEMENTATIONS, folder.parent):
        for found in discover(place)[0]:
            if found.name in names:
                return f"the name {found.name!r} is taken by {found.folder / 'impl.py'}. Choose another"
    return None
