"""Forty lines stay legible: in no figure do words touch each other or leave the sheet, by the renderer's own boxes."""

import itertools

import numpy as np
import pandas as pd
import pytest
from made_up_run import made_up_run, memory_row
from matplotlib.text import Annotation, Text

from paragone.analyse.breakdown import Breakdown, Spread
from paragone.analyse.results import Results
from paragone.analyse.roofline import roofline as cells_on_roofline
from paragone.report.figures import accuracy, cold_call, heatmap, layouts, memory, phases, roofline, throughput
from paragone.report.figures.figure import Sheet, figure_style
from paragone.task.mlp.words import WORDS

DTYPES, SIZES = ("float32", "float64"), (1, 4, 16, 64, 256, 1024, 4096, 16_384)
LADDER = [f"numpy_bias_step{step}" for step in range(4)]
WAYS = ["numpy_rows", "numpy_columns", *LADDER, *(f"way_{n}_of_writing_the_step" for n in range(32))]
KINDS = {
    "throughput": lambda frame, run: throughput.draw(frame, "x", WORDS, "Noise."),
    "layouts": lambda frame, run: layouts.draw(frame, "x", WORDS, "Noise."),
    "heatmap": lambda frame, run: heatmap.draw(frame, "x", WORDS, "Noise."),
    "strips": lambda frame, run: cold_call.draw(frame, "x", WORDS),
    "roofline": lambda frame, run: roofline.draw(cells_on_roofline(run, frame), "x", WORDS),
    "memory": lambda frame, run: memory.draw(frame, "x", run.plan.problems[frame["problem"].iloc[0]]),
    "phases": lambda frame, run: phases.draw(
        breakdowns(), {name: name for name in WAYS}, "x", "Phases of a step", "batch size"
    ),
}


@pytest.fixture(scope="module")
def forty():
    """Return a run of 40 variants at 8 batch sizes in two dtypes, and its summary; many end close together."""
    generator = np.random.default_rng(4)
    axes = [(way, f",order={order}") for way in WAYS[:2] for order in "CF"] + [(way, "") for way in WAYS[2:]]
    times = {}
    for (way, axis), dtype in itertools.product(axes, DTYPES):
        fixed, each = generator.uniform(2e-6, 6e-5), generator.choice([8e-7, 8.1e-7, 1.5e-6, 3e-5])
        for size in SIZES:
            seconds = fixed + size * each * (1 + (dtype == "float64"))
            times[f"{way}[dtype={dtype}{axis}]", size] = [[seconds * luck] * 3 for luck in (1.0, 1.02)]
            if (way, axis) == ("numpy_rows", ",order=C"):
                times[f"{way}[dtype={dtype}{axis}] (A/A)", size] = [[seconds * luck] * 3 for luck in (1.0, 1.02)]
    above = [memory_row(*key, float(generator.choice([0.1, 2, 2.1, 50]))) for key in times]
    run = made_up_run(None, times, memory=above, limits=list(limits()))
    assert 2 * 41 == len(run.plan.variants)
    return run, Results(run).summary


def limits():
    for dtype, launch in itertools.product(DTYPES, range(2)):
        where = {"problem": "nielsen", "dtype": dtype, "threads": 1, "launch": launch}
        yield {**where, "what": "gemm", "per_second": 2e12}
        yield {**where, "what": "read", "per_second": 1e11}
        yield {**where, "what": "cache", "per_second": 4e11}
        yield from ({**where, "what": "products", "size": size, "per_second": 1e6} for size in SIZES)


def breakdowns():
    """Return what the steps of 40 implementations consist of, at three batch sizes."""
    shares = {"gather": 1.0, "forward": 4.0, "loss": 0.1, "backward": 5.0, "update": 1.0, "other": 0.2}
    return [
        Breakdown(
            **{"problem": "nielsen", "variant": way, "size": size, "threads": 1, "rounds": 5},
            **{"phases": {phase: Spread(*[size * micro] * 3) for phase, micro in shares.items()}, "parts": {}},
            **{"clocked": Spread(*[11.3 * size] * 3), "plain": Spread(*[11.2 * size] * 3), "cost": 0.01},
            is_same=True,
        )
        for way, size in itertools.product(WAYS, SIZES[::3])
    ]


def sheets_of(monkeypatch, draw):
    """Return the sheets that are drawn, laid out once at the size of the files and not written."""
    sheets = []
    monkeypatch.setattr(Sheet, "drawing", lambda self, *words: sheets.append(self))
    with figure_style():
        draw()
        for sheet in sheets:
            sheet.figure.draw_without_rendering()
    return sheets


def boxes_of(figure):
    """Return text and box of all words of a figure that are drawn: labels, numbers, ticks, titles."""
    hidden = {
        id(label)
        for axes in figure.axes
        for axis in (axes.xaxis, axes.yaxis)
        for low, high in [sorted(axis.get_view_interval())]
        for tick in (*axis.majorTicks, *axis.minorTicks)
        for label in (tick.label1, tick.label2)
        if not low <= tick.get_loc() <= high
    }
    return [
        # Of the words alone: an annotation's own extent includes the line that joins it to its curve.
        (text.get_text(), Text.get_window_extent(text))
        for text in figure.findobj(Text)
        if text.get_text().strip() and text.get_visible() and id(text) not in hidden
    ]


