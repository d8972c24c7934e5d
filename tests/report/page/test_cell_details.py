"""The pages of the cells: their numbers come from the raw samples, and the browser shows them as text."""

import json
import math
import re
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from made_up_run import BASE, CONTROL, OTHER, cell, launch_row, made_up_run, outcome, rejection, sample
from scipy.stats import t as student

from paragone.analyse.results import Results
from paragone.files.paths import PROJECT
from paragone.report.page.cell_details import LAUNCH_COLUMNS, cell_details
from paragone.report.page.sources import source_css, sources
from paragone.report.text import formatting
from paragone.report.text.rows import first_row, short_names
from paragone.store.records import Source
from paragone.task.mlp.words import WORDS

PAGE = PROJECT / "harness/paragone/report/page"
NASTY = '</script><img src=x onerror="document.title=1">'
SIZES = (1, 10)
FOUND = {
    "pools": [{"library": "openblas", "version": "0.3.30", "architecture": "Haswell", "num_threads": 1}],
    "os_threads": 2,
}
_random = np.random.Generator(np.random.PCG64(5))
TIMES = {
    (name, size): (speed * size * _random.lognormal(0, 0.02, (4, 5))).tolist()
    for name, speed in ((BASE, 2e-5), (CONTROL, 2e-5), (OTHER, 1.3e-5))
    for size in SIZES
}


def a_run(**tables):
    launches = [
        launch_row(
            name, launch, cpus=[3], threads_found=FOUND, build_info={"compiler": NASTY}, loaded_memory_bytes=2 * 10**8
        )
        for name in (BASE, CONTROL, OTHER)
        for launch in range(4)
    ]
    checks = [
        outcome(name, stage=stage, size=size, error=1e-7, bound=3e-5, n_steps=20)
        for name in (BASE, CONTROL, OTHER)
        for size in SIZES
        for stage in ("head", "sample")
    ]
    made = made_up_run(Path("run"), TIMES, **{"launches": launches, "outcomes": checks, **tables})
    kept = {
        name: {
            "hash": f"hash-{name}",
            "files": {"maths.py": f"# {NASTY}\ndef train():\n    return 'é'\n", "impl.py": "import maths\n"},
            "left_out": {"data.bin": "not a text in UTF-8"},
        }
        for name in ("numpy_rows", "numpy_tuned")
    }
    return replace(made, sources={name: Source(**source) for name, source in kept.items()})


def opened_up(detail):
    return [dict(zip(LAUNCH_COLUMNS, launch, strict=True)) for launch in detail["launches"]]


def places(frame):
    return {(row.variant, row.size): place for place, row in enumerate(frame.itertuples())}


def steps_of(launch):
    return [elapsed / 1e9 / launch["n_steps"] for elapsed in launch["elapsed_ns"]]


@pytest.fixture(scope="module")
def run():
    return a_run()


@pytest.fixture(scope="module")
def frame(run):
    return Results(run).summary


@pytest.fixture(scope="module")
def details(run, frame):
    return cell_details(Results(run))


# --- what the page is given ---


def test_every_row_of_the_summary_has_its_page(frame, details):
    assert len(details) == len(frame) == 6


def test_the_samples_of_a_cell_are_those_of_the_run_to_the_nanosecond(frame, details):
    for (name, size), place in places(frame).items():
        expected = [[round(seconds * 1000 * 1e9) for seconds in launch] for launch in TIMES[name, size]]

        assert expected == [launch["elapsed_ns"] for launch in opened_up(details[place])]
        assert all(launch["round"] == [0, 1, 2, 3, 4] for launch in opened_up(details[place]))


def test_cold_and_warm_up_samples_stand_apart_from_the_timed_ones():
    rows = [sample(BASE, 10, 0, -1, 9e-5), sample(BASE, 10, 0, -1, 5e-5, kind="warmup", started_s=1.0)]
    rows += [sample(BASE, 10, 0, round_, 2e-5, started_s=2.0 + round_) for round_ in range(3)]
    run = made_up_run(Path("run"), {}, cells=[cell(BASE, 10)], samples=rows)
    (launch,) = opened_up(cell_details(Results(run))[0])

    assert [launch["cold_ns"], launch["warmup_ns"]] == [[90_000_000], [50_000_000]]
    assert launch["elapsed_ns"] == [20_000_000] * 3
    assert launch["at_s"] == [2, 3, 4]


