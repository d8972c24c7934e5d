"""Build what an implementation's folder declares, once for each source, command, compiler and CPU.

Of several processes that want the same at once, one builds it and the others wait.
Mostly a shared library; a program, which is started by another command, may be any number of files.
"""

from __future__ import annotations

import ctypes
import fcntl
import hashlib
import json
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType

from paragone.errors import MeasurementFailed
from paragone.files.first_error import told
from paragone.files.hashing import NO_FILES, Belongs, every_file, file_digests, hash_of
from paragone.files.paths import cache_folder

HEADERS = Path(__file__).parent  # paragone.h and paragone_network.h
LIBRARY, BUILD_INFO = "library.so", "build_info.json"
INCLUDE = "include"
NO_TEXTS: Mapping[str, str] = MappingProxyType({})
SECONDS_TO_COMPILE = 100.0
SECONDS_TO_ANSWER = 10.0
MOST_ERROR_LINES = 3
NOEXEC = "its folder is on a mount that allows no programs (noexec): set PARAGONE_CACHE to another folder"


@dataclass(frozen=True)
class BuildInfo:
    """What a library was built from; `source` is a hash, `command` is as declared, before its places are filled in."""

    source: str
    compiler: str
    command: str

    def words(self) -> dict[str, str]:
        """What is told of it beside results."""
        return {"compiler": self.compiler, "command": self.command, "source": self.source}


def build(command: Sequence[str], folder: Path, cache: Path | None = None) -> tuple[Path, BuildInfo]:
    """The library that `command` makes in `folder`, built now unless it is in the cache, and what it was built from.

    In the command, {library} stands for the file to make, {include} for the folder of the headers, and {build} for a
    folder that takes whatever else the compiler writes. Raises MeasurementFailed with the compiler's first error.
    """
    if not any("{library}" in word for word in command):
        raise MeasurementFailed("command(): expected {library}, the file to be made, in one of its words")
    place, build_info = build_files(command, folder, cache=cache)
    return place / LIBRARY, build_info


def build_files(
    command: Sequence[str],
    folder: Path,
    headers: Mapping[str, str] = NO_TEXTS,
    belongs: Belongs = every_file,
    cache: Path | None = None,
) -> tuple[Path, BuildInfo]:
    """The folder with what `command` has made, {build} in it, and what that was built from; `build` says the rest.

    `headers`, name → text, are written into {include}; without them it is the folder of our own. `belongs` tells the
    source files among those of `folder`.
    """
    source = _source_hash(folder, headers, belongs)
    build_info = BuildInfo(source, compiler_version(command[0]), " ".join(command))
    place = (cache or cache_folder() / "built") / _key(build_info)
    if not _is_whole(place, build_info):
        with _alone_at(place):
            if not _is_whole(place, build_info):  # nobody has built it meanwhile
                _build_into(place, command, folder, headers, build_info)
    return place, build_info


def opened(library: Path) -> ctypes.CDLL:
    """A library that was built. Raises MeasurementFailed where the system cannot load it."""
    try:
        return ctypes.CDLL(str(library))
    except OSError as error:
        hint = f"; {NOEXEC}" if "failed to map segment" in str(error) else ""
        raise MeasurementFailed(f"the library cannot be loaded: {error}{hint}") from None


