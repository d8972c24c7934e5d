"""A small project in a git repository of its own, with implementations in versions that a test can tell apart."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

IMPL = """
from paragone.adapters.arrays import ArrayImplementation

class Small(ArrayImplementation):
    name = "{name}"
    layout = "samples in rows"
    source = "a test"
    idea = "Is there in two versions."
    maths = ("rows.py",)
    axes = {{"dtype": ("float32",)}}

    def formulas(self):
        from . import rows
        return rows
"""
# Enough of git's configuration to commit, and none of the user's.
GIT = {
    **{f"GIT_{who}_{what}": "test@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    **{"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"},
}


def write(folder: Path, rows: str, impl: str = IMPL) -> Path:
    """Write an implementation called like its folder, with these maths; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "impl.py").write_text(impl.format(name=folder.name))
    (folder / "rows.py").write_text(rows)
    return folder


def run_git(folder: Path, *arguments: str) -> str:
    """Return what git says in that folder."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, env={**environment, **GIT}, check=True, capture_output=True, text=True).stdout


def commit(folder: Path, subject: str) -> str:
    """Commit everything; return the hash."""
    run_git(folder, "add", "--all")
    run_git(folder, "commit", "--quiet", "--message", subject)
    return run_git(folder, "rev-parse", "HEAD").strip()


def make_project(folder: Path) -> Path:
    """Return a repository with two commits of impls/mlp/one, `VERSION = 1` and 2, and impls/mlp/other, unchanged."""
    folder.mkdir(parents=True)
    run_git(folder, "init", "--quiet", "--initial-branch", "trunk")
    write(folder / "impls" / "mlp" / "one", "VERSION = 1\n")
    write(folder / "impls" / "mlp" / "other", "VERSION = 0\n")
    commit(folder, "the first one")
    write(folder / "impls" / "mlp" / "one", "VERSION = 2\n")
    commit(folder, "the second one")
    return folder
