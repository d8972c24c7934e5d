"""The specification of a chart of lines: the page carries the names, the order and the looks that Matplotlib draws."""

import pytest
from ranked_run import ranked_run

from paragone.analyse.results import Results
from paragone.report.figures import line_chart, palette
from paragone.report.figures.figure import Sheet, figure_style
from paragone.report.figures.lines import CAPTIONS, lines_of, not_drawn
from paragone.report.page.payload import payload, visible


@pytest.fixture(scope="module")
def results():
    return Results(ranked_run(dtypes=("float32",)))


def test_lines_stand_in_the_order_of_the_speeds_at_the_largest_size(results):
    cells = results.summary[~results.summary["control"]]
    at_largest = cells[cells["size"] == cells["size"].max()].sort_values("work_per_second", ascending=False)

    assert list(at_largest["variant"]) == [line.variant for line in lines_of(cells)]


def test_the_page_has_the_lines_that_matplotlib_draws(results):
    cells = results.summary[~results.summary["control"] & results.summary["work_per_second"].notna()]
    carried = payload(results)
    with figure_style():
        axes = Sheet(4, 4, "", []).axes(0, 0, 3, 3)
        ends = line_chart.draw_lines(axes, cells.assign(label=cells["implementation"]))
    drawn = {end.label.removesuffix(" · baseline"): line for end, line in zip(ends, axes.lines, strict=True)}

    assert {line["name"] for line in carried["lines"].values()} >= drawn.keys()
    for line in carried["lines"].values():
        if line["name"] in drawn:
            assert drawn[line["name"]].get_marker() == line["style"]["marker"]
            assert visible(drawn[line["name"]].get_color(), "#ffffff") == line["style"]["light"]
    assert carried["captions"] == CAPTIONS


def test_a_variant_without_a_number_is_named_with_its_reason(results):
    cells = results.summary[~results.summary["control"]].assign(label=lambda frame: frame["implementation"])
    shown = cells[cells["work_per_second"].notna()]

    assert ["Not drawn: rust_loops float32 (failed)."] == not_drawn(cells, shown)
    assert [] == not_drawn(shown, shown)
    assert palette.key(shown)
