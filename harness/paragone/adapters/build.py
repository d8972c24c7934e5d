"""Build a shared library from an implementation's folder, once for each source, command, compiler and CPU."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from paragone.errors import MeasurementFailed
from paragone.files.hashing import folder_hash
from paragone.files.paths import cache_folder

HEADERS = Path(__file__).parent  # paragone.h and paragone_network.h
LIBRARY, BUILD_INFO = "library.so", "build_info.json"
SECONDS_TO_COMPILE = 100.0
SECONDS_TO_ANSWER = 10.0
MOST_ERROR_LINES = 3


@dataclass(frozen=True)
class BuildInfo:
    """What a library was built from; `source` is a hash, `command` is as declared, before its places are filled in."""

    source: str
    compiler: str
    command: str


def build(command: Sequence[str], folder: Path, cache: Path | None = None) -> tuple[Path, BuildInfo]:
    """The library that `command` makes in `folder`, built now unless it is in the cache, and what it was built from.

    In the command, {library} stands for the file to make, {include} for the folder of the headers, and {build} for a
    folder that takes whatever else the compiler writes. Raises MeasurementFailed with the compiler's first errors.
    """
    if not any("{library}" in word for word in command):
        raise MeasurementFailed("command(): expected {library}, the file to be made, in one of its words")
    build_info = BuildInfo(_source_hash(folder), compiler_version(command[0]), " ".join(command))
    place = (cache or cache_folder() / "built") / _key(build_info)
    if not _is_whole(place, build_info):
        _build_into(place, command, folder, build_info)
    return place / LIBRARY, build_info


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


def _source_hash(folder: Path) -> str:
    headers = b"".join(path.read_bytes() for path in sorted(HEADERS.glob("*.h")))
    return hashlib.sha256(folder_hash(folder).encode() + headers).hexdigest()[:16]


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
        size = (place / LIBRARY).stat().st_size
    except (OSError, ValueError):
        return False
    return bool(recorded == {**asdict(build_info), "size_bytes": size})


def _build_into(place: Path, command: Sequence[str], folder: Path, build_info: BuildInfo) -> None:
    """Build beside the entry, then rename: other processes see a whole entry or none."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(dir=place.parent, prefix=".building-"))
    except OSError as error:
        raise MeasurementFailed(
            f"{place.parent}: the library cannot be kept there: {error.strerror}. Set PARAGONE_CACHE to another folder"
        ) from None
    try:
        library = scratch / LIBRARY
        _compile(_filled_in(command, {"library": library, "include": HEADERS, "build": scratch}), folder)
        if not library.is_file():
            raise MeasurementFailed(
                f"{command[0]} ended without an error but wrote no {{library}}: {build_info.command}"
            )
        about = {**asdict(build_info), "size_bytes": library.stat().st_size}
        (scratch / BUILD_INFO).write_text(json.dumps(about, indent=1) + "\n")
        _put_in_place(scratch, place)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _filled_in(command: Sequence[str], places: Mapping[str, Path]) -> list[str]:
    words = list(command)
    for name, path in places.items():
        words = [word.replace(f"{{{name}}}", str(path)) for word in words]
    return words


def _compile(command: Sequence[str], folder: Path) -> None:
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
        raise MeasurementFailed(f"{command[0]} failed with code {done.returncode}: {first_errors(done.stdout)}")


def first_errors(output: str) -> str:
    """The first lines that mention an error, or the first lines where none does."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower() or "undefined reference" in line]
    return " / ".join((errors or lines)[:MOST_ERROR_LINES]) or "it printed nothing"


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
