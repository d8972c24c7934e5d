"""paragone site: what a web host gets, where it is not written, and that nothing of it leads elsewhere."""

import json
import re
import shutil
from dataclasses import replace

import pytest
from made_up_run import with_plan
from pair_of_runs import written
from runs_of_two_kernels import network_run, pairwise_run
from runs_over_time import nights


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """Five runs of a machine, of which the last is quick and the fourth has no report, and one of another machine."""
    results = tmp_path_factory.mktemp("results")
    folders = [written(run, results) for run in nights(6)]
    for folder in folders[:3] + folders[4:]:
        (folder / "report.html").write_text(f"the report of {folder.name}")
    _change(folders[4] / "plan.json", launches=1)
    _change(folders[5] / "environment.json", machine={"id": "other", "cpu": "Another <CPU>"})
    return results


def _change(path, **changes):
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


@pytest.fixture
def site(paragone, stored, tmp_path):
    code, out, err = paragone("site", tmp_path / "site", "--results", stored)

    assert (0, set()) == (code, {*err.splitlines()} - {"reading runs …"})
    assert f"Site: {tmp_path / 'site' / 'index.html'}, 5 reports" in out
    return tmp_path / "site"


def test_the_index_lists_every_run_and_links_to_those_with_a_report(site):
    index = (site / "index.html").read_text()

    assert 6 == index.count('<tr id="run-')
    assert 5 == len(re.findall(r'href="2026-01-0\dT030405Z/report.html"', index))
    assert "no report yet" in index
    assert "1, quick" in index
    assert "the report of 2026-01-02T030405Z" == (site / "2026-01-02T030405Z" / "report.html").read_text()


def test_a_machine_with_several_runs_has_a_history_and_one_with_a_single_run_none(site):
    index = (site / "index.html").read_text()

    assert 'href="history-0123abcd/history.html">Over time: Test CPU · 4 runs' in index
    assert ["history-0123abcd"] == [path.name for path in site.glob("history-*")]
    assert "Another &lt;CPU&gt;" in index


def test_the_newest_run_of_each_machine_stands_beside_the_others_with_figures_that_are_there(site):
    page = (site / "machines" / "index.html").read_text()
    pictures = re.findall(r'<img src="([^"]+)"', page)

    assert 'href="machines/index.html">2 machines side by side' in (site / "index.html").read_text()
    assert "2026-01-05T030405Z" in page
    assert "2026-01-07T030405Z" in page
    assert pictures
    assert all((site / "machines" / picture).is_file() for picture in pictures)
    assert "<script" not in page


def test_a_machine_with_runs_of_two_kernels_has_a_gallery(paragone, tmp_path):
    for number, run in enumerate((network_run(), pairwise_run())):
        plain = run.outcomes[run.outcomes["threads"].isna()].astype(object)
        plain = replace(run, outcomes=plain.where(plain.notna(), None))
        written(with_plan(plain, run=f"2026-01-0{number + 1}T000000Z"), tmp_path / "results")
    code, _, err = paragone("site", tmp_path / "site", "--results", tmp_path / "results")
    (gallery,) = (tmp_path / "site").glob("gallery-*/gallery.html")

    assert (0, set()) == (code, {*err.splitlines()} - {"reading runs …"})
    assert f'href="{gallery.parent.name}/gallery.html">Gallery, 2 kernels' in (tmp_path / "site/index.html").read_text()


def test_every_link_is_relative_and_leads_to_a_file_of_the_site(site):
    for page in ("index.html", "history-0123abcd/history.html", "machines/index.html"):
        for link in re.findall(r'href="([^#"]+)', (site / page).read_text()):
            assert (site / page).parent.joinpath(link).resolve().is_relative_to(site.resolve())
            assert (site / page).parent.joinpath(link).is_file(), link


def test_a_site_is_written_again_over_itself_and_never_over_something_else(paragone, stored, site, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "index.html").write_text("<p>a page of my own</p>")
    again, *_ = paragone("site", site, "--results", stored)
    code, _, err = paragone("site", tmp_path / "mine", "--results", stored)

    assert (0, 2) == (again, code)
    assert "expected a new or empty folder, or a site, got something else. Choose another folder" in err
    assert "<p>a page of my own</p>" == (tmp_path / "mine" / "index.html").read_text()


def test_a_report_that_is_a_link_to_a_file_elsewhere_is_not_published(paragone, stored, tmp_path):
    shutil.copytree(stored, tmp_path / "results")
    report = tmp_path / "results" / "2026-01-02T030405Z" / "report.html"
    (tmp_path / "secret").write_text("secret")
    report.unlink()
    report.symlink_to(tmp_path / "secret")
    code, out, _ = paragone("site", tmp_path / "site", "--results", tmp_path / "results")

    assert 0 == code
    assert "4 reports" in out
    assert not (tmp_path / "site" / "2026-01-02T030405Z").exists()


def test_without_a_run_the_command_that_measures_is_named(paragone, tmp_path):
    code, _, err = paragone("site", tmp_path / "site", "--results", tmp_path)

    assert 5 == code
    assert "has no run for a site. To measure one: paragone bench" in err


def test_reports_share_their_scripts_and_a_part_that_no_report_needs_is_deleted(paragone, stored, tmp_path):
    shutil.copytree(stored, tmp_path / "results")
    policy = (
        """<meta http-equiv="Content-Security-Policy" content="script-src 'sha256-1'; style-src 'unsafe-inline'">"""
    )
    for report in (tmp_path / "results").glob("*/report.html"):
        report.write_text(f"{policy}<p>{report.parent.name}</p><script>{'a();' * 1000}</script>")
    assert 0 == paragone("site", tmp_path / "site", "--results", tmp_path / "results")[0]
    (part,) = (tmp_path / "site" / "assets").iterdir()
    pages = [page.read_text() for page in (tmp_path / "site").glob("*/report.html")]

    assert "a();" * 1000 == part.read_text()
    assert 5 == len(pages) == sum(f'<script src="../assets/{part.name}"></script>' in page for page in pages)

    (tmp_path / "site" / "assets" / "0123.js").write_text("of an older report")
    assert 0 == paragone("site", tmp_path / "site", "--results", tmp_path / "results")[0]
    assert [part] == [*(tmp_path / "site" / "assets").iterdir()]
