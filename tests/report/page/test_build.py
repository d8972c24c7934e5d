"""report.html: what the file holds, and how it behaves in a browser with 40 variants at 8 batch sizes."""

import hashlib
import itertools
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from large_run import FAILED, NASTY, SIZES, large_run, names
from made_up_run import BASE, CONTROL, made_up_run
from scipy.stats import t as student

from paragone.analyse.results import Results
from paragone.files.paths import PROJECT
from paragone.report.figures import palette
from paragone.report.figures.drawing import Drawing
from paragone.report.page.build import INTERACTIVE, MOST_PICTURE_BYTES, SCRIPTS, page
from paragone.report.page.markdown_html import as_html
from paragone.report.page.payload import BACKGROUNDS, LEAST_CONTRAST, as_json, payload, visible
from paragone.report.text import formatting
from paragone.report.text.markdown import join_sections
from paragone.report.text.run_report import report_sections

VENDOR = PROJECT / "harness/paragone/report/page/vendor"
MIDDLE = "julia_way1[dtype=float32]"
PHONE = 400


def page_of(run, drawn=()):
    results = Results(run)
    return page(results, report_sections(results, [], []), list(drawn))


@pytest.fixture(scope="session")
def run():
    return large_run(None)


@pytest.fixture(scope="session")
def results(run):
    return Results(run)


@pytest.fixture(scope="session")
def frame(results):
    return results.summary


@pytest.fixture(scope="session")
def sections(results):
    return report_sections(results, [], [])


@pytest.fixture(scope="session")
def text(results, sections):
    return page(results, sections, [])


