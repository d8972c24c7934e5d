"""Make a release: python scripts/release.py 0.3.0

The section "Unreleased" of CHANGELOG.md becomes that of the version, with today's date (UTC); `__version__` and
CITATION.cff follow; then the change is committed and tagged. Nothing is pushed. Exit code 2, and nothing changed, where
the working tree is not clean, the version is none or not a later one, or there is nothing to release.
"""

from __future__ import annotations

import argparse
import datetime
import re
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parent.parent
RELEASED = re.compile(r"^## (\d+\.\d+\.\d+) \((\d{4}-\d\d-\d\d)\)$", re.MULTILINE)
UNRELEASED = re.compile(r"^## Unreleased\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)


class Refused(Exception):
    """Why there is no release, and what to do."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("version", help="such as 0.3.0")
    version = parser.parse_args().version
    try:
        release(version, PROJECT, datetime.datetime.now(datetime.UTC).date())
    except Refused as error:
        print(f"error: no release: {error}", file=sys.stderr)
        sys.exit(2)
    print(f"Committed and tagged v{version}. To publish it: git push --follow-tags")


def release(version: str, project: Path, date: datetime.date) -> None:
    """Write, commit and tag a release. Raises Refused before anything is changed."""
    changed = {
        "CHANGELOG.md": changelog_with(version, date, (project / "CHANGELOG.md").read_text(encoding="utf-8")),
        "harness/paragone/__init__.py": replaced(
            project / "harness/paragone/__init__.py", {r'^__version__ = ".*"$': f'__version__ = "{version}"'}
        ),
        "CITATION.cff": replaced(
            project / "CITATION.cff",
            {r"^version: .*$": f"version: {version}", r"^date-released: .*$": f"date-released: {date}"},
        ),
    }
    if changes := git(project, "status", "--porcelain"):
        raise Refused(f"the working tree has changes. Commit them, or git stash:\n{changes}")
    if git(project, "tag", "--list", f"v{version}"):
        raise Refused(f"the tag v{version} is there already. Choose a later version")
    for name, text in changed.items():
        (project / name).write_text(text, encoding="utf-8")
    git(project, "commit", "--quiet", "--message", f"release: {version}", "--", *changed)
    git(project, "tag", "--annotate", "--message", f"paragone {version}", f"v{version}")


def changelog_with(version: str, date: datetime.date, text: str) -> str:
    """The changelog with its unreleased entries under the version. Raises Refused."""
    if not re.fullmatch(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}", version):
        raise Refused(f"expected a version such as 0.3.0, got {version!r}. Type: make release VERSION=0.3.0")
    last = max((found[1] for found in RELEASED.finditer(text)), key=numbers, default="0.0.0")
    if numbers(version) <= numbers(last):
        raise Refused(f"expected a version after {last}, the last one in CHANGELOG.md; got {version}")
    unreleased = UNRELEASED.search(text)
    if not unreleased or not re.search(r"^- ", unreleased[1], re.MULTILINE):
        raise Refused('CHANGELOG.md has no entry under "## Unreleased". Write what changed for a user, and commit it')
    heading = f"## Unreleased\n\n## {version} ({date})\n"
    return text[: unreleased.start()] + heading + unreleased[1] + text[unreleased.end() :]


def numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def replaced(path: Path, changes: dict[str, str]) -> str:
    """The text of a file in which each of these lines, which is there once, is another. Raises Refused."""
    text = path.read_text(encoding="utf-8")
    for pattern, line in changes.items():
        text, found = re.subn(pattern, line, text, flags=re.MULTILINE)
        if found != 1:
            raise Refused(f"{path.name}: expected one line {pattern}, found {found}")
    return text


def git(project: Path, *arguments: str) -> str:
    """What git says in the project. Raises Refused with its words where it fails."""
    process = subprocess.run(["git", "-C", str(project), *arguments], capture_output=True, text=True)
    if process.returncode != 0:
        raise Refused(f"git {arguments[0]}: {(process.stderr or process.stdout).strip()}")
    return process.stdout.strip()


if __name__ == "__main__":
    main()
