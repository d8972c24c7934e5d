"""Whether what was lacking is lacking now: looked for here, nobody is asked."""

from __future__ import annotations

import importlib.util
import shutil

from paragone.files.printable import plain_words
from paragone.machine.cuda import cuda_unavailable
from paragone.machine.julia_install import julia_unavailable, juliacall_unavailable


def is_still_lacking(what: str, reason: str) -> bool:
    """Whether a reason of before holds now (lacking.py). Of what nobody here can look for, nobody can tell: False."""
    kind, _, name = what.partition(" ")
    if kind == "package":
        return name.isidentifier() and not _is_found(name)
    if kind == "program":
        return bool(name) and not shutil.which(name)
    look = {"julia": julia_unavailable, "juliacall": juliacall_unavailable, "cuda": cuda_unavailable}.get(kind)
    now = look() if look else None
    return now is not None and plain_words(now) == reason


def _is_found(module: str) -> bool:
    """Whether a package is there at all, with code or without."""
    try:
        return importlib.util.find_spec(module) is not None
    except ValueError:  # of a module that was made by hand
        return True