def compiler_version(compiler: str) -> str:
    """The first line of `compiler --version`. Raises MeasurementFailed."""
    try:
        answer = subprocess.run(
            [compiler, "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SECONDS_TO_ANSWER,
        )
    except OSError as error:
        raise MeasurementFailed(f"{compiler} cannot be started: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise MeasurementFailed(f"{compiler} --version gives no answer within {SECONDS_TO_ANSWER:g} s") from None
    return next(iter((answer.stdout or answer.stderr).strip().splitlines()), "unknown version")


def _source_hash(folder: Path, headers: Mapping[str, str], belongs: Belongs) -> str:
    own = b"".join(path.read_bytes() for path in sorted(HEADERS.glob("*.h")))
    written = json.dumps(dict(headers)).encode() if headers else own
    return hashlib.sha256(hash_of(file_digests(folder, NO_FILES, belongs)).encode() + written).hexdigest()[:16]


def _key(build_info: BuildInfo) -> str:
    """The name of the cache entry. It holds the CPU: a home folder may be shared by machines, and `-march=native` code
    of one crashes on another.
    """
    content = json.dumps([asdict(build_info), _cpu()], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:24]


def _cpu() -> list[str]:
    """The lines that tell one kind of CPU from another."""
    try:
        lines = Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
    except OSError:
        return [platform.machine(), platform.processor()]
    wanted = ("model name", "flags", "Features", "CPU part")
    return [platform.machine(), *sorted({line for line in lines if line.startswith(wanted)})]


def _is_whole(place: Path, build_info: BuildInfo) -> bool:
    try:
        recorded = json.loads((place / BUILD_INFO).read_text())
        size = _size_bytes(place, build_info)
    except (OSError, ValueError):
        return False
    return bool(recorded == {**asdict(build_info), "size_bytes": size})


def _size_bytes(place: Path, build_info: BuildInfo) -> int:
    """Of the library; of all files where the command makes none. Raises OSError where the library is not there."""
    if "{library}" in build_info.command:
        return (place / LIBRARY).stat().st_size
    return sum(path.stat().st_size for path in place.rglob("*") if path.is_file() and path.name != BUILD_INFO)


@contextmanager
def _alone_at(place: Path) -> Iterator[None]:
    """Within the block no other process builds this entry. Raises MeasurementFailed where nothing can be written."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        lock = (place.parent / f".{place.name}.lock").open("wb")
    except OSError as error:
        raise _cannot_be_kept(place.parent, error) from None
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the system gives it back where this process is killed
        yield


def _build_into(
    place: Path, command: Sequence[str], folder: Path, headers: Mapping[str, str], build_info: BuildInfo
) -> None:
    """Build beside the entry, then rename: whoever looks for it sees a whole entry or none."""
    try:
        scratch = Path(tempfile.mkdtemp(dir=place.parent, prefix=".building-"))
    except OSError as error:
        raise _cannot_be_kept(place.parent, error) from None
    try:
        library, include = scratch / LIBRARY, scratch / INCLUDE if headers else HEADERS
        for name, text in headers.items():
            include.mkdir(exist_ok=True)
            (include / name).write_text(text, encoding="utf-8")
        _compile(filled_in(command, {"library": library, "include": include, "build": scratch}), folder, scratch)
        if "{library}" in build_info.command and not library.is_file():
            raise MeasurementFailed(
                f"{command[0]} ended without an error but wrote no {{library}}: {build_info.command}"
            )
        about = {**asdict(build_info), "size_bytes": _size_bytes(scratch, build_info)}
        (scratch / BUILD_INFO).write_text(json.dumps(about, indent=1) + "\n")
        _put_in_place(scratch, place)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _cannot_be_kept(folder: Path, error: OSError) -> MeasurementFailed:
    return MeasurementFailed(
        f"{folder}: the library cannot be kept there: {error.strerror}. Set PARAGONE_CACHE to another folder"
    )


def filled_in(command: Sequence[str], places: Mapping[str, Path]) -> list[str]:
    """The command with the paths in place of their names."""
    words = list(command)
    for name, path in places.items():
        words = [word.replace(f"{{{name}}}", str(path)) for word in words]
    return words


def _compile(command: Sequence[str], folder: Path, scratch: Path) -> None:
    environment = {**os.environ, "LC_ALL": "C", "TERM": "dumb"}  # error messages in English and without colours
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=SECONDS_TO_COMPILE,
        )
    except OSError as error:
        raise MeasurementFailed(f"{command[0]} cannot be started: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise MeasurementFailed(f"{command[0]} did not end within {SECONDS_TO_COMPILE:g} s") from None
    if done.returncode != 0:
        output = done.stdout.replace(f"{scratch}/", "")  # a folder that is gone when the error is read
        said = told(output, Path(command[0]).name, MOST_ERROR_LINES) or "it printed nothing"
        raise MeasurementFailed(f"{command[0]} failed with code {done.returncode}: {said}")


def _put_in_place(scratch: Path, place: Path) -> None:
    """Rename `scratch`. An entry that another process made meanwhile stays; a damaged one is replaced."""
    try:
        scratch.rename(place)
    except OSError:
        if _is_whole(place, BuildInfo(**_without_size(scratch))):
            return
        shutil.rmtree(place, ignore_errors=True)
        scratch.rename(place)


def _without_size(place: Path) -> dict[str, str]:
    recorded = json.loads((place / BUILD_INFO).read_text())
    del recorded["size_bytes"]
    return dict(recorded)