@pytest.fixture(scope="session")
def address(text, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(text, encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def opened(browser, address):
    """Return the browser with the page open at 1400 pixels, light, and nothing chosen; opened anew where it must be."""
    if browser.shows(address):
        browser.run(AFRESH)
    else:
        browser.open(address)
    return browser


AFRESH = """
new Promise((done) => {
  addEventListener("hashchange", () => setTimeout(done), { once: true });
  location.hash = "#view&" + Math.random();
})
"""


# --- one launch ---


@pytest.fixture
def quick(browser, tmp_path):
    """Return the browser with the page of a launch open: at size 10, `MIDDLE` lies within A/A."""
    speeds = {BASE: (1, 1), CONTROL: (1, 1.2), MIDDLE: (3, 1.15)}
    times = {(name, size): [[1e-5 / speed] * 3] for name, (one, ten) in speeds.items()
             for size, speed in ((1, one), (10, ten))}  # fmt: skip
    path = tmp_path / "report.html"
    path.write_text(page_of(made_up_run(None, times)), encoding="utf-8")
    browser.open(path.as_uri(), width=1280, height=800)
    return browser


def test_what_lies_within_a_a_is_grey_with_a_sign_and_a_legend_and_no_cell_says_one_launch(quick):
    rows = quick.run(
        "[...document.querySelectorAll('.data-table tbody tr')].map((row) => row.innerText.split(/\\s*\\t\\s*/))"
    )
    grey = "[...document.querySelectorAll('.data-table td.within')].map((cell) => getComputedStyle(cell).color)"
    soft = "getComputedStyle(document.querySelector('.lead')).color"

    assert [row[0] for row in rows] == ["julia_way1", "numpy_rows"]
    assert ["≈" in cell for cell in rows[0]] == [False, False, True]
    assert quick.run(grey) == [quick.run(soft)]
    assert "≈ and grey: within A/A" in quick.run("document.querySelector('.data-table caption').innerText")
    assert "one launch" not in quick.run(
        "document.getElementById('data-table').innerText + document.getElementById('cells').innerText"
    )


def test_the_note_of_one_launch_speaks_of_no_launches_and_no_intervals_over_them(quick):
    note = "document.getElementById('chart-note').innerText"

    assert quick.run(note).startswith("One launch: the median of its rounds. Noise: ")
    choose(quick, metric="ratio")
    assert quick.run(note).startswith("Above 1 is faster. Formed within rounds; one launch has no intervals.")


def test_the_first_screen_tells_a_a_and_that_it_is_too_large_to_tell(quick):
    told = "(line) => [line.innerText, line.getBoundingClientRect().bottom]"
    (first, _), (legend, bottom) = quick.run(
        f"[...document.querySelectorAll('.answer > p:not(.note), .ranking:not([hidden]) .summary .note')].map({told})"
    )

    assert first.startswith("Too noisy to tell: the same code under two names differed by 1.20×.")
    assert "the band around it is its noise (A/A), ±20 %" in legend
    assert bottom < 800
    assert "differs from itself (A/A) by up to 1.20× (float32, batch 10)" in quick.run(
        "document.querySelector('.over-all').innerText"
    )


# --- the file ---


def small_run():
    return made_up_run(None, {(name, size): [[1e-5] * 3] * 2 for name in (BASE, CONTROL, MIDDLE) for size in (1, 10)})


def test_made_again_the_page_is_the_same_byte_for_byte():
    assert page_of(small_run()) == page_of(small_run())


def test_forty_variants_at_eight_batch_sizes_stay_under_3_mb_with_all_the_pictures_that_there_is_room_for(text):
    assert len(names()) * len(SIZES) == 320
    assert len(text.encode()) + MOST_PICTURE_BYTES < 3_000_000


def test_the_vendored_file_is_the_one_that_its_readme_names():
    (wanted,) = re.findall(r"SHA-256: `([0-9a-f]{64})`", (VENDOR / "README.md").read_text())

    assert hashlib.sha256((VENDOR / "echarts.common.min.js").read_bytes()).hexdigest() == wanted
    assert {"LICENSE", "LICENSE-d3", "NOTICE", "README.md"} <= {path.name for path in VENDOR.iterdir()}


def test_every_script_of_the_folder_is_in_the_page_and_every_section_of_the_report(sections, text):
    folder = VENDOR.parent
    headings = re.findall(r"^## (.+)$", join_sections(sections), re.MULTILINE)

    assert {f"scripts/{path.name}" for path in folder.glob("scripts/*.js")} == set(SCRIPTS)
    assert len(headings) > 10
    for heading in set(headings) - {"Results", "Figures", "Warnings"}:
        assert f">{heading}</h2>" in text


def test_the_numbers_of_the_page_are_those_of_the_summary(results, frame):
    carried = json.loads(as_json(payload(results)))
    speeds = [row[carried["columns"].index("work_per_second")] for row in carried["values"]]

    assert carried["columns"] == list(frame.columns)
    assert [row[carried["columns"].index("variant")] for row in carried["values"]] == list(frame["variant"])
    assert np.array(speeds, dtype=float) == pytest.approx(frame["work_per_second"].to_numpy(), rel=1e-5, nan_ok=True)


def test_no_json_can_end_its_script_element():
    content = {"</script><!--": "&<b>"}
    written = as_json(content)

    assert not re.search("[<>&]", written)
    assert json.loads(written) == content


@pytest.mark.parametrize("sign", ["\u202e", "\u2066", "\u2028", "\x1b", "\x00"])
def test_no_text_of_the_json_turns_others_around_or_moves_a_cursor(sign):
    written = as_json({f"name{sign}": [f"a{sign}b", ("line\n\tline", 1.5, None)]})
    shown = sign.encode("unicode_escape").decode()

    assert sign not in written
    assert json.loads(written) == {f"name{shown}": [f"a{shown}b", ["line\n\tline", 1.5, None]]}


def test_a_name_that_is_a_script_is_text_in_the_page(text):
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_raw_html_is_text_except_for_the_line_break_of_tables():
    made = as_html("a<br>b <b>c</b> ![d](http://e/f.png) [g](javascript:h)\n\n<script>i</script>")

    assert re.search(r"a<br ?/>\s*b", made)
    assert not re.search(r"<(b|img|script)\b|javascript:h\"", made)
    assert "&lt;script&gt;i&lt;/script&gt;" in made


def test_short_table_cells_are_not_wrapped_long_ones_are_and_each_says_of_which_column_it_is():
    made = as_html(f"| a | b |\n| --- | --- |\n| 21.2 k [20.6–21.9]<br>same within 3 % | {'word ' * 9} |")

    assert re.findall("<td([^>]*)>", made) == [' data-label="a" class="short"', ' data-label="b"']


def test_tables_have_scopes_and_pairs_have_row_headings():
    assert '<th scope="col">a</th>' in as_html("| a | b |\n| --- | --- |\n| 1 | 2 |")
    pairs = as_html("|  |  |\n| --- | --- |\n| CPU | Zen |")
    assert "<thead>" not in pairs
    assert '<th scope="row">CPU</th>' in pairs


def test_the_page_may_run_its_own_scripts_and_connect_to_nothing(text):
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', text)

    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert policy.count("'sha256-") == len(SCRIPTS) + 1
    assert "connect-src" not in policy
    assert "http" not in policy


@pytest.mark.parametrize("theme", BACKGROUNDS)
def test_every_colour_of_the_palette_stands_out_from_the_page(theme):
    def luminance(colour):
        channels = np.array([int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)])
        linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
        return linear @ (0.2126, 0.7152, 0.0722) + 0.05

    for colour in [*palette.COLOURS.values(), *palette.OTHERS]:
        one, other = sorted((luminance(visible(colour, BACKGROUNDS[theme])), luminance(BACKGROUNDS[theme])))
        assert other / one >= LEAST_CONTRAST - 0.05, colour


def test_without_figures_the_page_has_no_part_and_no_entry_for_them():
    """As that of a quick run, whose report.md says how to draw them."""
    results = Results(small_run())
    sections = report_sections(results, [], [])

    assert "## Figures" in dict(sections)
    assert "#figures" not in page(results, sections, [])
    drawn = Drawing("accuracy-nielsen", "A caption.", lambda form: b"<svg/>")
    assert '<a href="#figures">Figures</a>' in page_of(small_run(), [drawn])


def test_pictures_are_the_figures_that_no_chart_shows_and_have_a_size_limit():
    drawn = [Drawing(f"{kind}nielsen", "A *caption*.", lambda form: b"<svg/>") for kind in INTERACTIVE]
    drawn += [
        Drawing("accuracy-nielsen", "A `caption`.", lambda form: b"<svg/>"),
        Drawing("big", "Big.", lambda form: b" " * 10**6),
    ]
    made = page_of(small_run(), drawn)

    assert re.findall(r'<img src="(data:image/svg\+xml;base64,)[^"]+" alt="([^"]+)"', made) == [
        ("data:image/svg+xml;base64,", "A caption.")
    ]
    assert "in the folder <code>figures</code> of the run: big." in made


class Skeleton(HTMLParser):
    def __init__(self):
        super().__init__()
        self.headings, self.ids, self.nameless = [], [], []

    def handle_starttag(self, tag, attributes):
        about = dict(attributes)
        self.ids += [about["id"]] if "id" in about else []
        self.headings += [int(tag[1])] if re.fullmatch("h[1-6]", tag) else []
        self.nameless += [tag] if tag == "img" and not about.get("alt") else []


def test_headings_are_in_order_ids_are_unique_and_pictures_have_alternative_texts():
    skeleton = Skeleton()
    skeleton.feed(page_of(small_run(), [Drawing("accuracy-nielsen", "A caption.", lambda form: b"<svg/>")]))

    assert skeleton.headings[0] == 1
    assert skeleton.headings.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in itertools.pairwise(skeleton.headings))
    assert len(set(skeleton.ids)) == len(skeleton.ids)
    assert skeleton.nameless == []


