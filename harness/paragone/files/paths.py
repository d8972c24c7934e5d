"""The folders of the package, of its checkout and of its cache, and paths with ~."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from paragone.errors import Misuse

PACKAGE = Path(__file__).resolve().parent.parent
IMPORT_ROOT = PACKAGE.parent
# The checkout that holds this package in harness/; None where the package was installed: a wheel holds impls/ itself.
PROJECT = None if (PACKAGE / "impls").is_dir() else IMPORT_ROOT.parent


def shipped(name: str) -> Path:
    """A folder that lies at the root of the checkout, and in the package itself where that was installed."""
    return (PROJECT or PACKAGE) / name


def cache_folder() -> Path:
    """PARAGONE_CACHE, or the user's cache folder: absolute, and not always there yet. Raises Misuse."""
    if given := os.environ.get("PARAGONE_CACHE"):
        return expand_home(given, "PARAGONE_CACHE").absolute()
    import platformdirs  # most workers need no cache

    return platformdirs.user_cache_path("paragone")


def expand_home(path: str | Path, said_by: str) -> Path:
    """Replace ~ or ~user by the home folder.

    Raises Misuse where there is no such user, or no file system can have such a path; `said_by` is the option or
    variable that gave the path.
    """
    try:
        expanded = Path(path).expanduser()
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):  # whoever needs the folder tells
            expanded.stat()
        return expanded
    except OSError as error:
        raise Misuse(f"{said_by} {path}: expected the path of a folder: {error.strerror}") from None
    except RuntimeError:
        raise Misuse(f"{said_by} {path}: expected the path of a folder; there is no such user") from None
