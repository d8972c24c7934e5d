"""Memory in the report: the table, the figure, and what is said where there is none."""

import itertools
import re

import numpy as np
import pytest
from full_run import text_of, text_with_figures_of
from made_up_run import BASE, CONTROL, OTHER, change_plan, made_up_run, memory_row
from matplotlib.text import Text

from paragone.analyse.results import Results
from paragone.report.figures import memory
from paragone.report.figures.figure import Sheet, figure_style
from paragone.report.text import memory as text_memory
from paragone.task.mlp.problem_files import find_problem

SIZES = (10, 1000)
TIMES = {(name, size): [[1e-5] * 3] * 2 for name in (BASE, CONTROL, OTHER) for size in SIZES}
NIELSEN = find_problem("nielsen")


def section_of(run):
    return text_memory.section(Results(run))


def row_with(text, name):
    return next(line for line in text.splitlines() if line.startswith(f"| `{name}`"))


def sheet_drawn(monkeypatch, run):
    """Return the sheet of the figure, and its axes."""
    sheets = []
    finish = Sheet.drawing
    monkeypatch.setattr(Sheet, "drawing", lambda self, *words: sheets.append(self) or finish(self, *words))
    with figure_style():
        memory.draw(Results(run).summary, "x", NIELSEN)
    (sheet,) = sheets
    return sheet, sheet.figure.axes


# --- the table ---


def test_the_table_shows_the_loaded_state_and_per_batch_size_the_peak_and_what_lies_above():
    found = [memory_row(BASE, 10, 1.26), memory_row(BASE, 1000, 30.04), memory_row(OTHER, 10, 0.2)]
    text = section_of(made_up_run(None, TIMES, memory=found))

    assert "### `nielsen`, float32, 1 thread: MB" in text
    assert "| implementation | loaded | batch 10 | batch 1\N{NARROW NO-BREAK SPACE}000 |" in text
    assert "| `numpy_rows` | 200 | **201**<br>+ 1.3 | **230**<br>+ 30.0 |" == row_with(text, "numpy_rows")
    assert "| `numpy_tuned` | 200 | **200**<br>+ < 0.5 | – |" == row_with(text, "numpy_tuned")
    assert "(A/A)" not in text


def test_a_peak_that_includes_loading_is_marked_and_explained_and_nothing_lies_above():
    found = [memory_row(BASE, 10, 1.26, since_load=False)]
    text = section_of(made_up_run(None, TIMES, memory=found))

    assert "| `numpy_rows` | 200 | ≤ 201 | – |" == row_with(text, "numpy_rows")
    assert text_memory.WITH_LOADING in text


def test_a_failure_has_its_reason_below_the_table():
    failure = {"status": "failed", "reason": "memory: the worker was killed by SIGKILL"}
    gone = {"loaded_memory_bytes": None, "peak_memory_bytes": None, "since_load": None}
    text = section_of(
        made_up_run(None, TIMES, memory=[memory_row(BASE, 10), memory_row(BASE, 1000, **gone, **failure)])
    )

    assert "| `numpy_rows` | 200 | **202**<br>+ 2.0 | – |" == row_with(text, "numpy_rows")
    assert f"- `{BASE}` at batch 1\N{NARROW NO-BREAK SPACE}000: memory: the worker was killed by SIGKILL" in text


@pytest.mark.parametrize(
    ("request_", "finished", "words"),
    [
        (None, True, "made before memory was measured"),
        ({"memory": False}, True, "paragone bench --memory"),
        ({"memory": True}, False, "interrupted before it"),
        ({"memory": True}, True, "no cell was timed"),
    ],
)
def test_a_run_without_memory_says_why_in_a_report_that_is_whole(request_, finished, words):
    run = made_up_run(None, TIMES, memory=[], finished=finished)
    change_plan(run, **({"memory_seconds": None} if request_ is None else {"request": request_}))
    text = text_with_figures_of(run)
    (said,) = re.findall(r"^## Memory\n\n(.*)$", text, re.MULTILINE)

    assert said.startswith("Not measured: ")
    assert words in said
    assert "peak memory, a process per cell" not in text
    assert "memory-nielsen: no peak memory above the loaded state was measured" in text
    assert "](figures/throughput-nielsen.png)" in text
    assert "](figures/memory-nielsen.png)" not in text


def test_the_time_of_the_memory_pass_is_in_the_section_on_time():
    text = text_of(made_up_run(None, TIMES, stages=[{"stage": "peak memory", "elapsed_s": 3.0}]))

    assert "| peak memory | 3.00 s |" in text


