"""gallery.html: what is sure has a colour, nothing runs, and no text from outside is markup."""

import re

import msgspec
import pytest
from runs_of_two_kernels import CALLS, network_run, pairwise_run

from paragone.analyse.results import Results
from paragone.comparison.gallery import gallery_of
from paragone.report.page.gallery import gallery_page


@pytest.fixture(scope="module")
def page():
    return gallery_page(gallery_of([Results(network_run(calls=CALLS)), Results(pairwise_run())]))


def row_of(page, language):
    (row,) = [row for row in re.findall(r"<tr>.*?</tr>", page, re.DOTALL) if f"</span>{language}</th>" in row]
    return [" ".join(re.sub("<[^>]+>", " ", cell).split()) for cell in re.findall(r"<td.*?</td>", row, re.DOTALL)], row


def test_a_sure_difference_is_tinted_and_the_fastest_marked(page):
    (_, network, _), row = row_of(page, "NumPy")

    assert network == "2.00× [2.00, 2.00] faster numpy_tuned , 40 lines 1 other, 1.00×"
    assert '<td class="faster fastest" style="--tint: 0.15" data-label="nielsen">' in row


def test_what_is_slower_has_the_other_colour_and_what_has_no_time_none(page):
    assert '<td class="slower" style="--tint: 0.15" data-label="nielsen">' in row_of(page, "C")[1]
    assert '<td class="" style="--tint: 0.00" data-label="nielsen">' in row_of(page, "Python")[1]


def test_the_page_runs_no_script_and_loads_nothing(page):
    assert "<script" not in page
    assert "default-src 'none'; style-src 'unsafe-inline'" in page
    assert re.findall(r"""(?:src|href)=["'](?!#|\.\./)""", page) == []


def test_the_report_of_each_run_is_one_click_away(page):
    assert '<a href="../pairwise/report.html"' in page


def test_a_language_from_outside_is_text():
    variants = [{**entry, "language": "<script>alert(1)</script>"} for entry in _stored_variants()]
    page = gallery_page(gallery_of([Results(network_run(variants=variants))]))

    assert "<script" not in page
    assert "&lt;script&gt;" in page


def _stored_variants():
    return msgspec.to_builtins(network_run().plan)["variants"]
