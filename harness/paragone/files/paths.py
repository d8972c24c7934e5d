"""The folders of the package and of its checkout, and paths with ~."""

from __future__ import annotations

from pathlib import Path

from paragone.errors import Misuse

PACKAGE = Path(__file__).parent.parent
IMPORT_ROOT = PACKAGE.parent  # with it on PYTHONPATH, `import paragone` imports this very package
# The checkout that holds this package in harness/; None where the package was installed from a wheel.
PROJECT = IMPORT_ROOT.parent if (IMPORT_ROOT.parent / "impls").is_dir() else None


def shipped(name: str) -> Path:
    """A folder that lies at the root of the checkout, and in the package itself where that was installed."""
    return (PROJECT or PACKAGE) / name


def expand_home(path: str | Path, said_by: str) -> Path:
    """Replace ~ or ~user by the home folder.

    Raises Misuse where there is no such user; `said_by` is the option or variable that gave the path.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise Misuse(f"{said_by} {path}: expected the path of a folder; there is no such user") from None