def test_the_cpu_time_of_a_launch_is_that_of_all_its_timed_samples_by_their_time():
    rows = [sample(BASE, 10, 0, -1, 9e-5, cpu_ns=900_000_000)]
    timed = enumerate((10_000_000, 20_000_000, None, 30_000_000))
    rows += [sample(BASE, 10, 0, round_, 2e-5, cpu_ns=cpu_ns, started_s=1.0 + round_) for round_, cpu_ns in timed]
    run = made_up_run(Path("run"), {}, cells=[cell(BASE, 10)], samples=rows)
    (launch,) = opened_up(cell_details(Results(run))[0])

    assert launch["cpu_over_wall"] == 0.75


def test_throughput_and_its_interval_follow_from_what_the_page_has(frame, details):
    for row, detail in zip(frame.itertuples(), details, strict=True):
        medians = [float(np.median(steps_of(launch))) for launch in opened_up(detail) if launch["enters"]]
        logs = np.log(medians)
        reach = student.ppf(0.975, len(logs) - 1) * logs.std(ddof=1) / math.sqrt(len(logs))

        assert row.work_per_second == pytest.approx(row.size / np.median(medians), rel=1e-9)
        assert row.work_per_second_low == pytest.approx(row.size / np.exp(logs.mean() + reach), rel=1e-9)
        assert [launch["step_seconds"] for launch in opened_up(detail)] == pytest.approx(medians, rel=1e-6)


def test_the_ratio_follows_from_the_launches_ratios_and_these_from_the_samples(frame, details):
    for row, detail in zip(frame.itertuples(), details, strict=True):
        baseline = opened_up(details[detail["baseline"]])
        own = opened_up(detail)
        ratios = [
            np.median(np.array(steps_of(other)) / np.array(steps_of(launch)))
            for launch, other in zip(own, baseline, strict=True)
        ]

        assert [launch["ratio"] for launch in own] == pytest.approx(
            ratios, rel=1e-3
        )  # median of logs, or log of median
        assert row.ratio_to_baseline == pytest.approx(
            math.exp(np.log([launch["ratio"] for launch in own]).mean()), rel=1e-6
        )


def test_a_launch_cut_short_gives_no_ratio_to_the_page_as_it_gives_none_to_the_table():
    times = {key: [*launches[:3], [3 * seconds for seconds in launches[3][:2]]] for key, launches in TIMES.items()}
    times |= {key: [*launches[:3], launches[3][:2]] for key, launches in TIMES.items() if key[0] == BASE}
    run = made_up_run(Path("run"), times)
    frame = Results(run).summary
    for row, detail in zip(frame.itertuples(), cell_details(Results(run)), strict=True):
        ratios = [launch["ratio"] for launch in opened_up(detail)]

        assert ratios[3] is None
        assert row.ratio_to_baseline == pytest.approx(math.exp(np.log(ratios[:3]).mean()), rel=1e-6)


def test_the_baseline_of_a_cell_is_the_row_of_the_same_batch_size(frame, details):
    by_cell = places(frame)
    for (_, size), place in by_cell.items():
        assert details[place]["baseline"] == by_cell[BASE, size]


def test_a_rejected_launch_says_why_and_has_no_median(frame):
    run = a_run()
    more = [rejection(OTHER, 10, 2)]
    run = a_run(outcomes=[*run.outcomes.to_dict("records"), *more])
    summary = Results(run).summary
    launches = opened_up(cell_details(Results(run))[places(summary)[OTHER, 10]])

    assert [launch["rejected"] is not None for launch in launches] == [False, False, True, False]
    assert "1.90 s of CPU" in launches[2]["rejected"]
    assert launches[2]["step_seconds"] is None


def test_a_cell_that_failed_shows_its_reason_and_no_time():
    run = a_run(outcomes=[outcome(BASE), outcome(CONTROL), outcome(OTHER, "failed", 10, reason="wrong by 3 bounds")])
    summary = Results(run).summary
    detail = cell_details(Results(run))[places(summary)[OTHER, 10]]

    assert detail["launches"] == []
    assert ["failed", "wrong by 3 bounds"] == [detail["checks"][0][2], detail["checks"][0][-1]]


def test_checks_that_say_the_same_of_several_launches_share_a_line():
    said = [outcome(OTHER, "not checked", 10, launch=launch, reason="near") for launch in range(4)]
    other = [outcome(OTHER, "not checked", 1, launch=0, reason="of another batch size")]
    run = a_run(outcomes=[outcome(BASE), outcome(CONTROL), *said, *other])
    summary = Results(run).summary

    assert [["head", [0, 1, 2, 3], "not checked", None, None, None, "near"]] == (
        cell_details(Results(run))[places(summary)[OTHER, 10]]["checks"]
    )


