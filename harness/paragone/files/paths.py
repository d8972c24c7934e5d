"""Where this project lies, and paths as people write them."""

from __future__ import annotations

from pathlib import Path

from paragone.errors import Misuse

PACKAGE = Path(__file__).parent.parent
IMPORT_ROOT = PACKAGE.parent  # on PYTHONPATH, it makes `import paragone` this very package
PROJECT = IMPORT_ROOT.parent


def expand_home(path: str | Path, said_by: str) -> Path:
    """Return the path with the home folder that ~ or ~user stands for.

    Raises Misuse, naming the option or variable that gave the path, where there is no such user.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise Misuse(f"{said_by} {path}: expected the path of a folder; there is no such user") from None