# --- in a browser ---

DATA_TABLE = (
    "[...document.querySelectorAll('.data-table tbody tr')].map((row) => [...row.cells].map((cell) => cell.innerText))"
)
CELLS = "[...document.querySelectorAll('.cells tbody tr')].map((row) => [...row.cells].map((cell) => cell.innerText))"


def choose(browser, **choices):
    browser.run(f"paragone.view.choose({json.dumps(choices)})")


def type_into(browser, name, words):
    browser.run(
        f"(() => {{ const field = document.querySelector('[name=\"{name}\"]'); field.value = {json.dumps(words)};"
        "field.dispatchEvent(new Event('input')); field.dispatchEvent(new Event('change')); })()"
    )


def data_row_of(browser, name, dtype="float32"):
    """Return the numbers of a line of the table beneath the chart, by batch size, as they go to a CSV file."""
    lines = browser.run("paragone.textsOf(document.querySelector('.data-table'), 'CSV')")
    (found,) = [line for line in lines if line[:2] == [name, dtype]]
    return [float(value) for value in found[2:]]


def test_the_page_opens_without_console_messages_and_network_requests(opened):
    opened.run("new Promise((done) => setTimeout(done, 50))")

    assert opened.said == []
    assert opened.run("document.documentElement.lang") == "en"
    assert opened.run("document.querySelectorAll('.plot svg').length") == 2


def test_the_test_browser_reports_errors_and_network_requests(opened):
    opened.run("console.error('seen'); fetch('http://127.0.0.1:9/').catch(() => 0)")

    assert opened.said[0] == "seen"
    assert any("Content Security Policy" in words for words in opened.said)


def test_every_line_of_the_chart_is_drawn_and_listed_and_the_failed_one_is_in_the_table_alone(opened):
    listed = opened.run("[...document.querySelectorAll('#legend .name')].map((name) => name.innerText)")
    series = opened.run(
        "[...document.querySelectorAll('.plot')].map((box) => echarts.getInstanceByDom(box).getOption().series.length)"
    )

    assert len(listed) == len(set(listed)) == 33
    assert NASTY in listed
    assert series == [33, 6]
    assert [line[2] for line in opened.run(DATA_TABLE) if line[0] == FAILED.split("[")[0]] == ["failed"]
    note = opened.run("document.getElementById('chart-note').innerText")
    assert f"Not drawn: {FAILED.split('[')[0]} float32 (failed)." in note


def test_the_list_of_lines_does_not_overlap_and_lies_within_the_window(opened):
    boxes = opened.run(
        "[...document.querySelectorAll('#legend .entry')].map((entry) => { const box = entry.getBoundingClientRect();"
        "return [box.top, box.bottom, box.left, box.right]; })"
    )

    assert all(above[1] <= below[0] + 0.5 for above, below in itertools.pairwise(boxes))
    assert all(left >= 0 and right <= 1400 for _, _, left, right in boxes)


