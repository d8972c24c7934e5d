"""The palette: a language is seen at a glance, by every kind of colour vision, and stands out from white."""

import itertools

import numpy as np
import pandas as pd
import pytest
from everyone import EVERYONE
from matplotlib.colors import to_rgb

from paragone.implementation.contract import variants
from paragone.report.figures import palette

# Machado, Oliveira and Fernandes (2009), "A Physiologically-based Model for Simulation of Color Vision Deficiency",
# severity 1.0, on linear RGB.
VISION = {
    "full": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
LAYOUTS = ("samples in rows", "one sample at a time", "samples in columns, in blocks")


def linear(colour):
    channels = np.array(to_rgb(colour))
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def lab(colour, vision):
    xyz = TO_XYZ @ np.clip(np.array(VISION[vision]) @ linear(colour), 0, 1) / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def distance(one, other, vision="full"):
    """Return CIEDE2000 between two colours (Sharma, Wu and Dalal, 2005)."""
    return ciede2000(lab(one, vision), lab(other, vision))


def ciede2000(one, other):
    (l1, a1, b1), (l2, a2, b2) = one, other
    mean = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    stretch = 1.5 - 0.5 * np.sqrt(mean**7 / (mean**7 + 25.0**7))
    c1, c2 = np.hypot(a1 * stretch, b1), np.hypot(a2 * stretch, b2)
    h1, h2 = (np.degrees(np.arctan2(b, a * stretch)) % 360 for a, b in ((a1, b1), (a2, b2)))
    turn = (h2 - h1 + 180) % 360 - 180
    hue = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))
    lightness, chroma, h = (l1 + l2) / 2, (c1 + c2) / 2, h1 + turn / 2
    cosines = [(-0.17, 1, -30), (0.24, 2, 0), (0.32, 3, 6), (-0.20, 4, -63)]
    weight = 1 + sum(factor * np.cos(np.radians(times * h + shift)) for factor, times, shift in cosines)
    by_lightness = 1 + 0.015 * (lightness - 50) ** 2 / np.sqrt(20 + (lightness - 50) ** 2)
    by_chroma, by_hue = 1 + 0.045 * chroma, 1 + 0.015 * chroma * weight
    rotation = np.radians(60 * np.exp(-(((h % 360 - 275) / 25) ** 2)))
    cross = -2 * np.sqrt(chroma**7 / (chroma**7 + 25.0**7)) * np.sin(rotation)
    parts = (l2 - l1) / by_lightness, (c2 - c1) / by_chroma, hue / by_hue
    return np.sqrt(sum(part**2 for part in parts) + cross * parts[1] * parts[2])


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_the_measure_of_difference_agrees_with_its_published_examples(one, other, expected):
    assert expected == pytest.approx(ciede2000(one, other), abs=1e-4)


@pytest.mark.parametrize("vision", VISION)
def test_languages_are_distinct_for_every_kind_of_colour_vision(vision):
    apart = {
        pair: distance(*(palette.COLOURS[name] for name in pair), vision)
        for pair in itertools.combinations(palette.COLOURS, 2)
    }

    assert {} == {pair: round(float(found), 1) for pair, found in apart.items() if found < 10}


def test_every_colour_stands_out_from_white_in_every_shade():
    drawn = [palette.colour("x", layout, language) for layout in LAYOUTS for language in palette.COLOURS]
    drawn += [palette.shaded(colour, step) for colour in palette.OTHERS for step in (0, 0.14, -0.15)]
    contrasts = {colour: 1.05 / (linear(colour) @ (0.2126, 0.7152, 0.0722) + 0.05) for colour in drawn}

    assert {} == {colour: contrast for colour, contrast in contrasts.items() if contrast < 3}


@pytest.mark.parametrize("language", palette.COLOURS)
def test_a_shade_is_seen_as_the_colour_of_its_language_and_of_no_other(language):
    for layout in LAYOUTS:
        shade = palette.colour("x", layout, language)
        nearest = min(palette.COLOURS, key=lambda name: distance(shade, palette.COLOURS[name]))

        assert language == nearest, (layout, shade)


def test_the_ways_of_writing_have_shades_that_differ():
    rows, one, blocks = (palette.colour("x", layout, "NumPy") for layout in LAYOUTS)

    assert palette.COLOURS["numpy"] == rows
    assert min(distance(rows, one), distance(rows, blocks), distance(one, blocks)) > 4


def test_a_colour_belongs_to_the_language_and_not_to_the_run():
    assert palette.colour("numpy_rows", LAYOUTS[0], "NumPy") == palette.colour("numpy_bias", LAYOUTS[0], "NumPy")
    assert palette.colour("numpy_rows", LAYOUTS[0], "NumPy") != palette.colour("c_rows", LAYOUTS[0], "C")
    assert palette.colour("cobol_loops", LAYOUTS[0], "COBOL") in palette.OTHERS


def test_every_language_of_the_project_has_a_colour_of_its_own():
    """Dask, which few have, shares those of the others."""
    languages = {variant.implementation.language for entry in EVERYONE for variant in variants(entry.implementation)}

    assert languages - {"Dask"} <= {name for name in languages if name.lower() in palette.COLOURS}


def test_order_is_the_line_and_layout_the_marker():
    assert palette.line("numpy_rows", "C") != palette.line("numpy_rows", "F")
    assert palette.line("julia_tuned") != palette.line("julia_tuned_process")
    layouts = ("samples in rows", "samples in columns", "samples in rows, in blocks", "one sample at a time", "lists")
    assert len({palette.marker(layout) for layout in layouts}) == 5


def test_the_key_says_what_the_markers_and_lines_of_these_cells_mean_and_of_no_others():
    rows = [
        ("numpy_rows", "numpy_rows[dtype=float32,order=C]", "samples in rows"),
        ("numpy_columns", "numpy_columns[dtype=float32,order=F]", "samples in columns"),
        ("c_loops", "c_loops[dtype=float32,flags=O2]", "one sample at a time"),
    ]
    cells = pd.DataFrame(rows, columns=["implementation", "variant", "layout"])

    assert palette.key(cells) == (
        "Circles: samples in rows; squares: in columns; triangles: one sample at a time; dashed: stored in order F "
        "or few compiler flags."
    )
    assert palette.key(cells[:1]) == "Circles: samples in rows."
    assert palette.key(cells[:0]) == ""
    assert palette.key(cells[:1].assign(layout="rows one after the other (C order)")) == "Circles: arrays in rows."


def test_every_marker_and_line_has_an_explanation():
    assert {mark for _, mark in palette.MARKERS} == set(palette.MARKERS_MEAN)
    assert set(palette.LINES) == set(palette.LINES_MEAN)
