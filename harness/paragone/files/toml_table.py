"""Reading a TOML file that anybody may have written."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from paragone.files.regular import read_regular


def toml_table(path: Path, most_bytes: int) -> dict[str, Any]:
    """The table of a file, whose keys nobody has checked.

    Raises FileNotFoundError, and ValueError with why there is no table: "cannot be read: …", "not a TOML file: …".
    """
    try:
        text = read_regular(path, most_bytes)
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a null byte in the path, or too long a file
        raise ValueError(f"cannot be read: {getattr(error, 'strerror', None) or error}") from None
    try:
        return tomllib.loads(text.decode("utf-8-sig"))
    except RecursionError:
        raise ValueError("not a TOML file: too many brackets within brackets") from None
    except ValueError as error:  # bad TOML, bad UTF-8, a number of thousands of digits
        raise ValueError(f"not a TOML file: {error}") from None