def overlaps(boxes, allowed=1.0):
    """Return the pairs of words whose boxes overlap by more than a dot in both directions."""
    return [
        (one, other)
        for (one, a), (other, b) in itertools.combinations(boxes, 2)
        if min(a.x1, b.x1) - max(a.x0, b.x0) > allowed and min(a.y1, b.y1) - max(a.y0, b.y0) > allowed
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_no_words_of_a_figure_touch_each_other_or_leave_the_sheet(kind, forty, monkeypatch):
    run, frame = forty
    sheets = sheets_of(monkeypatch, lambda: KINDS[kind](frame, run))

    assert sheets
    for sheet in sheets:
        boxes = boxes_of(sheet.figure)
        width, height = sheet.figure.canvas.get_width_height()
        outside = [words for words, box in boxes if box.x0 < 0 or box.y0 < 0 or box.x1 > width or box.y1 > height]

        assert len(boxes) > 10
        assert [] == overlaps(boxes)
        assert [] == outside


@pytest.mark.parametrize("kind", ["throughput", "memory"])
def test_every_line_has_its_label_and_no_label_lies_on_the_axes(kind, forty, monkeypatch):
    run, frame = forty
    (sheet,) = sheets_of(monkeypatch, lambda: KINDS[kind](frame, run))

    assert 2 == len(sheet.figure.axes)
    for axes in sheet.figure.axes:
        labels = [text for text in axes.texts if isinstance(text, Annotation)]
        assert 40 + (kind == "memory") == len(labels)
        assert all(Text.get_window_extent(label).x0 > axes.bbox.x1 for label in labels)


@pytest.mark.parametrize("kind", ["throughput", "layouts"])
def test_every_figure_of_throughput_says_the_noise_and_shows_the_limit_and_the_intervals(kind, forty, monkeypatch):
    run, frame = forty
    (sheet,) = sheets_of(monkeypatch, lambda: KINDS[kind](frame, run))
    said = " ".join(text.get_text() for text in sheet.figure.texts)

    assert "Noise." in said
    assert "Grey area: beyond the limit of this machine." in said
    assert "Grey band: A/A noise around the baseline." in said
    for axes in sheet.figure.axes:
        (limit,) = [line for line in axes.lines if line.get_zorder() == 0]
        assert list(SIZES) == list(limit.get_xdata())[1:-1]
        assert len(axes.collections) > 1
    if kind == "throughput":
        assert "Circles: samples in rows;" in said
    assert [0.5] * 2 == [band.get_zorder() for axes in sheet.figure.axes for band in bands_of_noise(axes)]


def bands_of_noise(axes):
    return [shape for shape in axes.collections if shape.get_zorder() == 0.5]


def test_at_a_single_batch_size_limit_and_noise_reach_from_edge_to_edge(forty, monkeypatch):
    _, frame = forty
    one = frame[frame["size"] == 64]
    (sheet,) = sheets_of(monkeypatch, lambda: throughput.draw(one, "x", WORDS, "Noise."))
    for axes in sheet.figure.axes:
        (limit,) = [line for line in axes.lines if line.get_zorder() == 0]
        (noise,) = bands_of_noise(axes)
        margin, speed = one.loc[(one["verdict"] == "baseline") & one["dtype"].eq(axes.get_title("left")[:7]),
                                ["margin", "work_per_second"]].iloc[0]  # fmt: skip

        assert [axes.get_xlim()[0], 64, axes.get_xlim()[1]] == list(limit.get_xdata())
        ends = noise.get_datalim(axes.transData)
        assert list(axes.get_xlim()) == pytest.approx([ends.x0, ends.x1])
        assert [speed / (1 + margin), speed * (1 + margin)] == pytest.approx([ends.y0, ends.y1])


@pytest.mark.parametrize("n_sizes", [1, 5])
def test_the_key_of_the_ratios_stays_on_a_narrow_sheet(n_sizes, forty, monkeypatch):
    _, frame = forty
    narrow = frame[(frame["dtype"] == "float32") & frame["size"].isin(SIZES[:n_sizes])]
    (sheet,) = sheets_of(monkeypatch, lambda: heatmap.draw(narrow, "x", WORDS, "Noise."))
    boxes = boxes_of(sheet.figure)

    assert {"same or undecided", "no ratio"} <= {words for words, _ in boxes}
    assert [] == [words for words, box in boxes if box.x1 > sheet.figure.canvas.get_width_height()[0]]


def test_a_curve_of_fewer_epochs_says_so_beside_its_name(monkeypatch):
    rows = [
        {"problem": "nielsen", "size": 10, "epoch": epoch, "correct": 9000 + epoch, "n_test": 10_000,
         "elapsed_s": epoch * 1.5, "dtype": "float32", "language": "NumPy", "layout": "samples in rows", "order": "",
         "control": False, "implementation": name, "variant": f"{name}[dtype=float32]"}
        for name, last in (("numpy_rows", 10), ("keras_fit", 3), ("way", 1)) for epoch in range(last + 1)
    ]  # fmt: skip
    (sheet,) = sheets_of(monkeypatch, lambda: accuracy.draw(pd.DataFrame(rows), "x"))
    said = [text.get_text() for text in sheet.figure.texts]

    assert {"numpy_rows", "keras_fit (3 epochs)", "way (1 epoch)"} <= set(said)
    assert accuracy.FEWER in said
    (sheet,) = sheets_of(monkeypatch, lambda: accuracy.draw(pd.DataFrame(rows[:11]), "x"))
    assert accuracy.FEWER not in [text.get_text() for text in sheet.figure.texts]


def test_lines_join_points_along_batch_size_of_one_variant_only(forty, monkeypatch):
    run, frame = forty
    (sheet,) = sheets_of(monkeypatch, lambda: KINDS["throughput"](frame, run))
    for axes in sheet.figure.axes:
        own = frame[(frame["dtype"] == axes.get_title(loc="left").partition(" ")[0]) & ~frame["control"]]
        expected = {tuple(line["work_per_second"]) for _, line in own.groupby("variant")}

        assert expected == {tuple(line.get_ydata()) for line in axes.lines if line.get_zorder() != 0}
