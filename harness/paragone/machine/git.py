"""What git says of a folder, and why it says nothing."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path
from typing import NamedTuple

TIMEOUT_S = 20


class GitFault(NamedTuple):
    """Why git tells nothing of a folder, and what mends it; the remedy is empty where there is none."""

    reason: str
    remedy: str = ""


def git(folder: Path, *arguments: str, **variables: str) -> str | None:
    """The output of a git command in that folder, or None where git is missing or fails."""
    try:
        answer = _run(folder, arguments, variables)
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip() if answer.returncode == 0 else None


def git_fault(folder: Path) -> GitFault | None:
    """Why git tells nothing of that folder; None where it does."""
    try:
        answer = _run(folder, ("rev-parse", "--git-dir"), {"LC_ALL": "C"})
    except FileNotFoundError:
        return GitFault("git is missing", "Install: git")
    except (OSError, subprocess.SubprocessError) as error:
        return GitFault(f"git fails: {error}")
    if answer.returncode == 0:
        return None
    if "dubious ownership" in answer.stderr:
        place = shlex.quote(str(folder.resolve()))
        return GitFault(
            f"git refuses {folder}, which belongs to another user", f"git config --global --add safe.directory {place}"
        )
    if "not a git repository" in answer.stderr:
        return GitFault(f"{folder} is no git checkout")
    return GitFault(f"git fails in {folder}: {(answer.stderr.strip().splitlines() or ['without a word'])[0]}")


def is_shallow(folder: Path) -> bool:
    """Whether the clone lacks revisions that the project has."""
    return git(folder, "rev-parse", "--is-shallow-repository") == "true"


def _run(folder: Path, arguments: tuple[str, ...], variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    # In a git hook, GIT_DIR and others are set and would lead to another repository.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", "--no-optional-locks", "-C", str(folder), *arguments]
    return subprocess.run(command, env={**inherited, **variables}, capture_output=True, text=True, timeout=TIMEOUT_S)
