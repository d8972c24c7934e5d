"""The folders of this project, and paths with ~."""

from __future__ import annotations

from pathlib import Path

from paragone.errors import Misuse

PACKAGE = Path(__file__).parent.parent
IMPORT_ROOT = PACKAGE.parent  # with it on PYTHONPATH, `import paragone` imports this very package
PROJECT = IMPORT_ROOT.parent


def expand_home(path: str | Path, said_by: str) -> Path:
    """Replace ~ or ~user by the home folder.

    Raises Misuse where there is no such user; `said_by` is the option or variable that gave the path.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise Misuse(f"{said_by} {path}: expected the path of a folder; there is no such user") from None
