"""What a reader can rely on in every figure: one table for colour, one for marker, one for line.

Colour says the language: each has one hue, whatever is written in it. Its shade says the way of writing: darker
where a mini-batch is worked on in blocks or with buffers of its own, lighter where it is one sample at a time. Marker
says how a mini-batch lies in memory. Line says the order of the stored data (solid C, dashed F), compiler
flags (dashed where few) or a program of its own (dotted). Panel says the dtype. The labels at the ends of lines say
the rest. The hues were searched for, near the customary ones, such that every two of them stay apart by a CIEDE2000 of
10 and more for full colour vision, protanopia, deuteranopia and tritanopia (as simulated by Machado, Oliveira and
Fernandes, 2009), and each by a contrast of 3 and more from white; tests hold them to it. In the bars of a profile
colour says which phase of the step.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import pandas as pd

from paragone.report.text import formatting

LEAST_CONTRAST = 3.0  # WCAG's, of a line or a large sign
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
}
OTHERS = ("#6E4B1E", "#4B5FA8", "#66704A", "#8C6D8C")  # of a language without an entry, chosen by its name
# The first words that occur in the name or the layout decide; a shade is a step towards white (+) or black (-).
SHADES = (("per_sample", 0.14), ("one sample", 0.14), ("tuned", -0.15), ("block", -0.15))

# In the order of the step, so that neighbours in a bar differ in lightness too.
PHASES = {
    "gather": "#E69F00",
    "forward": "#0063A8",
    "loss": "#F0C8DC",
    "backward": "#009E73",
    "update": "#8CCBEF",
    "other": "#D3D6DA",
}

# The first word that occurs in the layout counts: the special before the general.
MARKERS = (("block", "D"), ("list", "v"), ("one sample", "^"), ("columns", "s"), ("rows", "o"))
# Of the words in "implementation, values of the axes", the first that has an entry decides.
LINES = {"process": (0, (1, 1.2)), "F": (0, (4, 2)), "O2": (0, (4, 2))}
LINES_MEAN = {"F": ("dashed", "stored in order F"), "O2": ("dashed", "few compiler flags")} | {
    "process": ("dotted", "a program of its own")
}
MARKERS_MEAN = {
    **{"o": "circles: samples in rows", "s": "squares: in columns", "D": "diamonds: in blocks"},
    **{"^": "triangles: one sample at a time", "v": "triangles down: in lists"},
}


def colour(implementation: str, layout: str, language: str) -> str:
    """Return the colour of an implementation, the same in every figure and every run: its language's, in its shade."""
    name = language.lower()
    plain = COLOURS.get(name) or OTHERS[zlib.crc32(name.encode()) % len(OTHERS)]
    text = f"{implementation} {layout}".lower()
    return shaded(plain, next((step for words, step in SHADES if words in text), 0.0))


def shaded(plain: str, step: float) -> str:
    """Return a colour a step towards white or, below 0, towards black; never so light that it is lost on white."""
    channels = [int(plain[place : place + 2], 16) for place in (1, 3, 5)]
    end = 255 if step > 0 else 0
    mixed = [round(channel + (end - channel) * abs(step)) for channel in channels]
    if contrast(mixed) < LEAST_CONTRAST and step > 0.01:
        return shaded(plain, step - 0.02)
    return "#" + "".join(f"{channel:02X}" for channel in mixed)


def contrast(channels: Sequence[int]) -> float:
    """Return the contrast of a colour with white, by WCAG's relative luminance; `channels` are 0 to 255."""
    linear = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (value / 255 for value in channels))
    luminance = sum(weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return 1.05 / (luminance + 0.05)


def marker(layout: str) -> str:
    """Return the marker of a memory layout; a layout without an entry is drawn as a plus in a disc."""
    return next((found for word, found in MARKERS if word in layout.lower()), "P")


def line(implementation: str, values: str = "") -> Any:
    """Return the line style of an implementation with these values of its axes."""
    return LINES.get(_line_word(implementation, values), "-")


def _line_word(implementation: str, values: str) -> str:
    words = {*implementation.split("_"), *values.split()}
    return next((word for word in LINES if word in words), "")


def key(cells: pd.DataFrame) -> str:
    """Return what the markers and the lines of these cells mean, in a sentence; "" where there is none."""
    drawn = list(formatting.rows(cells.drop_duplicates("variant")))
    markers = {marker(row.layout) for row in drawn}
    lines = {_line_word(row.implementation, formatting.axis_values(row.variant)) for row in drawn}
    said = [words for mark, words in MARKERS_MEAN.items() if mark in markers]
    meanings: dict[str, list[str]] = {}
    for word, (drawn_as, meaning) in LINES_MEAN.items():
        if word in lines:
            meanings.setdefault(drawn_as, []).append(meaning)
    said += [f"{drawn_as}: {' or '.join(words)}" for drawn_as, words in meanings.items()]
    words = "; ".join(said)
    return f"{words[:1].upper()}{words[1:]}." if said else ""


def style(row: Any) -> dict[str, Any]:
    """Return colour, marker and line of a variant, as Matplotlib's `plot` takes them."""
    return {
        "color": colour(row.implementation, row.layout, row.language),
        "marker": marker(row.layout),
        "linestyle": line(row.implementation, formatting.axis_values(row.variant)),
    }
