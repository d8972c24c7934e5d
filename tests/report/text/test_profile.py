"""The page and the bars of a profile, from numbers chosen by hand."""

import itertools
import json

import msgspec
import numpy as np
import pytest
from made_up_profile import LISTS, ROWS, TUNED, profiled, rows
from made_up_run import stored_plan, variant

from paragone.analyse.profiled import read_profile
from paragone.analyse.step_parts import Speeds
from paragone.errors import ResultsUnusable
from paragone.report.figures import palette, phases
from paragone.report.figures.figure import figure_style
from paragone.report.text.profile import phases_csv, profile_report, warnings
from paragone.report.text.profile_names import profile_names
from paragone.store.records import Outcome

PARTS = {"t1 add the bias row": [3_000, 2_000], "t3 | product": [10_000]}


@pytest.fixture
def page():
    return lambda *of_variants, **named: profile_report(profiled(*of_variants, **named), [])


def test_a_line_has_every_phase_with_its_share_and_what_the_clocks_cost(page):
    text = page(rows(ROWS, 100.0))

    assert "### `nielsen`, batch size 10, float32, 1 thread" in text
    shown = "10.0 (10%) | 30.0 (30%) | – | 40.0 (40%) | 15.0 (15%) | 5.00 (5%) | **100** ± 0.0% | 99.0 | +1.0%"
    assert f"| `numpy_rows` | {shown} |" in text
    assert "A reading of Python's clock costs 40 ns here." in text


def test_parts_of_backward_stand_in_the_column_of_their_layer(page):
    text = page(rows(ROWS, 100.0, parts=PARTS))

    assert "| µs per step | layer 2 | layer 1 | all |" in text
    assert "| t1 add the bias row | 3.00 | 2.00 | **5.00** |" in text
    assert "| t3 \\| product | 10.0 |  | **10.0** |" in text


def test_phases_longer_than_the_whole_give_a_warning(page):
    assert [] == warnings(profiled(rows(ROWS, 100.0)))
    assert "add up to 4.0% more than the whole" in page(rows(ROWS, 100.0, excess=9))


def test_what_has_no_phases_is_listed_with_its_reason(page):
    row = Outcome(
        problem="nielsen",
        variant="jax_step[dtype=float32]",
        stage="phases",
        status="not told apart",
        reason="one | piece",
    )

    assert "| `jax_step[dtype=float32]` |  | not told apart | one \\| piece |" in page(outcomes=[row])
    assert "Nothing was measured." in page()


def test_a_name_includes_an_unusual_dtype():
    assert {ROWS: "numpy_rows", TUNED: "numpy_tuned", LISTS: "python_lists float64"} == profile_names(profiled())


def test_the_numbers_of_a_page_are_in_its_csv_too():
    lines = phases_csv(profiled(rows(ROWS, 100.0, parts=PARTS)).cells).splitlines()

    assert 'nielsen,"numpy_rows[dtype=float32,order=C]",10,1,3,forward,30,30,30' in lines
    assert 'nielsen,"numpy_rows[dtype=float32,order=C]",10,1,3,without clocks,99,99,99' in lines
    assert 'nielsen,"numpy_rows[dtype=float32,order=C]",10,1,3,"t1 add the bias row, call 2",2,,' in lines


@pytest.fixture
def sheet(monkeypatch):
    """Draw two batch sizes, python_lists a hundred times slower than the others; return the figure's axes and texts."""
    kept = []
    drawn = phases.Sheet.drawing
    monkeypatch.setattr(phases.Sheet, "drawing", lambda self, *words: kept.append(self) or drawn(self, *words))
    chosen = profiled(*(rows(*one) for one in ((ROWS, 100.0), (TUNED, 50.0), (LISTS, 10_000.0), (ROWS, 5000.0, 1000))))
    with figure_style():
        phases.draw(
            chosen.cells, profile_names(chosen), "phases", "nielsen: where the time of a step goes", "batch size"
        )
    return kept[0].figure


def test_there_is_a_block_of_times_and_of_shares_for_every_batch_size(sheet):
    times, shares, more_times, more_shares = sheet.axes

    assert ["microseconds per step", "% of the step"] * 2 == [axes.get_xlabel() for axes in sheet.axes]
    assert (0, 100) == shares.get_xlim() == more_shares.get_xlim()
    assert ["numpy_tuned", "numpy_rows", "python_lists float64"] == [t.get_text() for t in times.get_yticklabels()]
    assert ["numpy_rows"] == [t.get_text() for t in more_times.get_yticklabels()]
    assert {"batch size 10", "batch size 1\N{NARROW NO-BREAK SPACE}000"} <= {text.get_text() for text in sheet.texts}


def test_a_bar_is_made_of_its_phases_in_their_colours(sheet):
    from matplotlib.colors import to_hex

    lengths = {}
    for bar in sheet.axes[1].patches:
        lengths.setdefault(round(bar.get_y()), []).append((to_hex(bar.get_facecolor()).upper(), round(bar.get_width())))
    expected = [("gather", 10), ("forward", 30), ("backward", 40), ("update", 15), ("other", 5)]

    assert [[(palette.PHASES[phase].upper(), share) for phase, share in expected]] * 3 == list(lengths.values())


