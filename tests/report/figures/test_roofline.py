"""The roofline as it is drawn: points, roofs, the sizes above them, and the rings around what leaves out zeros."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PathCollection

from paragone.report.figures import roofline
from paragone.report.figures.figure import Sheet, figure_style
from paragone.task.mlp.words import WORDS

SIZES, INTENSITIES = (1, 10, 1000, 10_000), (0.7, 4.5, 29.0, 30.5)


def line(name, rates, dtype="float32", skips=False, **others):
    """The rows of one variant: FLOP/s at each size."""
    return [
        {"problem": "nielsen", "implementation": name, "variant": f"{name}[dtype={dtype}]", "dtype": dtype,
         "language": "C", "layout": "samples in rows", "threads": 1, "size": size, "control": False,
         "status": "passed", "verdict": "faster", "flop_per_byte": x, "flop_per_second": y, "skips_zeros": skips,
         "gemm": 1e11, "read": 1e10, "cache": 5e10, **others}
        for size, x, y in zip(SIZES, INTENSITIES, rates, strict=True)
    ]  # fmt: skip


DENSE, SPARSE = (1e10, 2e10, 6e10, 7e10), (3e10, 2e11, 3e11, 2.5e11)


def drawn(monkeypatch, rows):
    """Return the sheet of the figure."""
    sheets = []
    monkeypatch.setattr(Sheet, "drawing", lambda self, *words: sheets.append(self))
    with figure_style():
        roofline.draw(pd.DataFrame(rows), "x", WORDS)
        (sheet,) = sheets
        sheet.figure.draw_without_rendering()
    return sheet


def said(sheet):
    return " ".join(text.get_text() for text in sheet.figure.texts)


def lines_by_style(axes):
    roofs = [each for each in axes.lines if each.get_zorder() == 0]
    return roofs, [each for each in axes.lines if each.get_zorder() != 0]


def test_every_cell_is_a_point_and_every_variant_has_a_label(monkeypatch):
    sheet = drawn(monkeypatch, line("c_dense", DENSE) + line("c_sparse", SPARSE, skips=True))
    (axes,) = sheet.figure.axes
    _, curves = lines_by_style(axes)

    assert [list(curve.get_xdata()) for curve in curves] == [list(INTENSITIES)] * 2
    assert [list(curve.get_ydata()) for curve in curves] == [list(DENSE), list(SPARSE)]
    assert {"c_dense", "c_sparse · no zeros", "matrix product"} <= {text.get_text() for text in axes.texts}
    assert (axes.get_xscale(), axes.get_yscale(), axes.get_xlabel()) == ("log", "log", "FLOP per byte")


def test_the_roofs_rise_with_the_bytes_until_they_meet_the_matrix_product(monkeypatch):
    sheet = drawn(monkeypatch, line("c_dense", DENSE))
    roofs, _ = lines_by_style(sheet.figure.axes[0])
    memory, cache, flat = ((roof.get_xdata(), roof.get_ydata()) for roof in roofs)

    assert memory[1] == pytest.approx(np.minimum(1e11, 1e10 * memory[0]))
    assert cache[1] == pytest.approx(np.minimum(1e11, 5e10 * cache[0]))
    assert set(flat[1]) == {1e11}
    assert "float32: matrix product 100 GFLOP/s, reading memory (dashed) 10.0 GB/s and" in said(sheet)
    assert "reading the second cache (dotted) 50.0 GB/s." in said(sheet)


def test_an_old_run_has_no_roof_of_the_cache(monkeypatch):
    sheet = drawn(monkeypatch, line("c_dense", DENSE, cache=float("nan")))

    assert len(lines_by_style(sheet.figure.axes[0])[0]) == 2
    assert "cache (dotted)" not in said(sheet)


def test_points_beyond_the_product_are_ringed_and_explained_where_the_code_leaves_out_zeros(monkeypatch):
    def ringed(skips):
        sheet = drawn(monkeypatch, line("c_sparse", SPARSE, skips=skips))
        circles = [each for each in sheet.figure.axes[0].collections if isinstance(each, PathCollection)]
        rings = [each.get_offsets() for each in circles]
        points = [tuple(point) for offsets in rings for point in offsets.tolist()]
        return points, "Ringed: beyond the matrix product, because" in said(sheet)

    assert ringed(skips=True) == (list(zip(INTENSITIES[1:], SPARSE[1:], strict=True)), True)
    assert ringed(skips=False) == ([], False)


def test_sizes_stand_above_their_points_and_those_without_room_are_joined():
    apart = roofline.joined_sizes([(1, 0.2), (10, 1.2), (1000, 2.8), (10_000, 2.9)])

    assert [sizes for sizes, _ in apart] == [[1], [10], [1000, 10_000]]
    assert [at for _, at in apart] == pytest.approx([0.2, 1.2, 2.85])
    assert roofline.joined_sizes([(10, 1.0), (20, 1.0), (40, 1.0)]) == [([10, 20, 40], 1.0)]


def test_each_dtype_has_a_panel_and_a_sentence_with_its_own_roofs(monkeypatch):
    sheet = drawn(monkeypatch, line("c_dense", DENSE) + line("c_dense", DENSE, dtype="float64", gemm=5e10))

    assert len(sheet.figure.axes) == 2
    assert "Roofs, float64: matrix product 50.0 GFLOP/s" in said(sheet)


def test_a_point_that_was_not_verified_is_named(monkeypatch):
    sheet = drawn(monkeypatch, line("c_dense", DENSE, status="not checked"))

    assert "Not verified: c_dense float32 at batch 1, 10" in said(sheet)


def test_nothing_is_drawn_without_cells():
    assert roofline.draw(pd.DataFrame(), "x", WORDS) is None
