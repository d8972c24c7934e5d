"""What travels to a host: the code and the data, as archives that are named by the hash of their content.

A host unpacks an archive once. The same content gives the same archive, so that a second run sends nothing. On a host
the files lie elsewhere: a path that travels begins with a mark, and the host puts its own folder in the mark's place.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paragone.files.hashing import file_digests
from paragone.files.paths import PACKAGE, PROJECT
from paragone.task.problem import Data

CODE, DATA = "@code", "@data"


@dataclass(frozen=True)
class Archive:
    """A compressed archive, and the hash of its content before that."""

    sha256: str
    content: bytes


@dataclass(frozen=True)
class Cargo:
    """The archives of a run, and mark → folder of this machine for each folder in the first of them."""

    code: Archive
    data: Archive | None  # None where a family draws its inputs
    folders: Mapping[str, Path]

    @property
    def archives(self) -> list[Archive]:
        return [each for each in (self.code, self.data) if each is not None]


def cargo_of(plugins: Sequence[str], data: Data) -> Cargo:
    """The harness with all that ships, the folders of plugins, and the data set where there is one."""
    folders = {CODE: PROJECT or PACKAGE.parent, **{f"@plugins{i}": Path(path) for i, path in enumerate(plugins)}}
    shipped = [PACKAGE] if PROJECT is None else [PACKAGE, PROJECT / "impls", PROJECT / "benchmarks"]
    files = {f"{CODE}/{part.relative_to(folders[CODE])}": part for part in shipped}
    files |= {mark: folder for mark, folder in folders.items() if mark != CODE}
    return Cargo(archive_of(files), archive_of({DATA: data.folder}) if data.sha256 else None, folders)


def archive_of(folders: Mapping[str, Path]) -> Archive:
    """An archive of folders by the names that they have in it, without hidden files and __pycache__."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for prefix, folder in folders.items():
            for name in file_digests(folder):
                path = folder / name
                entry = tarfile.TarInfo(f"{prefix}/{name}")
                body = path.read_bytes()
                entry.size, entry.mode = len(body), 0o755 if path.stat().st_mode & 0o100 else 0o644
                archive.addfile(entry, io.BytesIO(body))
    raw = content.getvalue()
    return Archive(hashlib.sha256(raw).hexdigest(), gzip.compress(raw, compresslevel=1, mtime=0))


def with_paths(content: Any, prefixes: Mapping[str, str]) -> Any:
    """The content, of dicts, lists and texts, with each path that begins with a key beginning with its value."""
    if isinstance(content, dict):
        return {key: with_paths(value, prefixes) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [with_paths(value, prefixes) for value in content]
    if isinstance(content, str):
        for before, after in prefixes.items():
            if content == before or content.startswith(f"{before}/"):
                return after + content[len(before) :]
    return content
