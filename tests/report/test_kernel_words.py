"""A run of a kernel is told in the kernel's words, and in none of the networks'."""

import json
import re
from dataclasses import replace
from io import StringIO

import pytest
from full_run import printed
from made_up_kernel_run import BASES, LOOPS, PAIRWISE, PRODUCTS, SIZES, kernel_run
from made_up_run import outcome, with_plan
from matplotlib.text import Text
from rich.console import Console

from paragone.analyse.results import Results
from paragone.cli.display import plan_sentences, plan_table
from paragone.comparison.across_time import compare
from paragone.report.export.pytest_benchmark import pytest_benchmark_json
from paragone.report.figures.catalogue import machine_figures, run_figures
from paragone.report.figures.figure import Sheet
from paragone.report.page.build import page
from paragone.report.terminal.comparison import print_comparison
from paragone.report.text.comparison import comparison_report
from paragone.report.text.machines import joined_summaries, machines_report
from paragone.report.text.markdown import join_sections
from paragone.report.text.run_report import report_sections
from paragone.report.text.safe_csv import safe_csv
from paragone.store.records import Outcome

OF_NETWORKS = re.compile(
    r"(?<![a-z])(?:images?|labels?|weights|epochs?|(?:mini-)?batch(?:es)?|train(?:s|ed|ing)?|networks?|pixels?"
    r"|samples? in rows|gather|activations?|gradients?)(?![a-z])",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return Results(kernel_run(tmp_path_factory.mktemp("run")))


@pytest.fixture
def told(monkeypatch):
    """Return the texts of all sheets that are drawn, once they are."""
    texts, drawing = [], Sheet.drawing

    def kept(sheet, name, caption):
        texts.extend([caption, *(text.get_text() for text in sheet.figure.findobj(Text))])
        return drawing(sheet, name, caption)

    monkeypatch.setattr(Sheet, "drawing", kept)
    return texts


def foreign(text):
    return sorted({found.group().lower() for found in OF_NETWORKS.finditer(text)})


def test_report_md_speaks_of_n_and_of_distances(results, told):
    figures, left_out = run_figures(results)
    text = join_sections(report_sections(results, figures, left_out))

    assert foreign(text) == []
    assert "| implementation | n = 32 | n = 320 | n = 3 200 |" in text.replace("\u202f", " ")
    assert "**Distances/s** is the median" in text
    assert "Who overtakes whom along n" in text
    assert "at 3 values of n from 32 to 3" in text
    assert "3 implementations of one call, in 5 variants" in text


def test_the_figures_have_n_on_their_axes_and_distances_in_their_titles(results, told):
    figures, _ = run_figures(results)

    kinds = ("throughput", "speedup", "cold", "memory", "roofline")
    assert {f"{kind}-pairwise" for kind in kinds} == {figure.name for figure in figures}
    assert foreign("\n".join(told)) == []
    assert {"n", "float32 · distances/s", "Throughput over n, pairwise, 1 thread."} <= {*told}


def test_a_figure_of_machines_is_of_the_kernels_words(results, told):
    runs = [results.run, results.run]
    frame = joined_summaries(runs)
    text = machines_report(runs, frame, machine_figures(runs, frame), [])

    assert foreign(text + "\n".join(told)) == []
    assert "| implementation | n | A, distances/s | A, × |" in text
    assert "A · float32 · distances/s" in told


def test_the_terminal_speaks_of_n_and_of_distances(results):
    text = printed(results)

    assert foreign(text) == []
    assert re.search(r"^n +32 +320 +3.200", text, re.MULTILINE)
    assert "Distances/s, then times the baseline's." in text


def test_a_comparison_of_two_runs_speaks_of_n_and_of_distances(results):
    slow = kernel_run(None)
    slow = replace(slow, samples=slow.samples.assign(elapsed_ns=(slow.samples["elapsed_ns"] * 2)))
    comparisons = [compare(results, Results(with_plan(slow, run="slow", seed=2)), anyway=True)]
    out = StringIO()
    print_comparison(comparisons, 0.05, Console(width=120, file=out))
    text = comparison_report(comparisons, 0.05)

    assert foreign(text + out.getvalue()) == []
    assert re.search(r"^\| implementation \|.* n \| A, distances/s \| B \|$", text, re.MULTILINE)
    assert re.search(r"^implementation +n +A +B", out.getvalue(), re.MULTILINE)
    assert "inputs differ: seeds 1 and 2" in text
    assert "on `pairwise`, n = 32" in text


def test_a_rate_in_flop_has_its_prefix_before_the_unit(browser, without_pixels, tmp_path):
    results = Results(kernel_run(None, unit="FLOP"))
    text = join_sections(report_sections(results, [], []))
    path = tmp_path / "report.html"
    path.write_text(page(results, report_sections(results, [], []), []), encoding="utf-8")

    browser.open(path.as_uri())

    assert "**990 MFLOP/s**" in text
    assert "**FLOP per second** is the median" in text
    assert "990 MFLOP/s" in browser.run("document.getElementById('data-table').innerText")
    assert browser.said == []


def test_the_plan_names_values_of_n(results):
    out = StringIO()
    failed = Outcome(problem="pairwise", variant=LOOPS, size=32, stage="head", status="failed", reason="wrong")
    Console(file=out, width=120).print(plan_table(results.run.plan))
    text = out.getvalue() + "\n".join(plan_sentences(results.run.plan, [failed]))

    assert foreign(text) == []
    assert "values of n" in text
    assert f"pairwise {LOOPS} n = 32 failed: wrong" in text


def test_a_cell_that_is_too_fast_is_told_by_the_operations_of_the_kernel(results):
    frame = results.summary
    (row,) = frame[(frame["variant"] == LOOPS) & (frame["size"] == 3200)].itertuples()

    assert row.status == "too fast"
    assert "million distances/s are" in row.reason
    assert PAIRWISE.words.beyond_limit in row.reason
    assert PAIRWISE.words.step_is_whole in row.reason


def test_the_rate_of_a_cell_is_its_work_over_its_time(results):
    frame = results.summary
    (row,) = frame[(frame["variant"] == PRODUCTS[1]) & (frame["size"] == 3200)].itertuples()

    assert row.work_per_second == pytest.approx(1e9 / 2 / 1.01)


def test_the_page_holds_the_kernels_words_for_its_scripts(results, without_pixels):
    figures, left_out = run_figures(results)
    text = page(results, report_sections(results, figures, left_out), figures)
    packed = json.loads(re.search(r'id="payload"[^>]*>(.*?)</script>', text, re.DOTALL).group(1))
    shown = re.sub(r"<(script|style)\b.*?</\1>", "", text, flags=re.DOTALL)
    shown = re.sub(r"<[^>]*>", "", shown)

    assert foreign(shown) == []
    assert packed["words"]["pairwise"] == packed["shared_words"]
    assert packed["shared_words"]["size"] == "n"
    assert foreign(json.dumps([packed["words"], packed["keys"], packed["noise"]])) == []


def test_what_the_scripts_of_the_page_show_is_in_the_kernels_words(browser, results, without_pixels, tmp_path):
    figures, left_out = run_figures(results)
    path = tmp_path / "report.html"
    path.write_text(page(results, report_sections(results, figures, left_out), figures), encoding="utf-8")
    place = list(results.summary[["variant", "size"]].itertuples(index=False, name=None)).index((PRODUCTS[0], 320))

    browser.open(path.as_uri())
    report = browser.run("document.querySelector('main').innerText")
    browser.run(f"location.hash = '#cell-{place}'")
    cell = browser.run("new Promise((done) => setTimeout(() => done(document.getElementById('cell').innerText), 300))")

    assert browser.said == []
    assert {"Distances/s, pairwise, 1 thread", "float32 · distances/s", "n = 320"} <= {*re.split("[\n\t]", report)}
    assert foreign(report) == []
    assert foreign(cell) == []
    assert "numpy_product, n = 320" in cell
    assert "102\u202f400 distances /" in cell


def test_the_page_shows_errors_beside_speeds_and_as_metrics_of_their_own(browser, without_pixels, tmp_path):
    said = [
        outcome(name, size=size, threads=1, error=error, bound=5e-5, shown_errors={"far": far})
        for name, error, far in ((BASES[0], 4e-8, 3e-8), (PRODUCTS[0], 2.94e-5, 0.44))
        for size in SIZES
    ]
    results = Results(kernel_run(None, outcomes=said))
    path = tmp_path / "report.html"
    path.write_text(page(results, report_sections(results, [], []), []), encoding="utf-8")
    place = list(results.summary[["variant", "size"]].itertuples(index=False, name=None)).index((PRODUCTS[0], 320))

    browser.open(path.as_uri())
    table = browser.run("document.getElementById('data-table').innerText")
    head = browser.run("document.querySelector('#cells thead').innerText")
    browser.open(f"{path.as_uri()}#view&metric=error-far")
    of_case = browser.run("document.getElementById('charts').innerText")
    browser.open(f"{path.as_uri()}#cell-{place}")
    cell = browser.run("document.getElementById('cell').innerText")

    assert browser.said == []
    assert table.count("error 2.9e-05, 5e-05 allowed") == 3
    assert ["error", "allowed"] == [word for word in re.split(r"[\s⇅↕]+", head) if word in ("error", "allowed")]
    assert "Error, case far (not judged), pairwise, 1 thread" in of_case
    assert "The case far is shown and not judged." in of_case
    assert of_case.count("0.44") >= 3
    assert "error in the case far" in cell


def test_summary_and_export_have_no_word_of_the_networks(results):
    exported = pytest_benchmark_json(results)

    assert foreign(safe_csv(results.summary)) == []
    assert foreign(json.dumps(exported)) == []
    assert "pairwise float32 n=32 threads=1" in {each["group"] for each in exported["benchmarks"]}