def test_the_table_of_cells_filters_by_text_by_verdict_and_by_both(opened, frame):
    type_into(opened, "text", "JULIA_way1 float32")
    by_text = opened.run(CELLS)
    type_into(opened, "only-verdict", "slower")
    by_both = opened.run(CELLS)
    type_into(opened, "text", "")
    by_verdict = opened.run(CELLS)

    julia = frame["variant"].str.startswith("julia_way1") & (frame["dtype"] == "float32")
    assert len(by_text) == julia.sum() > len(SIZES)  # way17 too
    assert len(by_both) == (julia & (frame["verdict"] == "slower")).sum()
    assert len(by_verdict) == (frame["verdict"] == "slower").sum()
    assert opened.run("document.querySelector('.cells caption').innerText").startswith(f"{len(by_verdict)} of ")


def test_a_click_on_a_heading_sorts_by_number_a_second_the_other_way_and_a_filter_keeps_the_order(
    browser, address, frame
):
    browser.open(address)
    browser.spoil()
    opened = browser
    column = "[...document.querySelectorAll('.cells tbody tr')].map((row) => row.cells[2].dataset.sort ?? '')"
    click = "document.querySelectorAll('.cells thead button')[2].click()"
    opened.run(click)
    up = opened.run(column)
    opened.run(click)
    type_into(opened, "only-verdict", "faster")
    down = opened.run(column)

    speeds = sorted(float(f"{speed:.6g}") for speed in frame["work_per_second"].dropna())
    assert [float(value) for value in up if value] == speeds
    assert set(up[len(speeds) :]) == {""}
    assert [float(value) for value in down] == sorted(map(float, down), reverse=True)
    assert opened.run("document.querySelectorAll('.cells thead th')[2].getAttribute('aria-sort')") == "descending"


SORTED = "[...document.querySelectorAll('[aria-sort]')].map((one) => [one.innerText, one.ariaSort])"


def test_the_order_of_both_tables_is_in_the_address_and_a_visitor_has_the_same(opened, address):
    for heading in (".data-table [data-column='64'] button", ".cells [data-column=spread] button"):
        opened.run(f"document.querySelector({json.dumps(heading)}).click()")
    opened.run("document.querySelector('.cells [data-column=spread] button').click()")
    shown = opened.run(DATA_TABLE), opened.run(CELLS)

    assert opened.run("location.hash") == "#view&chart-sort=64&sort=-spread"
    assert opened.run(SORTED) == [["batch 64", "ascending"], ["spread", "descending"]]
    opened.open(address + "#view&sort=-spread&chart-sort=64")
    assert (opened.run(DATA_TABLE), opened.run(CELLS)) == shown
    assert opened.run(SORTED) == [["batch 64", "ascending"], ["spread", "descending"]]
    opened.open(address + "#view&sort=constructor&chart-sort=-")
    assert (opened.run(SORTED), opened.said) == ([], [])


def test_sorting_by_the_keyboard_keeps_the_focus_on_the_heading(opened):
    opened.run("document.querySelector('.cells [data-column=spread] button').focus()")
    opened.key("Enter", 13, "\r")

    assert opened.run("document.activeElement.closest('th').ariaSort") == "ascending"


def test_the_tables_of_the_sections_sort_by_the_value_of_their_texts(opened):
    limits = "document.querySelectorAll('#the-machine-s-limit table')[1]"
    opened.run(f"{limits}.tHead.querySelectorAll('button')[4].click()")
    shown = opened.run(f"[...{limits}.tBodies[0].rows].map((row) => row.cells[4].innerText)")
    sizes = [float(words.split()[0]) * {"k": 1e3, "M": 1e6}[words.split()[1]] for words in shown]

    assert len(set(sizes)) > 4
    assert sizes == sorted(sizes)


OPACITIES = (
    "Object.fromEntries(echarts.getInstanceByDom(document.querySelector('.plot')).getOption().series"
    ".map((line) => [line.name, line.lineStyle.opacity]))"
)


def test_a_search_picks_out_what_it_finds_and_greys_the_rest(opened):
    type_into(opened, "search", "julia, fortran_way6")
    bright = {name for name, opacity in opened.run(OPACITIES).items() if opacity == 1}
    pressed = set(
        opened.run("[...document.querySelectorAll('#legend .entry:not(.grey)')].map((entry) => entry.dataset.name)")
    )

    wanted = {
        name.split("[")[0] for name in names() if name.startswith(("julia", "fortran_way6")) and "float32" in name
    }
    assert bright == pressed == wanted
    type_into(opened, "search", "")
    assert set(opened.run(OPACITIES).values()) == {1}