def test_the_columns_of_the_summary_are_in_megabytes_and_empty_where_nothing_was_measured():
    frame = Results(made_up_run(None, TIMES, memory=[memory_row(BASE, 10, 30)])).summary
    found = frame.set_index(["variant", "size"])[["loaded_memory_mb", "peak_memory_mb", "memory_above_loaded_mb"]]

    assert [200, 230, 30] == list(found.loc[(BASE, 10)])
    assert found.drop((BASE, 10)).isna().all(axis=None)


# --- the figure ---


def test_the_figure_has_logarithmic_axes_and_a_labelled_line_a_variant_beside_the_mini_batch(monkeypatch):
    _, (axes,) = sheet_drawn(monkeypatch, made_up_run(None, TIMES))

    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert "batch size" == axes.get_xlabel()
    assert "float32 · MB (10⁶ bytes)" == axes.get_title(loc="left")
    assert ["numpy_rows", "numpy_tuned", NIELSEN.words.moved] == sorted(
        (text.get_text() for text in axes.texts), key=lambda text: (text == NIELSEN.words.moved, text)
    )
    batches, *lines = axes.lines
    assert 1000 * 784 * 4 / 1e6 == pytest.approx(batches.get_ydata()[-1])
    assert [[10, 1000]] * 2 == [list(line.get_xdata()) for line in lines]
    assert [[2.03, 5.0]] * 2 == [pytest.approx(list(line.get_ydata())) for line in lines]


def test_values_below_the_resolution_lie_on_the_lowest_line_and_the_subtitle_says_so(monkeypatch):
    found = [memory_row(name, size, 0.0 if size == 10 else 5.0) for name in (BASE, OTHER) for size in SIZES]
    sheet, (axes,) = sheet_drawn(monkeypatch, made_up_run(None, TIMES, memory=found))

    assert memory.RESOLVED_MB == axes.lines[1].get_ydata()[0]
    assert axes.get_ylim()[0] < memory.RESOLVED_MB
    assert "all values below 0.5 MB" in " ".join(text.get_text() for text in sheet.figure.texts)


def test_a_variant_that_was_timed_and_has_no_memory_is_named(monkeypatch):
    found = [memory_row(BASE, size) for size in SIZES]
    sheet, _ = sheet_drawn(monkeypatch, made_up_run(None, TIMES, memory=found))

    assert any("Not drawn: numpy_tuned float32 (no number)." in text.get_text() for text in sheet.figure.texts)


def test_there_is_a_panel_a_dtype_on_one_scale(monkeypatch):
    wide = {(name.replace("float32", "float64"), size): times for (name, size), times in TIMES.items()}
    _, panels = sheet_drawn(monkeypatch, made_up_run(None, TIMES | wide))

    assert ["float32", "float64"] == [axes.get_title(loc="left").partition(" ")[0] for axes in panels]
    assert panels[0].get_ylim() == panels[1].get_ylim()
    assert 2 * panels[0].lines[0].get_ydata()[-1] == panels[1].lines[0].get_ydata()[-1]


def test_twenty_lines_have_labels_that_do_not_touch_and_stay_on_the_sheet(monkeypatch):
    times = {(BASE, size): [[1e-5] * 3] * 2 for size in (1, 10)}
    times |= {(f"c_way_{n}[dtype=float32]", size): [[1e-5] * 3] * 2 for n in range(20) for size in (1, 10)}
    sheet, (axes,) = sheet_drawn(monkeypatch, made_up_run(None, times))
    sheet.figure.canvas.draw()
    boxes = sorted((Text.get_window_extent(label) for label in axes.texts), key=lambda box: box.y0)

    assert 22 == len(boxes)
    assert all(below.y1 <= above.y0 + 1 for below, above in itertools.pairwise(boxes))
    width, height = sheet.figure.canvas.get_width_height()
    assert all(0 <= box.x0 and box.x1 <= width and 0 <= box.y0 and box.y1 <= height for box in boxes)


def test_nothing_is_drawn_where_nothing_is_known():
    assert memory.draw(Results(made_up_run(None, TIMES, memory=[])).summary, "x", NIELSEN) is None
    with_loading = [memory_row(BASE, 10, since_load=False)]
    frame = Results(made_up_run(None, TIMES, memory=with_loading)).summary

    assert np.isnan(frame["memory_above_loaded_mb"]).all()
    assert memory.draw(frame, "x", NIELSEN) is None
