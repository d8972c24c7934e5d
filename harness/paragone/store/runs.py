"""The results folder: make the folder of a new run, find the folders of earlier ones."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import itertools
import os
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from paragone.errors import Misuse, ResultsUnusable, UnknownName
from paragone.files.atomic import write_json
from paragone.files.paths import expand_home
from paragone.machine.environment_record import Environment
from paragone.store.plan_records import PLAN_FILES, Plan, ProfilePlan
from paragone.store.reader import read_finished
from paragone.store.records import Outcome, Source
from paragone.store.run_folder import REPORT, RunFolder

ANOTHER = "Choose another folder: --results PATH"
ROOM_BYTES = 1 << 20  # a small run with its report
PROFILE = PLAN_FILES[ProfilePlan]


def results_folder(chosen: Path | None = None) -> Path:
    """The folder of all runs: the chosen one, PARAGONE_RESULTS, or `results/` in the current folder. Raises Misuse."""
    if chosen is not None:
        return expand_home(chosen, "--results")
    return expand_home(os.environ.get("PARAGONE_RESULTS") or Path.cwd() / "results", "PARAGONE_RESULTS")


def refuse_unwritable(folder: Path, instead: str = ANOTHER) -> None:
    """Raise ResultsUnusable where a folder of a run could not be made, filled and locked; nothing is left behind.

    Tried with a temporary file: permission bits say nothing about a read-only file system, or a full one. `instead`
    says what to do.
    """
    try:
        place = next(place for place in (folder, *folder.resolve().parents) if place.exists())
        with tempfile.TemporaryFile(dir=place) as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            file.write(bytes(ROOM_BYTES))
            file.flush()
            os.fsync(file.fileno())  # some file systems find out only then that they are full
    except OSError as error:
        raise _unwritable(folder, error, instead) from None


def _unwritable(folder: Path, error: OSError, instead: str = ANOTHER) -> ResultsUnusable:
    return ResultsUnusable(f"{folder}: cannot be written: {error.strerror}. {instead}")


def new_run_folder(
    results: Path,
    now: datetime,
    plan: Plan,
    environment: Environment,
    outcomes: Sequence[Outcome] = (),
    sources: Mapping[str, Source] | None = None,
) -> Path:
    """Make the folder of a new run, named by its time in UTC, with its plan, environment, sources and pilot outcomes.

    The folder appears complete or not at all. `sources` are by implementation. Raises ResultsUnusable.
    """
    return _new_folder(results, _stamp(now), plan, environment, outcomes, sources)


def new_profile_folder(results: Path, now: datetime, plan: ProfilePlan, environment: Environment) -> Path:
    """Make the folder of a new profile, which `run_folders` does not list. Raises ResultsUnusable."""
    return _new_folder(results, f"{_stamp(now)}-profile", plan, environment)


def _stamp(now: datetime) -> str:
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H%M%SZ")


def _new_folder(
    results: Path,
    wanted: str,
    plan: ProfilePlan,
    environment: Environment,
    outcomes: Sequence[Outcome] = (),
    sources: Mapping[str, Source] | None = None,
) -> Path:
    try:
        results.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".draft-", dir=results, ignore_cleanup_errors=True) as temporary:
            draft = Path(temporary) / "run"
            draft.mkdir()
            write_json(draft / "environment.json", msgspec.to_builtins(environment))
            if sources is not None:
                write_json(draft / "sources.json", msgspec.to_builtins(sources))
            if outcomes:
                with RunFolder(draft) as rows:
                    rows.append(*outcomes)
            for number in itertools.count(1):
                name = wanted if number == 1 else f"{wanted}-{number}"
                write_json(draft / PLAN_FILES[type(plan)], msgspec.to_builtins(msgspec.structs.replace(plan, run=name)))
                try:
                    draft.rename(results / name)
                except OSError as error:
                    if error.errno in (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR):  # the name is taken
                        continue
                    raise
                break
    except OSError as error:
        raise _unwritable(results, error) from None
    return results / name


def run_folders(results: Path) -> list[Path]:
    """The folders of the runs in `results`, oldest first."""
    folders = [path.parent for path in results.glob("*/plan.json")]
    # By the time in the name, then by the number behind it, so that -10 comes after -9.
    return sorted(folders, key=lambda folder: (folder.name.partition("Z")[0], len(folder.name), folder.name))


def profile_folders(results: Path) -> list[Path]:
    """The folders of the profiles in `results`, oldest first."""
    return sorted((path.parent for path in results.glob(f"*/{PROFILE}")), key=lambda folder: folder.name)


def find_run(results: Path, name: str) -> Path:
    """The folder of the run of that name or path; "latest" is the latest run.

    Raises UnknownName, and Misuse where it is a profile.
    """
    folders = run_folders(results)
    if name == "latest" and folders:
        return folders[-1]
    for candidate in (results / name, Path(name)):
        with contextlib.suppress(OSError, RuntimeError):  # not a valid file name; no such home folder
            if (candidate.expanduser() / "plan.json").is_file():
                return candidate.expanduser()
            if (candidate.expanduser() / PROFILE).is_file():
                page = candidate.expanduser() / "profile.md"
                hint = f"read {page}" if page.is_file() else "the claims that it settles: paragone claims --no-measure"
                raise Misuse(f"{name} is a profile, not a run: {hint}")
    raise UnknownName("run", name, [folder.name for folder in folders], f" Runs are looked for in {results}.")


def is_finished(folder: Path) -> bool:
    ending = read_finished(folder)
    return ending is not None and ending.finished


def has_report(folder: Path) -> bool:
    """Whether the report of the whole run was written: report.md is its last file, and the end of a run deletes it."""
    return (folder / REPORT).is_file()