def test_a_click_in_the_legend_or_on_a_point_toggles_a_line(opened):
    opened.run("document.querySelector('.entry[data-name=c_way2]').click()")
    assert [name for name, opacity in opened.run(OPACITIES).items() if opacity == 1] == ["c_way2"]
    assert opened.run("document.querySelector('.entry[data-name=c_way2]').getAttribute('aria-pressed')") == "true"

    opened.click(*point_of(opened, "c_way2", 3))
    assert set(opened.run(OPACITIES).values()) == {1}


def point_of(browser, name, place):
    """Return where a point of the first chart lies in the window, after scrolling there."""
    return browser.run(
        "(() => { const box = document.querySelector('.plot'); const chart = echarts.getInstanceByDom(box);"
        "box.scrollIntoView({ block: 'center' });"
        f"const line = chart.getOption().series.find((one) => one.name === {json.dumps(name)});"
        f"const [x, y] = chart.convertToPixel({{ gridIndex: 0 }}, line.data[{place}]);"
        "const at = box.getBoundingClientRect(); return [at.left + x, at.top + y]; })()"
    )


def test_the_tooltip_shows_cell_number_interval_samples_launches_verdict_and_status(opened, frame):
    choose(opened, highlight="c_way2")
    x, y = point_of(opened, "c_way2", 3)
    opened.mouse("mouseMoved", x + 4, y - 3)
    said = opened.run("[...document.querySelectorAll('.tip')].map((tip) => tip.innerText).join('')")

    row = frame[(frame["variant"] == "c_way2[dtype=float32]") & (frame["size"] == SIZES[3])].iloc[0]
    for words in ("c_way2", "float32", "batch 64", "1 thread", "50 samples", "5 launches", "verified", row["verdict"]):
        assert words in said
    interval = formatting.rate_interval(*(row[f"work_per_second{end}"] for end in ("_low", "_high", "")))
    assert f"Images per second: {formatting.rate(row['work_per_second'])} {interval}" in said
    opened.mouse("mouseMoved", 5, 5)


def test_a_hostile_name_is_text_in_the_tooltip(opened):
    choose(opened, highlight=NASTY)
    opened.mouse("mouseMoved", *point_of(opened, NASTY, 2))

    assert opened.run("document.querySelector('.tip strong').innerText") == NASTY
    assert opened.said == []
    opened.mouse("mouseMoved", 5, 5)


def launch_medians(run, variant, size):
    samples = run.samples[(run.samples["variant"] == variant) & (run.samples["size"] == size)]
    timed = samples[samples["kind"] == "timed"]
    return (timed["elapsed_ns"] / timed["n_steps"]).groupby(timed["launch"]).median().to_numpy()


def test_against_the_runs_own_baseline_the_ratios_are_those_of_the_summary(opened, frame):
    choose(opened, metric="ratio")
    rows = frame[frame["variant"] == MIDDLE].sort_values("size")

    assert data_row_of(opened, "julia_way1") == pytest.approx(list(rows["ratio_to_baseline"]), rel=1e-5)
    assert "Formed within rounds" in opened.run("document.getElementById('chart-note').innerText")


def test_against_another_baseline_the_ratios_are_recomputed_from_the_medians_of_the_launches(opened, run):
    choose(opened, metric="ratio", baseline="julia_way1")
    size = SIZES[4]
    logs = np.log(launch_medians(run, MIDDLE, size) / launch_medians(run, "c_way2[dtype=float32]", size))
    reach = student.ppf(0.975, len(logs) - 1) * logs.std(ddof=1) / np.sqrt(len(logs))
    row = "paragone.data.rows.find((row) => row.variant === 'c_way2[dtype=float32]' && row.size === 256)"
    got = opened.run(f"paragone.estimate({row})")

    assert data_row_of(opened, "c_way2")[4] == pytest.approx(np.exp(logs.mean()), rel=1e-4)
    assert [got["low"], got["high"]] == pytest.approx(np.exp([logs.mean() - reach, logs.mean() + reach]), rel=1e-4)
    assert data_row_of(opened, "julia_way1") == [1] * len(SIZES)
    assert "without a verdict" in opened.run("document.getElementById('chart-note').innerText")


def test_one_variant_may_be_the_baseline_of_both_dtypes(opened, run):
    choose(opened, metric="ratio", baseline=BASE)
    other = BASE.replace("float32", "float64")
    logs = np.log(launch_medians(run, BASE, 16) / launch_medians(run, other, 16))

    assert data_row_of(opened, "numpy_rows", "float64")[2] == pytest.approx(np.exp(logs.mean()), rel=1e-4)
    assert data_row_of(opened, "numpy_rows", "float32") == [1] * len(SIZES)


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("epoch", lambda row: row["seconds_per_pass"]),
        ("share", lambda row: row["share_of_limit"]),
        ("cold", lambda row: row["cold_seconds"]),
        ("memory", lambda row: row["memory_above_loaded_mb"]),
    ],
)
def test_every_other_metric_shows_its_column_of_the_summary(opened, frame, metric, expected):
    choose(opened, metric=metric)
    rows = frame[frame["variant"] == MIDDLE].sort_values("size")

    assert data_row_of(opened, "julia_way1") == pytest.approx(list(expected(rows)), rel=1e-4)
    assert opened.said == []


