"""history.html: a chart for each cell with an address of its own, no script, relative links, no markup from outside."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from runs_over_time import nights

from paragone.analyse.results import Results
from paragone.comparison.history import history_of, past_run
from paragone.report.page.history import history_page


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """What a history keeps of eight runs; all but the last have a report in their folder."""
    results = tmp_path_factory.mktemp("results")
    made = [replace(run, folder=results / run.plan.run) for run in nights(8, at=4, factor=1.25)]
    for run in made[:-1]:
        run.folder.mkdir()
        (run.folder / "report.html").touch()
    return [past_run(Results(run)) for run in made]


@pytest.fixture(scope="module")
def page(runs):
    return history_page(history_of(runs))


def test_every_cell_has_a_chart_with_an_address_of_its_own(page):
    figures = re.findall(r'<figure id="([^"]+)">', page)

    assert 12 == len(figures) == len({*figures}) == page.count("<svg")
    assert all(f'href="#{figure}"' in page for figure in figures)


def test_every_link_within_the_page_has_a_target_and_no_id_is_given_twice(page):
    ids = re.findall(r' id="([^"]+)"', page)

    assert len(ids) == len({*ids})
    assert {*re.findall(r'href="#([^"]+)"', page)} <= {*ids}


def test_the_page_runs_no_script_and_links_relatively_to_the_reports_that_there_are(page):
    leaving = {*re.findall(r'(?:href|src)="([^#"][^"]*)"', page)}

    assert "<script" not in page
    assert "default-src 'none'" in page
    assert {"history.csv"} | {f"../2026-01-0{day}T030405Z/report.html" for day in range(2, 9)} == leaving


def test_a_mark_stands_in_the_chart_of_each_cell_that_changed(page):
    assert 2 == page.count('class="mark slower"')
    assert 'slower between 2026-01-05T030405Z (abc1234) → 2026-01-06T030405Z (def5678)"' in page
    assert '<span class="fact">numpy</span> 2.4.0 → 2.5.0' in page


def test_where_nothing_changed_the_page_says_so(runs):
    assert "<p>No cell changed.</p>" in history_page(history_of(runs[:4]))


def test_a_name_from_outside_is_text(runs):
    with_markup = [replace(past, cells=past.cells.assign(implementation="<script>x</script>")) for past in runs]
    page = history_page(history_of(with_markup))

    assert "<script" not in page
    assert "&lt;script&gt;x" in page


def test_a_page_of_two_hundred_runs_grows_by_few_bytes_a_point(runs):
    """So that a browser opens it at once: no element for a run in a chart, only a few signs of a path."""
    few, many = (len(history_page(history_of(_copies(runs[:2], count)))) for count in (20, 60))

    assert (many - few) / 40 < 12 * 110 + 500


def _copies(runs, count):
    made = []
    for number in range(count):
        past = runs[number % 2]
        created = f"2026-{1 + number // 28:02}-{1 + number % 28:02}T00:00:00+00:00"
        made.append(replace(past, run=_renamed(past.run, created)))
    return made


def _renamed(run, created):
    from made_up_run import with_plan

    return replace(with_plan(run, run=created, created=created), folder=Path("results") / created.replace(":", ""))
