"""The look of an implementation, the same in every figure and every run.

Hue: the language. Shade: darker for code that works in blocks or with its own buffers, lighter for one sample at a
time. Marker: how the data of a step lie in memory. Line: the order of the stored data (solid C, dashed F), few compiler
flags (dashed), a program of its own (dotted). Each panel is of one dtype; the labels at the ends of the lines say the
rest. In the bars of a profile, colours are the phases of a step.

The hues were searched for near the customary ones, so that every two differ by a CIEDE2000 of 10 or more for full
colour vision, protanopia, deuteranopia and tritanopia (as simulated by Machado, Oliveira and Fernandes, 2009), and each
has a contrast of 3 or more with white. Tests hold them to it.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import pandas as pd

from paragone.report.text.rows import axis_values, each_row

LEAST_CONTRAST = 3.0  # WCAG's minimum for lines and large signs
INK, SOFT_INK, GRID, NOISE = "#1a1a1a", "#5f6368", "#e3e5e8", "#e9eaec"

COLOURS = {
    "numpy": "#1076F7",
    "python": "#2E3E35",
    "c": "#2A253C",
    "c++": "#5C5C63",
    "fortran": "#4D0C0B",
    "julia": "#881281",
    "numba": "#E54B0B",
    "jax": "#EE1DBA",
    "pytorch": "#A8120F",
    "tensorflow": "#7A8C4B",
    "scikit-learn": "#088D8A",
    "cupy": "#197044",
    "rust": "#966969",
    "javascript": "#5A00D2",
    "java": "#000F69",
}
OTHERS = ("#6E4B1E", "#4B5FA8", "#66704A", "#8C6D8C")  # for other languages, by a hash of the name
# The first entry that occurs in the name or the layout decides. A shade is a step towards white (+) or black (-).
SHADES = (("per_sample", 0.14), ("one sample", 0.14), ("tuned", -0.15), ("block", -0.15))

# In the order of a step. Neighbours in a bar differ in lightness too.
PHASES = {
    "gather": "#E69F00",
    "forward": "#0063A8",
    "loss": "#F0C8DC",
    "backward": "#009E73",
    "update": "#8CCBEF",
    "other": "#D3D6DA",
}

# The first word that occurs in the layout decides, so the special stand before the general.
MARKERS = (("block", "D"), ("list", "v"), ("one sample", "^"), ("columns", "s"), ("rows", "o"))
# The first entry that is a word of the implementation's name or an axis value decides.
LINES = {"process": (0, (1, 1.2)), "F": (0, (4, 2)), "O2": (0, (4, 2))}
LINES_MEAN = {"F": ("dashed", "stored in order F"), "O2": ("dashed", "few compiler flags")} | {
    "process": ("dotted", "a program of its own")
}
MARKERS_MEAN = {
    **{"o": "circles: {members} in rows", "s": "squares: in columns", "D": "diamonds: in blocks"},
    **{"^": "triangles: one sample at a time", "v": "triangles down: in lists"},
}


def colour(implementation: str, layout: str, language: str) -> str:
    """Return the hue of the language in the shade of the implementation."""
    plain = language_colour(language)
    text = f"{implementation} {layout}".lower()
    return shaded(plain, next((step for words, step in SHADES if words in text), 0.0))


def language_colour(language: str) -> str:
    """Return the hue of a language."""
    name = language.lower()
    return COLOURS.get(name) or OTHERS[zlib.crc32(name.encode(errors="backslashreplace")) % len(OTHERS)]


def shaded(plain: str, step: float) -> str:
    """Mix a colour with white by `step`, or with black by `-step`; it keeps LEAST_CONTRAST with white."""
    end = 255 if step > 0 else 0
    mixed = [round(channel + (end - channel) * abs(step)) for channel in _bytes(plain)]
    if contrast(mixed) < LEAST_CONTRAST and step > 0.01:
        return shaded(plain, step - 0.02)
    return "#" + "".join(f"{channel:02X}" for channel in mixed)


def rgb(colour: str) -> list[float]:
    """Return red, green and blue of a colour such as "#1076F7", from 0 to 1."""
    return [value / 255 for value in _bytes(colour)]


def _bytes(colour: str) -> list[int]:
    return [int(colour[place : place + 2], 16) for place in (1, 3, 5)]


def contrast(channels: Sequence[int]) -> float:
    """Return the contrast of a colour with white, as WCAG defines it; `channels` are 0 to 255."""
    return 1.05 / (luminance([value / 255 for value in channels]) + 0.05)


def luminance(channels: Sequence[float]) -> float:
    """Return the relative luminance, as WCAG defines it; `channels` are 0 to 1."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def marker(layout: str) -> str:
    """Return the marker of a memory layout: a filled plus for a layout without an entry."""
    return next((found for word, found in MARKERS if word in layout.lower()), "P")


def line(implementation: str, values: str = "") -> Any:
    """Return the line style; `values` are the axis values of a variant, separated by blanks."""
    return LINES.get(_line_word(implementation, values), "-")


def _line_word(implementation: str, values: str) -> str:
    words = {*implementation.split("_"), *values.split()}
    return next((word for word in LINES if word in words), "")


def key(cells: pd.DataFrame) -> str:
    """Return a sentence that explains the markers and lines of these cells; "" where all are plain."""
    drawn = list(each_row(cells.drop_duplicates("variant")))
    markers = {marker(row.layout) for row in drawn}
    lines = {_line_word(row.implementation, axis_values(row.variant)) for row in drawn}
    members = "samples" if any("sample" in row.layout for row in drawn) else "arrays"
    parts = [words.format(members=members) for mark, words in MARKERS_MEAN.items() if mark in markers]
    meanings: dict[str, list[str]] = {}
    for word, (drawn_as, meaning) in LINES_MEAN.items():
        if word in lines:
            meanings.setdefault(drawn_as, []).append(meaning)
    parts += [f"{drawn_as}: {' or '.join(words)}" for drawn_as, words in meanings.items()]
    words = "; ".join(parts)
    return f"{words[:1].upper()}{words[1:]}." if parts else ""


def style(row: Any) -> dict[str, Any]:
    """Return the colour, marker and line of a variant as keyword arguments of Matplotlib's `plot`."""
    return {
        "color": colour(row.implementation, row.layout, row.language),
        "marker": marker(row.layout),
        "linestyle": line(row.implementation, axis_values(row.variant)),
    }