def test_the_workers_of_a_variant_are_stored_once_for_all_its_batch_sizes(frame, details):
    for place, detail in enumerate(details):
        holder = details[detail["workers_in"]]

        assert frame["variant"][place] == frame["variant"][detail["workers_in"]]
        assert [worker["launch"] for worker in holder["workers"]] == [0, 1, 2, 3]
        assert holder["workers"][0]["cpus"] == [3]
        assert holder["workers"][0]["found"][0] == "openblas · 0.3.30 · Haswell: 1 thread"
        assert "found" not in holder["workers"][1], "as in the process before"
    assert sum(bool(detail["workers"]) for detail in details) == 3


def test_forty_variants_at_eight_batch_sizes_have_room_in_a_page():
    names = [BASE, CONTROL, *(f"numpy_other{number}[dtype=float32]" for number in range(38))]
    times = {(name, 2**power): [[1e-5 * 2**power] * 10] * 5 for name in names for power in range(8)}
    run = made_up_run(Path("run"), times)
    details = cell_details(Results(run))

    assert len(details) == 320
    assert sum(len(launch["elapsed_ns"]) for detail in details for launch in opened_up(detail)) == 16_000
    assert len(json.dumps(details, separators=(",", ":"))) < 900_000


def test_a_run_without_a_sample_has_pages_all_the_same():
    run = made_up_run(Path("run"), {}, cells=[cell(BASE, 10)], samples=[], launches=[], outcomes=[])
    (detail,) = cell_details(Results(run))

    assert [detail["launches"], detail["checks"], detail["workers"]] == [[], [], []]


# --- in the browser ---


def as_data(run, frame):
    """The data of the page in the form that data.js unpacks."""

    def plain(value):
        value = getattr(value, "item", lambda: value)()
        if isinstance(value, float):
            return float(f"{value:.6g}") if math.isfinite(value) else None
        return value

    return {
        "words": {},
        "work": [int(size) for size in frame["size"]],
        "shared_words": asdict(WORDS),
        "columns": list(frame.columns),
        "values": [[plain(value) for value in row] for row in frame.itertuples(index=False)],
        "allowed": [""] * len(frame),
        "lines": dict(zip(frame["variant"], ({"name": name} for name in short_names(frame)), strict=True)),
        "launches": [[]] * len(frame),
        "t": [student.ppf(0.975, freedom) for freedom in range(1, 10)],
        "launch_columns": LAUNCH_COLUMNS,
        "details": cell_details(Results(run)),
        "sources": sources(run),
    }


def alone(run, frame):
    """A page with nothing but the cells."""
    data = json.dumps(as_data(run, frame)).replace("<", "\\u003c")
    styles = [(PAGE / name).read_text() for name in ("styles/style.css", "styles/cell.css")]
    own = [f"scripts/{name}.js" for name in ("data", "format", "cell_charts", "cell_source", "cell")]
    scripts = [(PAGE / name).read_text() for name in ("vendor/echarts.common.min.js", *own)]
    show = (
        "const show = () => paragone.showCell(document.getElementById('box'), Number(location.hash.slice(6) || 0), "
        "paragone.data); addEventListener('hashchange', show); show();"
    )
    return "".join(
        [
            "<!doctype html><html lang=en><meta charset=utf-8>",
            *(f"<style>{style}</style>" for style in [*styles, source_css()]),
            "<section id=cell><div id=box></div></section>",
            f"<script type='application/json' id=payload>{data}</script>",
            *(f"<script>{script}</script>" for script in [*scripts, show]),
        ]
    )