def test_the_note_says_what_markers_and_lines_mean(opened):
    note = opened.run("document.getElementById('chart-note').innerText")

    assert (
        "Circles: samples in rows; squares: in columns; diamonds: in blocks; triangles: one sample at a time." in note
    )


def test_the_note_says_that_a_cold_call_takes_as_many_steps_as_a_sample(opened):
    choose(opened, metric="cold")

    assert "as many steps as a sample, which differ from cell to cell" in opened.run(
        "document.getElementById('chart-note').innerText"
    )


def test_the_interval_of_an_epoch_is_the_inverted_interval_of_the_rate(opened, frame):
    choose(opened, metric="epoch")
    row = frame[(frame["variant"] == MIDDLE) & (frame["size"] == 64)].iloc[0]
    got = opened.run(f"paragone.estimate(paragone.data.rows[{row.name}])")

    n_images = row["seconds_per_pass"] * row["work_per_second"]
    ends = [n_images / row["work_per_second_high"], n_images / row["work_per_second_low"]]
    assert [got["low"], got["high"]] == pytest.approx(ends, rel=1e-4)
    assert got["low"] < got["value"] < got["high"]


def test_a_view_is_restored_from_its_address(opened, address):
    choose(
        opened, metric="ratio", dtype="float64", baseline="julia_way1", highlight="c_way2", **{"only-verdict": "slower"}
    )
    place = opened.run("location.hash")
    shown = opened.run(DATA_TABLE), opened.run(CELLS)
    opened.open(address + place)

    assert (opened.run(DATA_TABLE), opened.run(CELLS)) == shown
    assert (
        opened.run("[...document.querySelectorAll('select, input')].map((one) => one.value)").count("julia_way1") == 1
    )
    assert opened.run("document.querySelector('[name=metric]').value") == "ratio"


def test_an_invalid_address_does_no_harm(opened, address):
    opened.open(address + "#view&metric=constructor&highlight=%7C&only-verdict=none")
    assert opened.run("document.querySelector('.data-table caption').innerText").startswith("Images per second")
    assert len(opened.run(CELLS)) == 8 * 42
    opened.open(address + "#view&metric=ratio&problem=%3Cb%3E&baseline=nobody")
    assert opened.run("document.querySelector('.data-table caption').innerText").startswith(
        "Ratio to a baseline, nielsen"
    )

    assert opened.said == []
    assert opened.run("[...document.querySelectorAll('select')].every((select) => select.selectedIndex >= 0)")


def test_a_number_leads_to_its_cell_and_back_to_the_same_view(opened):
    choose(opened, metric="epoch")
    name = opened.run("document.querySelector('.data-table tbody th').innerText")
    opened.run("window.scrollTo(0, 900); document.querySelector('.data-table a').click()")
    opened.run("new Promise((done) => setTimeout(done))")
    index = int(opened.run("location.hash").removeprefix("#cell-"))
    assert opened.run("[document.getElementById('cell').hidden, document.querySelector('main').hidden]") == [
        False,
        True,
    ]
    assert opened.run(f"paragone.data.rows[{index}].name") == name

    opened.run("new Promise((done) => { addEventListener('hashchange', () => setTimeout(done)); history.back(); })")
    assert opened.run("[document.getElementById('cell').hidden, document.querySelector('main').hidden]") == [
        True,
        False,
    ]
    assert opened.run("location.hash") == "#view&metric=epoch"
    assert opened.run("scrollY") == 900


def test_going_back_focuses_the_link_that_was_followed_and_the_title_names_the_cell(opened):
    title = opened.run("document.title")
    opened.run("document.querySelectorAll('.data-table a')[9].focus()")
    place = opened.run("document.activeElement.hash")
    name = opened.run("document.activeElement.closest('tr').querySelector('th').innerText")
    changed = "new Promise((done) => { addEventListener('hashchange', () => setTimeout(done), { once: true }); %s })"
    opened.run(changed % "document.activeElement.click()")
    assert opened.run("document.title") == f"{name}, batch 4 – {title}"
    opened.run(changed % "history.back()")

    assert opened.run("[document.activeElement.hash, !!document.activeElement.closest('#data-table')]") == [
        place,
        True,
    ]
    assert opened.run("document.title") == title


