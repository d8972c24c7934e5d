"""A report as a page of a site: what all reports share lies beside them once, and the page works as before."""

import re
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from ranked_run import ranked_run

from paragone.analyse.results import Results
from paragone.report.page.build import page
from paragone.report.page.shared_parts import FOLDER, SHORTEST, with_shared_parts
from paragone.report.text.run_report import report_sections


@pytest.fixture(scope="module")
def report():
    results = Results(ranked_run())
    return page(results, report_sections(results, [], []), [])


@pytest.fixture(scope="module")
def site(report, tmp_path_factory):
    """A folder with the report as a page of a site."""
    folder, made = tmp_path_factory.mktemp("site"), with_shared_parts(report)
    for place, files in ((FOLDER, made.parts), ("run", {"report.html": made.html})):
        (folder / place).mkdir()
        for name, content in files.items():
            (folder / place / name).write_text(content, encoding="utf-8")
    return folder


def test_scripts_and_styles_are_files_and_the_data_stays(report):
    html, parts = with_shared_parts(report)

    assert sum(map(len, parts.values())) > 700_000
    assert len(html) < len(report) - 700_000
    assert all(len(script) < SHORTEST for script in re.findall(r"<script>(.*?)</script>", html, re.DOTALL))
    assert '<script type="application/json" id="payload">' in html
    assert {*re.findall(rf'(?:src|href)="\.\./{FOLDER}/([^"]+)"', html)} == parts.keys()


def test_the_same_parts_have_the_same_names(report):
    assert with_shared_parts(report).parts == with_shared_parts(report.replace("2026", "2027")).parts


def test_the_policy_allows_files_of_the_site_and_nothing_of_other_hosts(report):
    policy = re.findall(r'Content-Security-Policy" content="([^"]+)', with_shared_parts(report).html)[0]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))

    assert rules["default-src"] == "'none'"
    assert not re.search(r"https?:|\*", policy)
    assert rules["script-src"].endswith(" 'self' file:")
    assert "'unsafe" not in rules["script-src"]


def test_a_page_without_our_policy_stays_as_it_is():
    page = f"<script>{'a' * SHORTEST}</script>"

    assert with_shared_parts(page) == (page, {})


@pytest.fixture(scope="module", params=["from a folder", "from a host"])
def address(request, site):
    if request.param == "from a folder":
        yield site.as_uri()
        return
    handler = type("Quiet", (SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=site))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_charts_and_links_to_them_work_from_a_folder_and_from_a_host(browser, address):
    browser.said.clear()
    browser.open(f"{address}/run/report.html#charts")

    assert browser.run("document.querySelectorAll('#panels canvas, #panels svg').length") > 0
    assert browser.run("getComputedStyle(document.querySelector('nav')).position") == "sticky"
    assert browser.run("location.hash") == "#charts"
    asked = f"asked the network for {address}/"
    assert [said for said in browser.said if not said.startswith(asked) and "favicon" not in said] == []
