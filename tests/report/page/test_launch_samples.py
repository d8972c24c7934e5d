"""Of a run with very many samples the page draws some: extremes are among them, and numbers are of all."""

import re
from pathlib import Path

import numpy as np
import pytest
from made_up_run import BASE, CONTROL, made_up_run

from paragone.analyse.results import Results
from paragone.report.page import launch_samples as module
from paragone.report.page.build import page
from paragone.report.page.cell_details import cell_details
from paragone.report.page.launch_samples import LAUNCH_COLUMNS, QUANTILES, chosen, quantiles
from paragone.report.text.run_report import report_sections

N_ROUNDS = 1000
_random = np.random.Generator(np.random.PCG64(7))
TIMES = {(name, 10): (2e-5 * _random.lognormal(0, 0.05, (2, N_ROUNDS))).tolist() for name in (BASE, CONTROL)}


def launches_of(run):
    return [dict(zip(LAUNCH_COLUMNS, launch, strict=True)) for launch in cell_details(Results(run))[0]["launches"]]


@pytest.fixture
def thinned(monkeypatch):
    """Return the launches of a cell of which the page may draw a hundred samples in all."""
    monkeypatch.setattr(module, "MOST_DRAWN", 100)
    return launches_of(made_up_run(Path("run"), TIMES))


def elapsed(launch):
    return [round(seconds * 1000 * 1e9) for seconds in TIMES[BASE, 10][launch]]


def test_each_launch_gets_an_equal_share_evenly_spaced_with_the_first_and_the_last(thinned):
    for launch in thinned:
        assert 25 <= len(launch["elapsed_ns"]) <= 27
        assert (launch["round"][0], launch["round"][-1]) == (0, N_ROUNDS - 1)
        assert max(np.diff(launch["round"])) <= 1 + N_ROUNDS / 24
        assert all(len(launch[column]) == len(launch["round"]) for column in ("elapsed_ns", "position", "at_s"))


def test_the_shortest_and_the_longest_sample_of_each_launch_are_drawn(thinned):
    for number, launch in enumerate(thinned):
        assert {min(elapsed(number)), max(elapsed(number))} <= set(launch["elapsed_ns"])


def test_medians_counts_and_quantiles_are_of_all_samples(thinned):
    whole = launches_of(made_up_run(Path("run"), TIMES))  # thinned too, by the same share
    for number, launch in enumerate(thinned):
        assert launch["n_timed"] == launch["n_samples"] == N_ROUNDS
        assert launch["step_seconds"] == pytest.approx(np.median(TIMES[BASE, 10][number]), rel=1e-6)
        assert launch["quantiles"][0] == min(elapsed(number))
        assert launch["quantiles"][-1] == max(elapsed(number))
        assert launch["quantiles"][QUANTILES // 2] == pytest.approx(np.median(elapsed(number)), rel=1e-3)
        assert launch == whole[number]


def test_while_there_is_room_every_sample_is_drawn():
    launches = launches_of(made_up_run(Path("run"), TIMES))

    assert [elapsed(0), elapsed(1)] == [launch["elapsed_ns"] for launch in launches]
    assert [None, None] == [launch["quantiles"] for launch in launches]


def test_a_launch_that_has_fewer_than_its_share_is_drawn_whole(monkeypatch):
    monkeypatch.setattr(module, "MOST_DRAWN", 100)
    times = {**TIMES, (CONTROL, 10): [times[:5] for times in TIMES[CONTROL, 10]]}
    details = cell_details(Results(made_up_run(Path("run"), times)))

    assert [5, 5] == [len(launch[LAUNCH_COLUMNS.index("elapsed_ns")]) for launch in details[1]["launches"]]


def test_places_are_chosen_once_each_and_rise():
    times = np.arange(50)[::-1]

    assert chosen(times, 4).tolist() == [0, 16, 33, 49]
    assert quantiles(np.array([3, 1, 2]))[:1] == [1]


def test_in_the_browser_the_page_says_how_many_are_drawn_and_where_all_are(browser, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MOST_DRAWN", 100)
    results = Results(made_up_run(Path("run"), TIMES))
    (tmp_path / "report.html").write_text(page(results, report_sections(results, [], []), []), encoding="utf-8")
    browser.open(f"{(tmp_path / 'report.html').as_uri()}#cell-0")
    words = browser.run("document.querySelector('#cell').innerText")
    labels = browser.run("[...document.querySelectorAll('.chart')].map((box) => box.getAttribute('aria-label'))")
    times = [seconds for launch in TIMES[BASE, 10] for seconds in launch]
    drawn = browser.run(
        "[...document.querySelectorAll('.chart')].map((box) => echarts.getInstanceByDom(box).getOption())"
    )
    points = [one for one in drawn[0]["series"] if one["type"] == "scatter" and one["name"] != "baseline"]
    (share,) = [one["data"] for one in drawn[1]["series"] if one["name"] == "all launches"]

    assert re.search(r"5\d of 2\s000 timed samples are drawn", words)
    assert "which are in samples.jsonl" in words
    assert re.search(r"5\d of 2\s000 timed samples as numbers", words)
    assert "the fastest of 2000 samples" in words
    assert "the table says" not in words
    assert "All 2000 samples" in labels[1]
    assert {len(one["data"]) for one in points} <= {25, 26, 27}
    for speed, up in share[1:-1]:
        assert up == pytest.approx(np.mean([10 / seconds <= speed * (1 + 1e-9) for seconds in times]), abs=0.02)
    assert browser.said == []