def test_where_no_script_runs_the_results_stand_in_the_page(browser, address, frame):
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(address)
        rows = browser.run(
            "[...document.querySelectorAll('#charts tbody th, #charts tbody td')].map((one) => one.innerText)"
        )
        hidden = browser.run("document.querySelectorAll('#every-cell noscript p').length")
    finally:
        browser.call("Emulation.setScriptExecutionDisabled", value=False)
        browser.spoil()
    row = frame[(frame["variant"] == "c_way2[dtype=float32]") & (frame["size"] == 64)].iloc[0]

    assert "c_way2" in rows
    assert any(cell.startswith(formatting.rate(row["work_per_second"])) and row["verdict"] in cell for cell in rows)
    assert hidden == 1


def test_tables_copy_as_markdown_and_as_csv_of_all_columns(opened, frame):
    choose(opened, text="c_way2[ float32", **{"only-size": "1024"})
    opened.spoil()
    csv, markdown = opened.run(
        "(() => { const copied = []; document.execCommand = () => copied.push(document.activeElement.value);"
        "Object.defineProperty(navigator, 'clipboard', { value: undefined });"
        "const [markdown, csv] = document.querySelectorAll('#cells .tools button'); csv.click(); markdown.click();"
        "return new Promise((done) => setTimeout(() => done(copied))); })()"
    )

    heading, *lines = csv.splitlines()
    assert heading == ",".join(frame.columns)
    assert len(lines) == 1 == ((frame["variant"] == "c_way2[dtype=float32]") & (frame["size"] == 1024)).sum()
    assert lines[0].startswith("nielsen,c_way2,c_way2[dtype=float32],C,")
    assert [line[:2] for line in markdown.splitlines()] == ["| "] * 3
    assert "c\\_way2\\[dtype=float32\\]" in markdown


def test_a_copied_text_with_line_breaks_and_separators_stays_in_its_cell(opened):
    made = opened.run("""['Markdown', 'CSV'].map((form) => paragone.copyForms[form]([['a'], ['x | "y",\\n<b>']]))""")

    assert made == ['| a |\n| --- |\n| x \\| "y", \\<b\\> |', 'a\n"x | ""y"", <b>"']


def test_no_copied_text_becomes_a_formula(opened):
    made = opened.run("paragone.copyForms.CSV([['=1+1', '-0.5', '@a']])")

    assert made == "'=1+1,-0.5,'@a"


def test_the_page_writes_numbers_as_the_text_of_the_report_does_halves_included(opened):
    random = np.random.Generator(np.random.PCG64(7))
    drawn = 10 ** random.uniform(-8, 10, 2000)
    halves = [float(f"{digits}5e{power}") for digits in range(100, 1000, 7) for power in (-9, -3, -2, 0, 3)]
    numbers = [float(f"{number:.6g}") for number in (*drawn, *halves, 1.005, 9.996, 99_950, 119.96, 0.0999995, 9.99996)]
    for name in ("significant", "rate", "ratio", "seconds", "percent", "error"):
        written = opened.run(f"{json.dumps(numbers)}.map((number) => paragone.format.{name}(number))")

        assert written == [getattr(formatting, name)(number) for number in numbers]
    ends = opened.run(
        f"{json.dumps(numbers)}.map((number) => paragone.format.rateInterval(number, 2 * number, number))"
    )
    assert ends == [formatting.rate_interval(number, 2 * number, number) for number in numbers]


# --- narrow, dark, printed, by keyboard ---

OVERFLOWING = """
[...document.querySelectorAll("body *")].filter((one) => {
  const box = one.getBoundingClientRect();
  const isInside = one.closest(".scroll, nav, pre, .skip, .copying") && !one.matches(".scroll, nav, pre");
  return box.width && !isInside && (box.right > innerWidth + 0.5 || box.left < -0.5);
}).map((one) => one.outerHTML.slice(0, 80))
"""


@pytest.mark.parametrize("view", ["", "#view&metric=ratio&search=julia"])
def test_at_400_pixels_nothing_overflows(browser, address, view):
    browser.open(address + view, width=PHONE)

    assert browser.run("document.documentElement.scrollWidth") == PHONE
    assert browser.run(OVERFLOWING) == []
    assert browser.run("document.querySelector('.plot svg').getBoundingClientRect().width") > 300
    assert browser.said == []


