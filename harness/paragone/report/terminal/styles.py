"""The colours of verdicts in a terminal."""

from __future__ import annotations

STYLES = {"faster": "green", "slower": "red"}
GREY = "bright_black"
