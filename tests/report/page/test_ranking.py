"""The first screen of report.html, the ranking with controls and sentences; and every table, at all widths."""

import itertools
import math
import re
from dataclasses import replace

import pytest
from made_up_run import with_environment
from ranked_run import SIZES, ranked_run

from paragone.analyse.results import Results
from paragone.report.page import ranking
from paragone.report.page.axis import LEAST_GAP, LogAxis
from paragone.report.page.build import page
from paragone.report.page.ranking import rankings
from paragone.report.text import formatting
from paragone.report.text.run_report import report_sections
from paragone.store.records import Source

SHOWN = "document.querySelector('.ranking:not([hidden])')"
NAMES = f"[...{SHOWN}.querySelectorAll('.ranks tbody th')].map((one) => one.innerText)"
WIDTHS = (360, 768, 1280, 1920, 2560)


@pytest.fixture(scope="module")
def results():
    return Results(ranked_run())


@pytest.fixture(scope="module")
def address(results, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(page(results, report_sections(results, [], []), []), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def opened(browser, address):
    browser.open(address, width=1280, height=800)
    return browser


def cells_at(results, size, dtype="float32"):
    ranking = results.ranking
    return ranking[(ranking["size"] == size) & (ranking["dtype"] == dtype)]


def choose(browser, name, value):
    browser.run(
        f"(() => {{ const select = document.querySelector('#ranking-controls [name={name}]'); select.value = '{value}';"
        "select.dispatchEvent(new Event('change')); })()"
    )


def test_each_point_has_a_ranking_and_the_largest_size_in_the_first_dtype_is_shown_first(results):
    found = rankings(results)

    assert len(found) == len(SIZES) * 2
    assert [one["point"] for one in found if one["is_first"]] == [
        {"problem": "nielsen", "dtype": "float32", "size": "1000", "threads": "1"}
    ]


def test_of_a_run_that_was_too_much_disturbed_the_page_calls_nothing_the_fastest(monkeypatch, results):
    monkeypatch.setattr(ranking, "is_busy", lambda results: True)
    (shown,) = [one for one in rankings(results) if one["is_first"]]

    assert shown["legend"].startswith("The baseline is ")
    assert (shown["summary"], shown["ways"], shown["fronts"]) == ("", "", [])


def test_ticks_lie_within_the_axis_and_have_room_for_their_texts():
    for high in (1.01, 1.5, 3.0, 40.0, 1e3, 1e5):
        places = [float(at) for at, _ in LogAxis([1e6, 1e6 * high]).ticks()]

        assert all(0 <= place <= 100 for place in places)
        assert all(after - at >= LEAST_GAP for at, after in itertools.pairwise(places))
        assert high < 1.2 or len(places) >= 2


def test_the_first_screen_at_1280_by_800_shows_the_ranking_and_the_sentences_of_all_ways(opened, results):
    bottoms = opened.run(
        f"[...{SHOWN}.querySelectorAll('.ranks tr, .ways li')].map((one) => one.getBoundingClientRect().bottom)"
    )

    assert opened.run(NAMES) == list(cells_at(results, 1000)["implementation"])
    assert len(bottoms) == 1 + 6 + opened.run(f"{SHOWN}.querySelectorAll('.ways li').length") > 10
    assert max(bottoms) < 800
    assert opened.said == []


def test_each_dot_stands_at_its_speed_on_a_logarithmic_axis_within_its_interval(opened, results):
    choose(opened, "size", 10)
    dots = opened.run(
        f"[...{SHOWN}.querySelectorAll('.ranks tbody tr')].map((row) => ['dot', 'ends'].map((kind) => {{"
        "const box = row.querySelector(`.${kind}`)?.getBoundingClientRect();"
        "return box ? [box.left, (box.left + box.right) / 2, box.right] : null; }))"
    )
    cells = cells_at(results, 10)
    logs = [math.log(speed) for speed in cells["work_per_second"].dropna()]
    middles = [dot[1] for dot, _ in dots if dot]

    scale = (middles[0] - middles[-1]) / (logs[0] - logs[-1])
    for log, middle in zip(logs, middles, strict=True):
        assert middle - middles[-1] == pytest.approx(scale * (log - logs[-1]), abs=0.6)
    assert all(ends[0] - 1 <= dot[1] <= ends[2] + 1 for dot, ends in dots if dot)
    assert dots[-1] == [None, None]


def test_the_band_of_a_a_lies_around_the_baseline_and_the_limit_beyond_the_fastest(opened):
    places = opened.run(
        f"['.band', '.limit', '.dot'].map((kind) => [...{SHOWN}.querySelectorAll(`.track ${{kind}}`)].map((one) => {{"
        "const box = one.getBoundingClientRect(); return [box.left, box.right]; }))"
    )
    band, limit, dots = places
    base = opened.run(NAMES).index("numpy_rows")

    assert band[0][0] <= sum(dots[base]) / 2 <= band[0][1]
    assert limit[0][0] > max(right for _, right in dots)
    assert len({tuple(place) for place in band}) == len({tuple(place) for place in limit}) == 1


def test_the_numbers_of_a_row_are_those_of_the_summary(opened, results):
    rows = opened.run(
        f"[...{SHOWN}.querySelectorAll('.ranks tbody tr')].map((row) => [...row.cells].map((one) => one.textContent))"
    )
    cells = cells_at(results, 1000)

    for row, (_, cell) in zip(rows, cells.iterrows(), strict=True):
        passed = cell["status"] == "passed"
        assert row[0] == cell["implementation"]
        assert row[2] == (formatting.rate(cell["work_per_second"]) if passed else "failed")
        assert row[5] == str(cell["maths_lines"])
        if passed and cell["verdict"] != "baseline":
            assert row[4].removeprefix("≈ ") == formatting.ratio(cell["ratio_to_baseline"])


def test_size_and_dtype_are_chosen_by_controls_and_the_choice_is_in_the_address(opened, address, results):
    choose(opened, "size", 10)
    choose(opened, "of", "float64")
    place = opened.run("location.hash")

    assert opened.run(NAMES) == list(cells_at(results, 10, "float64")["implementation"])
    assert opened.run(f"{SHOWN}.querySelector('.summary').innerText").startswith("At batch 10, float64, ")
    assert opened.run("document.querySelectorAll('.ranking:not([hidden])').length") == 1
    assert place == "#view&size=10&of=float64"
    opened.open(address + place)
    assert opened.run(f"{SHOWN}.dataset.size + {SHOWN}.dataset.dtype") == "10float64"


def test_a_point_that_the_run_does_not_have_is_said_to_be_not_measured(opened, address):
    opened.run("paragone.view.choose({ threads: '7' })")

    note = "document.getElementById('no-ranking')"
    assert opened.run(f"[{note}.checkVisibility(), {note}.innerText]") == [True, "Nothing of this was measured."]
    assert opened.run(SHOWN) is None


def test_without_scripts_the_first_ranking_and_its_sentences_are_there(browser, address):
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(address)
        names = browser.run(NAMES)
        words = browser.run(f"{SHOWN}.innerText")
        controls = browser.run("document.querySelectorAll('#ranking-controls *').length")
    finally:
        browser.call("Emulation.setScriptExecutionDisabled", value=False)
        browser.spoil()

    assert (len(names), controls) == (6, 0)
    assert "the fastest of all" in words
    assert "No other is faster with as few lines of maths" in words


def test_a_name_leads_to_the_page_of_its_cell(opened, results):
    cell = cells_at(results, 1000).index[0]

    assert opened.run(f"{SHOWN}.querySelector('.ranks tbody a').getAttribute('href')") == f"#cell-{cell}"


def test_the_chart_of_speed_and_lines_names_the_front_alone_and_no_name_leaves_the_chart_at_any_width(opened, address):
    for width in WIDTHS:
        opened.open(address + "#view&size=10", width=width, height=800)
        names = opened.run(
            f"[...{SHOWN}.querySelectorAll('.scatter .name')].map((one) => {{ const box = one.getBoundingClientRect();"
            "const around = one.parentElement.getBoundingClientRect();"
            "return [one.innerText, box.left >= around.right && box.right <= innerWidth]; })"
        )

        assert sorted(names) == [[name, True] for name in ("c_loops", "numpy_rows", "python_lists", "torch_compile")]
        assert opened.run(f"{SHOWN}.querySelectorAll('.scatter .dot').length") == 5


def test_on_paper_the_report_has_at_most_four_pages_and_names_what_is_on_screen_only(opened):
    assert opened.run("document.querySelector('.on-paper').checkVisibility()") is False
    n_pages = len(re.findall(rb"/Type\s*/Page\b", opened.pdf()))
    opened.call("Emulation.setEmulatedMedia", media="print")
    headings = opened.run(
        "[...document.querySelectorAll('main h2')].filter((one) => one.checkVisibility()).map((one) => one.innerText)"
    )
    named = opened.run("document.querySelector('.on-paper').innerText")
    opened.call("Emulation.setEmulatedMedia", media="", features=[])
    opened.spoil()

    assert 1 < n_pages <= 4
    assert headings[:2] + headings[3:] == ["Charts", "How to read this", "Plan", "Machine"]
    assert headings[2].startswith("Failed")
    assert named.startswith("On screen only, in made-up/report.html: Every cell; ")


def recorded(results):
    """Return the run with the packages that its ways import: PyTorch for one, JAX for another."""
    sizes = {"numpy": 57e6, "torch": 700e6, "jax": 350e6}
    libraries = {name: {"version": "1", "n_bytes": int(size), "modules": [name]} for name, size in sizes.items()}
    names = {variant.implementation for variant in results.run.plan.variants}
    files = {name: {"impl.py": f"import {name.partition('_')[0]}"} for name in names}
    sources = {
        name: Source(hash="0", files=files[name] if name in ("torch_compile", "jax_jit") else {}, left_out={})
        for name in names
    }
    return with_environment(replace(results.run, sources=sources), libraries=libraries)


def test_what_each_way_needs_stands_in_the_ranking_and_in_a_chart_of_its_own(browser, results, tmp_path):
    found = Results(recorded(results))
    path = tmp_path / "report.html"
    path.write_text(page(found, report_sections(found, [], []), []), encoding="utf-8")
    browser.open(f"{path.as_uri()}#view&size=10", width=1280)
    needs = dict(
        browser.run(
            f"[...{SHOWN}.querySelectorAll('.ranks tbody tr')].map((row) => [0, 6].map((n) => row.cells[n].innerText))"
        )
    )
    charts = browser.run(
        f"[...{SHOWN}.querySelectorAll('.taking')].map((one) => [one.querySelectorAll('.dot').length,"
        "[...one.querySelectorAll('.name')].map((name) => name.innerText), one.querySelector('.note').innerText])"
    )

    assert {"numpy_rows": "nothing more", "torch_compile": "g++ 12 + torch (0.70 GB)", "jax_jit": "jax (0.35 GB)"} == {
        name: needs[name] for name in ("numpy_rows", "torch_compile", "jax_jit")
    }
    assert 2 == len(charts)
    assert {"c_loops"} == {*charts[1][1]}
    assert charts[1][2].startswith(
        "No other is faster and needs as little beside Python and NumPy: c_loops (nothing more"
    )


def test_a_run_that_did_not_record_what_ways_need_has_neither_column_nor_chart(opened):
    assert opened.run(f"{SHOWN}.querySelectorAll('.needs').length") == 0
    assert opened.run(f"{SHOWN}.querySelectorAll('.taking').length") == 1


SCROLLING = """
[...document.querySelectorAll("body *")].filter((one) =>
  one.getClientRects().length && getComputedStyle(one).overflowX !== "visible" && one.scrollWidth > one.clientWidth + 1
  && !one.matches("select, input, .plot, .plot *, .copying")).map((one) => one.outerHTML.slice(0, 80))
"""
WIDER = """
[...document.querySelectorAll("main *, nav *, header *")].filter((one) => {
  const box = one.getBoundingClientRect();
  return box.width && !one.closest(".skip, .plot") && (box.right > innerWidth + 0.5 || box.left < -0.5);
}).map((one) => one.outerHTML.slice(0, 80))
"""


@pytest.mark.parametrize("view", ["#view", "#view&columns=all&metric=ratio", "#cell-0"])
@pytest.mark.parametrize("width", WIDTHS)
def test_at_no_width_anything_is_cut_or_scrolls_sideways(browser, address, width, view):
    browser.open(address + view, width=width)
    browser.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    browser.run("new Promise((done) => setTimeout(done, 50))")
    browser.spoil()

    assert browser.run("document.documentElement.scrollWidth") == width
    assert browser.run(SCROLLING) == []
    assert browser.run(WIDER) == []


def test_tables_are_tables_where_they_have_room_and_cards_with_labels_and_headings_that_sort_on_a_phone(
    browser, address
):
    cards = "['.cells', '.data-table'].map((kind) => document.querySelector(kind).classList.contains('cards'))"
    browser.open(address, width=1280)
    wide = browser.run(cards)
    browser.open(address, width=360)
    label = browser.run(
        "[getComputedStyle(document.querySelector('.cells tbody td'), '::before').content,"
        "document.querySelector('.cells thead button').checkVisibility()]"
    )

    assert wide == [False, False]
    assert browser.run(cards)[0]
    assert label[0].startswith('"batch')
    assert label[1]


def test_the_heading_of_a_long_table_stays_below_the_navigation(opened):
    places = opened.run(
        "(() => { document.querySelector('.cells tbody tr:last-child').scrollIntoView({ block: 'end' });"
        "const head = document.querySelector('.cells thead th').getBoundingClientRect();"
        "return [head.top, document.querySelector('nav').getBoundingClientRect().bottom]; })()"
    )

    assert places[0] == pytest.approx(places[1], abs=1.5)


def test_every_table_of_cells_shows_the_fastest_first(opened, results):
    variants = opened.run("[...document.querySelectorAll('.cells tbody th')].map((one) => one.innerText)")
    summary = results.summary.sort_values("work_per_second", ascending=False)

    assert variants[:3] == list(summary["variant"])[:3]
    assert opened.run("document.querySelector('.cells [aria-sort]').ariaSort") == "descending"
    assert opened.run("document.querySelector('.data-table tbody th').innerText") in ("c_loops", "jax_jit")


def test_all_parts_of_the_report_are_listed_on_demand_and_the_list_closes_once_one_is_followed(opened):
    parts = "document.querySelectorAll('nav .parts a')"
    closed = opened.run(f"{parts}[0].checkVisibility()")
    opened.run("document.querySelector('nav summary').click()")
    listed = opened.run(f"[...{parts}].filter((one) => one.checkVisibility()).length")
    opened.run(
        "new Promise((done) => { addEventListener('hashchange', () => setTimeout(done), { once: true });"
        f"{parts}[3].click(); }})"
    )

    assert (closed, listed) == (False, opened.run("document.querySelectorAll('main > section').length") - 3)
    assert opened.run(f"{parts}[0].checkVisibility()") is False