LOW_CONTRASTS = """
(() => {
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  const luminance = ([r, g, b]) => [r, g, b].map((c) => linear(c / 255))
    .reduce((sum, c, place) => sum + c * [0.2126, 0.7152, 0.0722][place], 0);
  const background = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const found = channels(getComputedStyle(at).backgroundColor);
      if (found[3] !== 0) return found;
    }
    return [255, 255, 255];
  };
  const low = new Set();
  for (const one of document.querySelectorAll("body *:not(script):not(style)")) {
    const isText = [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!isText || !one.getClientRects().length) continue;
    const { fill, color } = getComputedStyle(one);
    const [a, b] = [channels(one.namespaceURI.endsWith("svg") ? fill : color), background(one)].map(luminance);
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) low.add(`${one.tagName} ${contrast.toFixed(2)} ${one.textContent.slice(0, 30)}`);
  }
  return [...low];
})()
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_has_contrast_with_its_background(browser, address, scheme):
    browser.open(address + "#view&search=julia", scheme=scheme)

    assert browser.run(LOW_CONTRASTS) == []


def test_dark_is_dark_and_its_lines_have_colours_of_their_own(browser, address):
    look = "getComputedStyle(document.body).backgroundColor"
    browser.open(address + "#view&highlight=c_way2&search=")
    colours = "echarts.getInstanceByDom(document.querySelector('.plot')).getOption().series.map((line) => line.color)"
    light = browser.run(look), browser.run(colours)
    browser.open(address + "#view&highlight=c_way2&search=", scheme="dark")
    dark = browser.run(look), browser.run(colours)

    assert light[0] == "rgb(255, 255, 255)"
    assert dark[0] == "rgb(21, 23, 26)"
    assert light[1] != dark[1]


def test_on_paper_it_is_light_every_table_is_whole_and_the_warnings_are_open(browser, address):
    browser.open(address, scheme="dark")
    browser.spoil()
    browser.run("dispatchEvent(new Event('beforeprint'))")
    browser.call(
        "Emulation.setEmulatedMedia", media="print", features=[{"name": "prefers-color-scheme", "value": "dark"}]
    )
    colour = "getComputedStyle(document.body).backgroundColor"
    cut = "[...document.querySelectorAll('.scroll')].filter((box) => box.scrollHeight > box.clientHeight + 1).length"

    assert browser.run(colour) == "rgb(255, 255, 255)"
    assert browser.run(cut) == 0
    assert browser.run("paragone.theme().ink") == "#1a1a1a"
    assert browser.run("document.querySelector('.controls').getClientRects().length") == 0
    browser.call("Emulation.setEmulatedMedia", media="", features=[])
    browser.run("dispatchEvent(new Event('afterprint'))")
    assert browser.said == []


def test_on_narrow_paper_every_table_fits_and_no_short_word_is_broken(browser, address):
    browser.open(address, width=700)
    browser.spoil()
    browser.call("Emulation.setEmulatedMedia", media="print")
    wide = "[...document.querySelectorAll('section:not(#every-cell) > .scroll, #data-table .scroll')]"
    cells = "[...document.querySelectorAll('#data-table :is(td, th)')].filter((one) => one.textContent === 'float32')"
    broken = f"{cells}.filter((one) => {{ const range = document.createRange(); range.selectNodeContents(one);"
    assert browser.run(f"{wide}.filter((box) => box.scrollWidth > 701).map((box) => box.ariaLabel)") == []
    assert browser.run(f"{cells}.length") > 30
    assert browser.run(f"{broken} return range.getClientRects().length > 1; }}).length") == 0
    browser.call("Emulation.setEmulatedMedia", media="", features=[])


def test_the_first_tab_is_a_way_past_the_head_and_every_control_has_a_name(opened):
    opened.key("Tab", 9)
    assert opened.run("document.activeElement.textContent") == "Skip to the answer"
    unnamed = """
    [...document.querySelectorAll("button, select, input, a, [role=img], [role=region], section")].filter((one) =>
      !(one.textContent.trim() && one.matches("button, a")) && !one.getAttribute("aria-label") &&
      !one.closest("label") && !document.getElementById(one.getAttribute("aria-labelledby")))
      .map((one) => one.outerHTML.slice(0, 80))
    """
    assert opened.run(unnamed) == []


def test_picking_a_line_by_keyboard_keeps_the_focus(opened):
    opened.run("document.querySelector('.entry[data-name=c_way2]').focus()")
    opened.key("Enter", 13, "\r")

    assert opened.run("paragone.view.chosen.highlight") == "c_way2"
    assert opened.run("document.activeElement.dataset.name") == "c_way2"


def test_a_run_without_any_number_opens_and_prints_too(browser, tmp_path):
    run = small_run()
    run = replace(run, samples=run.samples.iloc[:0])
    path = tmp_path / "report.html"
    path.write_text(page_of(run), encoding="utf-8")
    browser.open(path.as_uri())

    assert browser.said == []
    assert browser.run("document.getElementById('chart-note').innerText") == "Nothing of this was measured."
    assert browser.pdf().startswith(b"%PDF")


def test_the_control_is_in_no_chart_and_in_the_table_of_cells(opened):
    assert not any(
        "A/A" in name
        for name in opened.run("[...document.querySelectorAll('#legend .name')].map((one) => one.innerText)")
    )
    assert sum(line[0] == CONTROL for line in opened.run(CELLS)) == len(SIZES)