def test_a_bar_out_of_proportion_is_cut_and_keeps_its_number(sheet):
    times = sheet.axes[0]
    words = [text.get_text() for text in times.texts]

    assert times.get_xlim()[1] == pytest.approx(104)
    assert {"50", "100", "10\N{NARROW NO-BREAK SPACE}000", "❯❯"} == set(words)
    assert max(bar.get_x() + bar.get_width() for bar in times.patches) <= times.get_xlim()[1] + 1e-9


def test_the_legend_names_the_phases_that_occur(sheet):
    words = {text.get_text() for text in sheet.texts}

    assert {"gather", "forward", "backward", "update", "other"} <= words
    assert "loss" not in words


def test_the_arithmetic_of_a_step_is_hatched_from_where_forward_and_backward_begin(monkeypatch):
    kept = []
    monkeypatch.setattr(phases.Sheet, "drawing", lambda self, *words: kept.append(self))
    # 476,400 operations of forward in 25 µs, 530,120 of backward and update: all else is as in the bars.
    speeds = {("nielsen", "float32", 1): Speeds(product=476_400 / 25e-6, read=1e12, exp=1e12, gather=1e12)}
    found = profiled(rows(ROWS, 100.0), speeds=speeds)
    with figure_style():
        phases.draw(found.cells, profile_names(found), "phases", "nielsen", "batch size", found.parts)
        phases.draw(found.cells, profile_names(found), "phases", "nielsen", "batch size")
    hatched = [
        [(bar.get_x(), bar.get_width()) for bar in axes.patches if bar.get_hatch()]
        for sheet in kept
        for axes in sheet.figure.axes
    ]

    assert hatched[0] == hatched[1] == [pytest.approx((10, 25)), pytest.approx((40, 25 * 530_120 / 476_400))]
    assert hatched[2:] == [[], []]
    said = [" ".join(text.get_text() for text in sheet.figure.texts) for sheet in kept]
    assert ["Hatched: the arithmetic" in words for words in said] == [True, False]


def test_there_is_no_figure_without_cells():
    assert phases.draw([], {}, "phases", "none", "batch size") is None


def test_neighbouring_phases_differ_in_lightness_so_that_no_reader_needs_the_hue():
    values = [[int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)] for colour in palette.PHASES.values()]
    lightness = np.array(values) ** 2.2 @ (0.2126, 0.7152, 0.0722)

    assert all(abs(one - other) > 0.1 for one, other in itertools.pairwise(lightness))


# --- read back from a folder that anybody may have filled ---


def folder_of(path, pairs, **changed):
    """Write the folder of a profile with these pairs; `changed` are keys of its plan."""
    plan = stored_plan(run="a-profile", variants=[variant(ROWS)]) | changed
    (path / "profile.json").write_text(json.dumps(plan))
    (path / "pairs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in pairs))
    return path


def test_the_machines_speeds_are_read_back_and_an_old_profile_has_none(tmp_path):
    folder = folder_of(tmp_path, pairs_with())
    assert read_profile(folder).parts == []
    row = {"problem": "nielsen", "dtype": "float32", "threads": 1, "launch": 0}
    kinds = {"gemm": 1e10, "read": 1e9, "exp": 1e8, "gather": 1e7, "cache": 1e9}
    lines = [json.dumps({**row, "what": what, "per_second": rate}) for what, rate in kinds.items()]
    (folder / "limits.jsonl").write_text("\n".join(lines) + "\n")
    read = read_profile(folder)

    assert read.speeds == {("nielsen", "float32", 1): Speeds(product=1e10, read=1e9, exp=1e8, gather=4e7)}
    assert [step.cell.key for step in read.parts] == [cell.key for cell in read.cells]


def pairs_with(**changed):
    return [{**msgspec.to_builtins(row), "round": number, **changed} for number, row in enumerate(rows(ROWS, 100.0))]


def test_a_profile_is_read_back_from_its_folder(tmp_path):
    read = read_profile(folder_of(tmp_path, pairs_with()))

    assert len(read.cells) == 1
    assert not read.finished


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"plain_ns": "soon"}, r"pairs\.jsonl, line 1: Expected `int`, got `str` - at `\$\.plain_ns`"),
        ({"phases": [1]}, r"pairs\.jsonl, line 1: Expected `object`, got `array` - at `\$\.phases`"),
        ({"parts": {"t1": 3}}, r"pairs\.jsonl, line 1: Expected `array`, got `int` - at `\$\.parts"),
        ({"problem": "another"}, r"pairs\.jsonl, line 1: problem: expected a problem of the plan"),
        ({"variant": "another"}, r"pairs\.jsonl, line 1: variant: expected one of the plan, got 'another'"),
    ],
)
def test_an_invalid_pair_is_refused_with_its_line(tmp_path, changed, fault):
    with pytest.raises(ResultsUnusable, match=fault):
        read_profile(folder_of(tmp_path, pairs_with(**changed)))


def test_what_has_no_phases_may_lack_what_a_table_lets_be_missing(tmp_path):
    folder = folder_of(tmp_path, pairs_with())
    told = {"problem": "nielsen", "variant": ROWS, "stage": "phases", "status": "not told apart"}
    (folder / "outcomes.jsonl").write_text(json.dumps(told) + "\n")

    assert "not told apart" in profile_report(read_profile(folder), [])


def test_an_invalid_plan_of_a_profile_is_refused_with_its_key(tmp_path):
    with pytest.raises(ResultsUnusable, match=r"profile\.json: Expected `array`, got `object` - at `\$\.variants`"):
        read_profile(folder_of(tmp_path, [], variants={}))
