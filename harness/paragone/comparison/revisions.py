"""A side of a live comparison: a revision of a project, its working tree, or a folder of implementations.

A revision and the working tree are copied into the cache, so that edits during a run cannot change what it measures.
A folder is used in place.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from paragone.comparison.home import OF_NETWORKS, Home
from paragone.errors import Misuse
from paragone.files.hashing import folder_hash
from paragone.files.paths import cache_folder
from paragone.machine.git import git, git_fault, is_shallow

WORKING_TREE = ("worktree", ".")
ADVICE = "A side is a git revision of the project, worktree (or .), or a folder of implementations"

BEFORE_0_2 = (
    "that revision holds its implementations in impls/, not in impls/mlp/: revisions before 0.2 cannot be "
    "compared live, because what they import has moved. Measure it in its own checkout, then: paragone compare A B"
)


@dataclass(frozen=True)
class Side:
    """A folder of implementations; `label` becomes a part of their names, `words` describe the side."""

    label: str
    folder: Path
    words: str

    def to_text(self) -> str:
        """label=folder, the form in a request."""
        return f"{self.label}={self.folder}"


def side_of(text: str) -> Side:
    """The side that `to_text` wrote into a request."""
    label, _, folder = text.partition("=")
    return Side(label, Path(folder), "")


def find_sides(a: str, b: str, home: Home = OF_NETWORKS) -> tuple[Side, Side]:
    """Both sides, with different labels. Raises Misuse."""
    first, second = find_side(a, home), find_side(b, home)
    if first.label != second.label:
        return first, second
    return replace(first, label=f"{first.label}-A"), replace(second, label=f"{second.label}-B")


def find_side(text: str, home: Home = OF_NETWORKS) -> Side:
    """The side that a user named: a folder with implementations, else the working tree, else a revision.

    Raises Misuse for anything else, and for a revision without implementations.
    """
    folder = _folder(text)
    found = home.implementations_in(folder) if folder else None
    if found and not (text in WORKING_TREE and home.is_own(found)):
        return Side(_label(home.around(found).name), found, f"folder {found}")
    if home.project is None:
        raise Misuse(
            f"{text!r} is no folder with {home.what}. This paragone was installed from a wheel and has neither "
            "revisions nor a working tree: name two folders, or use a checkout of the project"
        )
    if text in WORKING_TREE:
        return _working_tree(home.project, home)
    if fault := git_fault(home.project):
        mended = f". Then it may be a revision: {fault.remedy}" if fault.remedy else ""
        raise Misuse(f"{text!r} is no folder with {home.what}, and {fault.reason}{mended}. {ADVICE}")
    # git would take a leading dash for an option.
    can_be_one = text.isprintable() and not text.startswith("-")
    commit = git(home.project, "rev-parse", "--verify", "--quiet", f"{text}^{{commit}}") if can_be_one else None
    if not commit:
        what = f"a folder without {home.what}" if folder else f"no revision of {home.project}"
        shallow = (
            f" This clone is shallow: git -C {home.project} fetch --unshallow." if is_shallow(home.project) else ""
        )
        raise Misuse(f"{text!r} is {what}.{shallow} {ADVICE}. Revisions: git -C {home.project} log --oneline")
    return _revision(text, commit, home.project, home)


def _revision(text: str, commit: str, project: Path, home: Home) -> Side:
    """The implementations as they were committed."""
    tree = git(project, "rev-parse", "--verify", "--quiet", f"{commit}:./{home.folder}")
    if tree is None:
        if not home.kernel and git(project, "rev-parse", "--verify", "--quiet", f"{commit}:./{home.folder.parent}"):
            raise Misuse(f"{text}: {BEFORE_0_2}")
        raise Misuse(f"{text}: that revision has no {home.folder}/ in {project}")
    facts = git(project, "show", "--no-patch", "--format=%h%n%cs%n%s", commit) or f"{commit[:7]}\n\n"
    label, date, subject = (*facts.split("\n"), "", "")[:3]
    named = "" if commit.startswith(text) else f"{text}, "
    folder = _cached(tree, home, lambda into: _check_out(tree, project, home, into, text))
    return Side(_label(label), folder, f"revision {label} ({named}{date}): {subject}")


def _check_out(tree: str, project: Path, home: Home, into: Path, text: str) -> None:
    git_folder = git(project, "rev-parse", "--absolute-git-dir") or ""
    into.mkdir()
    with tempfile.TemporaryDirectory() as scratch:
        # An index and a working tree of its own, so that the user's stay untouched.
        own = {"GIT_INDEX_FILE": f"{scratch}/index"}
        there = {"GIT_DIR": git_folder, "GIT_WORK_TREE": str(into), **own}
        is_out = (
            git(project, "read-tree", tree, **own) is not None
            and git(into, "checkout-index", "--all", **there) is not None
        )
        if not is_out or home.implementations_in(into) is None:
            raise Misuse(f"{text}: no implementation could be checked out of {home.folder}/ of that revision")


def _working_tree(project: Path, home: Home) -> Side:
    """A copy of the implementations as they are now, committed or not."""
    source = project / home.folder
    if home.implementations_in(source) is None:
        raise Misuse(f"{source}: there are no implementations in the working tree. {ADVICE}")
    changes = git(project, "status", "--porcelain", "--", str(home.folder))
    head = git(project, "rev-parse", "--short", "HEAD")
    files = len((changes or "").splitlines())
    state = f", {head} and {files} changed {'file' if files == 1 else 'files'}" if head else ""
    left_out = shutil.ignore_patterns("__pycache__", ".*")
    folder = _cached(
        f"worktree-{folder_hash(source)}",
        home,
        lambda into: shutil.copytree(source, into, ignore=left_out, ignore_dangling_symlinks=True),
    )
    return Side("worktree", folder, f"working tree{state}")


def _cached(name: str, home: Home, write: Callable[[Path], object]) -> Path:
    """The folder of that name in the cache, holding exactly what `write` writes; an altered one is replaced.

    It is called as in its home, which a kernel's must be. Raises Misuse where the cache cannot be written.
    """
    place = cache_folder() / "revisions" / name / home.folder.name
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent, prefix=".taking-out-") as scratch:
            written = Path(scratch) / place.name
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
    try:
        folder = Path(text).expanduser()
        return folder if text and folder.is_dir() else None
    except (OSError, RuntimeError, ValueError):  # a name that no folder can have; no such home
        return None


def _label(name: str) -> str:
    """The name reduced to the characters allowed in the name of a variant and in a pattern."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-.") or "folder"
