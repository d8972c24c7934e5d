"""The words with which an implementation says how it was built, and what to try where it could not be loaded."""

from __future__ import annotations

import os
import platform
from itertools import islice

import numpy as np

from paragone.files.printable import plain_words
from paragone.implementation.contract import Implementation
from paragone.implementation.failure_reason import utf8_text

MOST_ENTRIES = 100  # of `build_info`: the others are dropped


def build_words(environment: str, implementation: Implementation) -> dict[str, str]:
    """What stands in the report of how it was built, a line each; first the versions of an environment of its own."""
    said = {**python_and_numpy(environment), **implementation.build_info()}
    kept = islice(said.items(), MOST_ENTRIES)
    return {plain_words(name): plain_words(without_home(value)) for name, value in kept}


def advice_of(implementation: Implementation) -> str:
    """What to try after `load` has failed; "" where the advice fails too, since it must not hide the failure."""
    try:
        return plain_words(implementation.advice())
    except (Exception, SystemExit):
        return ""


def python_and_numpy(environment: str) -> dict[str, str]:
    """The versions that a variant in a Python environment of its own runs on; {} in the harness's own."""
    if not environment:
        return {}
    return {"environment": environment, "python": platform.python_version(), "numpy": np.__version__}


def without_home(text: str) -> str:
    """The text with the home folder as `~`: results are published, and a home folder names its user."""
    home = os.environ.get("HOME", "")
    return utf8_text(text.replace(home, "~") if len(home) > 1 else text)
