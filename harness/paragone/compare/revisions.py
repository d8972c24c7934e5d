"""What a side of a live comparison can be: a revision of this project, its working tree, a folder of implementations.

A revision and the working tree are taken out into the cache, so that what is edited while a run measures cannot
change what it measures. A folder stays where it is.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from paragone.errors import Misuse
from paragone.files.hashing import folder_hash
from paragone.files.paths import PROJECT
from paragone.implementation.registry import IMPLEMENTATIONS
from paragone.machine.environment import git
from paragone.task.mlp.data import cache_folder

# Where a revision holds its implementations.
FOLDER = IMPLEMENTATIONS.relative_to(PROJECT)
WORKING_TREE = ("worktree", ".")
ADVICE = "A side is a git revision of this project, worktree (or .), or a folder of implementations"

BEFORE_0_2 = (
    f"that revision holds its implementations in {FOLDER.parent}/, not in {FOLDER}/: revisions before 0.2 cannot be "
    "compared live, because what they import has moved. Measure it in its own checkout, then: paragone compare A B"
)


@dataclass(frozen=True)
class Side:
    """A folder of implementations; `label` goes into their names, `words` say what it is."""

    label: str
    folder: Path
    words: str

    def to_text(self) -> str:
        """Return label and folder as one text, as a request keeps it."""
        return f"{self.label}={self.folder}"


def side_of(text: str) -> Side:
    """Return the side that a request kept as `text`."""
    label, _, folder = text.partition("=")
    return Side(label, Path(folder), "")


def find_sides(a: str, b: str, project: Path = PROJECT) -> tuple[Side, Side]:
    """Return both sides, their labels different. Raises Misuse."""
    first, second = find_side(a, project), find_side(b, project)
    if first.label != second.label:
        return first, second
    return replace(first, label=f"{first.label}-A"), replace(second, label=f"{second.label}-B")


def find_side(text: str, project: Path = PROJECT) -> Side:
    """Return what a user named as a side: a folder where it holds implementations, else the working tree or a revision.

    Raises Misuse for what is none of these, and for a revision without implementations.
    """
    folder = _folder(text)
    if folder and _holds_implementations(folder):
        folder = folder.resolve()
        return Side(_label(_project_of(folder).name), folder, f"folder {folder}")
    if text in WORKING_TREE:
        return _working_tree(project)
    if git(project, "rev-parse", "--git-dir") is None:
        raise Misuse(
            f"{text!r} is no folder with implementations, and {project} is no git checkout (or git is missing), so "
            f"that it has no revisions. {ADVICE}"
        )
    # What begins with a dash would be an option of git's.
    can_be_one = text.isprintable() and not text.startswith("-")
    commit = git(project, "rev-parse", "--verify", "--quiet", f"{text}^{{commit}}") if can_be_one else None
    if not commit:
        what = "a folder without implementations" if folder else "no revision"
        raise Misuse(f"{text!r} is {what}. {ADVICE}. Revisions: git log --oneline")
    return _revision(text, commit, project)


def _revision(text: str, commit: str, project: Path) -> Side:
    """Return the implementations as they were committed."""
    facts = git(project, "show", "--no-patch", "--format=%h%n%cs%n%s", commit) or f"{commit[:7]}\n\n"
    label, date, subject = (*facts.split("\n"), "", "")[:3]
    named = "" if commit.startswith(text) else f"{text}, "
    folder = _kept(commit, lambda into: _check_out(commit, project, into, text))
    return Side(_label(label), folder, f"revision {label} ({named}{date}): {subject}")


def _check_out(commit: str, project: Path, into: Path, text: str) -> None:
    tree = f"{commit}:./{FOLDER}"
    git_folder = git(project, "rev-parse", "--absolute-git-dir") or ""
    into.mkdir()
    with tempfile.TemporaryDirectory() as scratch:
        # An index and a working tree of its own: the user's are not touched.
        own = {"GIT_INDEX_FILE": f"{scratch}/index"}
        if git(project, "read-tree", tree, **own) is None:
            if git(project, "rev-parse", "--verify", "--quiet", f"{commit}:./{FOLDER.parent}"):
                raise Misuse(f"{text}: {BEFORE_0_2}")
            raise Misuse(f"{text}: that revision has no {FOLDER}/ in {project}")
        there = {"GIT_DIR": git_folder, "GIT_WORK_TREE": str(into), **own}
        if git(into, "checkout-index", "--all", **there) is None or not _holds_implementations(into):
            raise Misuse(f"{text}: no implementation could be checked out of {FOLDER}/ of that revision")


def _working_tree(project: Path) -> Side:
    """Return a copy of the implementations as they are now, committed or not."""
    source = project / FOLDER
    if not _holds_implementations(source):
        raise Misuse(f"{source}: there are no implementations in the working tree. {ADVICE}")
    changes = git(project, "status", "--porcelain", "--", str(FOLDER))
    head = git(project, "rev-parse", "--short", "HEAD")
    files = len((changes or "").splitlines())
    state = f", {head} and {files} changed {'file' if files == 1 else 'files'}" if head else ""
    left_out = shutil.ignore_patterns("__pycache__", ".*")
    folder = _kept(
        f"worktree-{folder_hash(source)}",
        lambda into: shutil.copytree(source, into, ignore=left_out, ignore_dangling_symlinks=True),
    )
    return Side("worktree", folder, f"working tree{state}")


def _kept(name: str, write: Callable[[Path], object]) -> Path:
    """Return the folder of that name in the cache, with exactly what `write` writes; one that was altered is replaced.

    Raises Misuse where the cache cannot be written.
    """
    place = cache_folder() / "revisions" / name
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent, prefix=".taking-out-") as scratch:
            written = Path(scratch) / IMPLEMENTATIONS.name
            write(written)
            if place.is_dir() and folder_hash(place) != folder_hash(written):
                shutil.rmtree(place)
            if not place.is_dir():
                written.rename(place)
    except OSError as error:
        raise Misuse(
            f"{place.parent}: a side cannot be kept there: {error.strerror or error}. "
            "Set PARAGONE_CACHE to another folder"
        ) from None
    return place


def _folder(text: str) -> Path | None:
    """Return the folder of that path, or None where there is none."""
    try:
        folder = Path(text).expanduser()
        return folder if text and folder.is_dir() else None
    except (OSError, RuntimeError, ValueError):  # a name that no folder can have; no such home
        return None


def _project_of(folder: Path) -> Path:
    """Return the project whose implementations these are; else the folder itself."""
    return folder.parents[len(FOLDER.parts) - 1] if folder.parts[-len(FOLDER.parts) :] == FOLDER.parts else folder


def _holds_implementations(folder: Path) -> bool:
    return (folder / "impl.py").is_file() or any(folder.glob("*/impl.py"))


def _label(name: str) -> str:
    """Return the name with only what can stand in the name of a variant and in a pattern."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-.") or "folder"