@pytest.fixture(scope="module")
def address(run, frame, tmp_path_factory):
    path = tmp_path_factory.mktemp("cell") / "cell.html"
    path.write_text(alone(run, frame), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def shown(browser, address, frame):
    browser.open(f"{address}#cell-{places(frame)[OTHER, 10]}")
    return browser


def text_of(browser, selector="#cell"):
    return browser.run(f"document.querySelector({json.dumps(selector)}).innerText")


def test_every_number_of_the_row_is_on_its_page_and_none_differs_from_the_table(shown, frame):
    row = first_row(frame.iloc[[places(frame)[OTHER, 10]]])
    text = text_of(shown, ".made")

    assert shown.said == []
    for words in (
        formatting.rate(row.work_per_second),
        formatting.seconds(row.seconds_per_step),
        formatting.ratio(row.ratio_to_baseline),
        formatting.percent(row.spread),
        formatting.seconds(row.cold_seconds),
        row.verdict,
    ):
        assert words in text
    assert "the median of 4 launch medians" in text
    assert "(of an even number the geometric mean of the middle two)" in text
    assert "the table says" not in text


def test_a_number_that_differs_from_its_samples_is_pointed_out(browser, run, frame, tmp_path):
    place = places(frame)[OTHER, 10]
    wrong = frame.copy()
    wrong.loc[place, "seconds_per_step"] *= 1.01
    (tmp_path / "cell.html").write_text(alone(run, wrong), encoding="utf-8")
    browser.open(f"{(tmp_path / 'cell.html').as_uri()}#cell-{place}")

    assert "the table says" in text_of(browser, ".made")


def test_what_comes_from_outside_is_text_and_never_markup(shown):
    assert NASTY in text_of(shown, ".source")
    assert NASTY in text_of(shown, "#cell dl")
    assert shown.run("document.querySelectorAll('#cell img').length") == 0
    assert shown.run("document.title") == ""


def test_the_source_is_shown_to_the_character(shown, run):
    kept = run.sources["numpy_tuned"].files["maths.py"]

    assert shown.run("document.querySelector('.source code').textContent") == kept
    assert shown.run("document.querySelector('.source code .k').textContent") == "def"
    assert "not a text in UTF-8" in text_of(shown)


def test_the_tabs_of_the_files_obey_the_arrow_keys(shown):
    shown.run("document.querySelector('[role=tab]').focus()")
    shown.key("ArrowRight", 39)

    assert shown.run("document.activeElement.textContent") == "impl.py"
    assert shown.run("[...document.querySelectorAll('[role=tabpanel]')].map((panel) => panel.hidden)") == [True, False]


def test_the_charts_are_drawn_and_say_in_words_what_they_show(shown):
    drawn = shown.run("[...document.querySelectorAll('.chart')].map((box) => box.querySelectorAll('path').length)")
    labels = shown.run("[...document.querySelectorAll('.chart')].map((box) => box.getAttribute('aria-label'))")

    assert len(drawn) == 2
    assert min(drawn) > 20
    assert "20 samples in run order" in labels[0]
    assert "launch 4" in labels[0]
    assert "All 20 samples" in labels[1]


def test_hovering_a_sample_shows_which_one_it_is(shown):
    at = shown.run(
        "(() => { const box = document.querySelector('.chart'), chart = echarts.getInstanceByDom(box);"
        "const series = chart.getOption().series.findIndex((one) => one.name === 'launch 1');"
        "box.scrollIntoView({ block: 'center' });"
        "const [x, y] = chart.convertToPixel({ seriesIndex: series }, chart.getOption().series[series].data[2]);"
        "const place = box.getBoundingClientRect(); return [place.left + x, place.top + y]; })()"
    )
    shown.mouse("mouseMoved", at[0] - 30, at[1])
    shown.mouse("mouseMoved", *at)

    assert "launch 1, round 3" in text_of(shown, ".tip")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1400])
def test_nothing_is_wider_than_the_window(browser, address, frame, width, scheme):
    browser.open(f"{address}#cell-{places(frame)[OTHER, 10]}", width=width, scheme=scheme)
    browser.run("document.querySelectorAll('details').forEach((part) => { part.open = true; })")

    assert browser.run("document.documentElement.scrollWidth") <= width
    assert browser.said == []


def test_the_neighbours_of_a_cell_are_a_link_away(shown, frame):
    place = places(frame)[OTHER, 10]
    links = shown.run("[...document.querySelectorAll('.neighbours a')].map((link) => link.getAttribute('href'))")

    assert f"#cell-{place - 1}" in links
    assert f"#cell-{place + 1}" in links or place == len(frame) - 1


def test_the_command_is_copied_or_selected_for_copying(shown, details, frame):
    shown.run("document.querySelector('.command button').click()")
    shown.run("new Promise((done) => setTimeout(done, 50))")

    assert re.search("copied|selected", text_of(shown, ".command [role=status]"))
    assert details[places(frame)[OTHER, 10]]["bench"] in text_of(shown, ".command pre")


def test_a_cell_that_was_never_measured_has_its_reason_and_no_empty_chart(browser, tmp_path):
    run = a_run(outcomes=[outcome(BASE), outcome(CONTROL), outcome(OTHER, "failed", reason="it crashed")])
    summary = Results(run).summary
    (tmp_path / "cell.html").write_text(alone(run, summary), encoding="utf-8")
    browser.open(f"{(tmp_path / 'cell.html').as_uri()}#cell-{places(summary)[OTHER, 10]}")

    assert "Verification: failed: it crashed" in text_of(browser)
    assert "null" not in text_of(browser)
    assert browser.run("document.querySelectorAll('.chart, .made').length") == 0
    assert browser.said == []


def test_a_run_without_stored_sources_says_so(browser, run, tmp_path):
    old = replace(run, sources={})
    (tmp_path / "cell.html").write_text(alone(old, Results(old).summary), encoding="utf-8")
    browser.open((tmp_path / "cell.html").as_uri())

    assert "not stored in this run" in text_of(browser)
    assert browser.said == []
