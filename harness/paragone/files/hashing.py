"""The source code in a folder: its hash, and the texts that a run keeps."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

LARGEST_FILE_BYTES = 200_000
MOST_BYTES = 1_000_000  # of one implementation
NO_FILES: Mapping[str, Path] = MappingProxyType({})
Belongs = Callable[[str], bool]  # whether a file, by its path in the folder, is part of the source


@dataclass(frozen=True)
class KeptSource:
    """The hash of a source, its texts by name, and the files that are not kept with the reason."""

    hash: str
    files: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)


def every_file(_: str) -> bool:
    return True


def folder_hash(folder: Path, shared: Mapping[str, Path] = NO_FILES) -> str:
    """A hash of the names and contents of all files in a folder, without hidden files and __pycache__.

    `shared` are files of other folders that belong to it, by name.
    """
    return hash_of(file_digests(folder, shared))


def file_digests(
    folder: Path, shared: Mapping[str, Path] = NO_FILES, belongs: Belongs = every_file
) -> dict[str, bytes]:
    """Name → SHA-256 of the content of each file that `folder_hash` is about; a file that has just gone is none."""
    digests = {}
    for name, path in (*_files(folder, belongs), *shared.items()):
        with contextlib.suppress(FileNotFoundError):
            digests[name] = hashlib.sha256(path.read_bytes()).digest()
    return digests


def hash_of(digests: Mapping[str, bytes]) -> str:
    content = hashlib.sha256()
    for name, digest in digests.items():
        content.update(f"{name}\0".encode() + digest)
    return content.hexdigest()[:16]


def changed_files(before: Mapping[str, bytes], now: Mapping[str, bytes], suffixes: Container[str] = ()) -> list[str]:
    """The files whose content is another or that are gone, and the new ones that end with one of the suffixes."""
    changed = [name for name, digest in before.items() if now.get(name) != digest]
    return changed + [name for name in now.keys() - before.keys() if Path(name).suffix in suffixes]


def kept_source(
    folder: Path,
    maths: Sequence[str],
    of_others: Sequence[str] = (),
    shared: Mapping[str, Path] = NO_FILES,
    belongs: Belongs = every_file,
) -> KeptSource:
    """The source of an implementation as a run keeps it.

    The files in `maths` come first, then those in `shared`, which lie elsewhere; `of_others` belong to other
    implementations in the same folder. Files that are binary, large, or links out of the folder are left out, but they
    are part of the hash. Each file is read once: the hash is that of the very texts.
    """
    found = {**dict(_files(folder, belongs)), **shared}
    contents = {name: path.read_bytes() for name, path in found.items()}
    digests = {name: hashlib.sha256(content).digest() for name, content in contents.items()}
    kept = KeptSource(hash_of(digests))
    room = MOST_BYTES
    names = dict.fromkeys([*(name for name in (*maths, *shared, "impl.py") if name in found), *found])
    for name in (name for name in names if name in maths or name not in of_others):
        home = found[name].parent if name in shared else folder
        text, reason = _text(found[name], contents[name], home, min(room, LARGEST_FILE_BYTES))
        if text is None:
            kept.left_out[name] = reason
        else:
            kept.files[name] = text
            room -= len(text.encode())
    return kept


def _files(folder: Path, belongs: Belongs) -> Iterator[tuple[str, Path]]:
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != "__pycache__" and not name.startswith(".")]
        found += [Path(place, name) for name in names if not name.startswith(".")]
    for path in sorted(found):
        if path.is_file() and belongs(name := path.relative_to(folder).as_posix()):
            yield name, path


def _text(path: Path, content: bytes, folder: Path, most_bytes: int) -> tuple[str | None, str]:
    """(text of a file, ""), or (None, the reason why it is not kept)."""
    if not path.resolve().is_relative_to(folder.resolve()):
        return None, "a link that leads out of the folder"
    if len(content) > most_bytes:
        return None, f"{len(content)} bytes: too large to keep"
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return None, "not a text in UTF-8"
    return (None, "not a text in UTF-8") if "\0" in text else (text, "")
