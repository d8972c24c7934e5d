"""What a reader can rely on in every figure: one table for colour, one for marker, one for line.

Colour says who: a language has one colour, and those with most implementations one per way of writing
the step. Marker says how a mini-batch lies in memory. Line says the order of the stored data (solid C,
dashed F), compiler flags (dashed where few) or a program of its own (dotted). Panel says the dtype. The
hues are Okabe and Ito's and Paul Tol's, some darkened to stand out from white; a test keeps NumPy's
apart for readers with red- or green-blindness. In the bars of a profile colour says which phase of the step.
"""

from __future__ import annotations

import zlib
from typing import Any

from harness.report import wording

INK, SOFT_INK, GRID, NOISE = "#1a1a1a", "#5f6368", "#e3e5e8", "#e9eaec"

# The first entry whose words all occur in "implementation layout language" gives the colour.
COLOURS = (
    (("numpy", "tuned"), "#B22222"),
    (("numpy", "per_sample"), "#B8860B"),
    (("numpy", "one sample"), "#B8860B"),
    (("numpy", "bias_step"), "#4A2FD0"),
    (("numpy", "columns"), "#009E73"),
    (("numpy", "rows"), "#0063A8"),
    (("numpy",), "#56B4E9"),
    (("python",), "#4D4D4D"),
    (("pytorch",), "#B5527A"),
    (("jax",), "#CC79A7"),
    (("numba",), "#E69F00"),
    (("cupy",), "#117733"),
    (("dask",), "#6E4B1E"),
    (("tensorflow",), "#999933"),
    (("scikit-learn",), "#7F7F7F"),
    (("julia", "tuned"), "#7A2E8E"),
    (("julia",), "#C061B8"),
    (("fortran",), "#882255"),
    (("c++",), "#44556B"),
    (("c", "blas"), "#1A1A1A"),
    (("c",), "#6C6F75"),
)
# In the order of the step, so that neighbours in a bar differ in lightness too.
PHASES = {
    "gather": "#E69F00",
    "forward": "#0063A8",
    "loss": "#F0C8DC",
    "backward": "#009E73",
    "update": "#8CCBEF",
    "other": "#D3D6DA",
}

OTHERS = ("#332288", "#4477AA", "#66704A", "#8C6D8C")

# The first word that occurs in the layout counts: the special before the general.
MARKERS = (("block", "D"), ("list", "v"), ("one sample", "^"), ("columns", "s"), ("rows", "o"))
# Of the words in "implementation, values of the axes", the first that has an entry decides.
LINES = {"process": (0, (1, 1.2)), "F": (0, (4, 2)), "O2": (0, (4, 2))}


def colour(implementation: str, layout: str, language: str) -> str:
    """Return the colour of an implementation, the same in every figure and every run."""
    text = f"{implementation} {layout} {language}".lower()
    words = {*text.replace("_", " ").split(), language.lower()}
    for wanted, found in COLOURS:
        if all(word in (words if len(word) < 3 else text) for word in wanted):
            return found
    return OTHERS[zlib.crc32(language.lower().encode()) % len(OTHERS)]


def marker(layout: str) -> str:
    """Return the marker of a memory layout; a layout without an entry is drawn as a plus in a disc."""
    return next((found for word, found in MARKERS if word in layout.lower()), "P")


def line(implementation: str, values: str = "") -> Any:
    """Return the line style of an implementation with these values of its axes."""
    words = {*implementation.split("_"), *values.split()}
    return next((style for word, style in LINES.items() if word in words), "-")


def style(row: Any) -> dict[str, Any]:
    """Return colour, marker and line of a variant, as Matplotlib's `plot` takes them."""
    return {
        "color": colour(row.implementation, row.layout, row.language),
        "marker": marker(row.layout),
        "linestyle": line(row.implementation, wording.axis_values(row.variant)),
    }
