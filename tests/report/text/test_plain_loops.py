"""The table of plain loops: the fastest first, with the ratio to C, lines of maths and the first call."""

import msgspec
from made_up_run import BASE, CONTROL, change_plan, made_up_run

from paragone.analyse.results import Results
from paragone.report.text.plain_loops import WITHOUT_C, section
from paragone.report.text.run_report import run_report

C, RUST = "mine[dtype=float32]", "oxide[dtype=float32]"
LUCK = (1.0, 1.002, 0.998, 1.003, 0.997)


def results_of(languages, speeds=(2, 4)):
    """Results of two variants in these languages, both plain loops, beside a baseline that is none."""
    times = {(name, 10): [[1e-5 / s * luck] * 3 for luck in LUCK] for name, s in zip((C, RUST), speeds, strict=True)}
    run = made_up_run(
        None, {**times, (BASE, 10): [[1e-5 * luck] * 3 for luck in LUCK], (CONTROL, 10): [[1e-5] * 3] * 5}
    )
    declared = [msgspec.to_builtins(each) for each in run.plan.variants]
    for each in declared:
        if language := languages.get(each["implementation"]):
            each |= {"language": language, "plain_loops": True, "maths_lines": 77}
    change_plan(run, variants=declared)
    return Results(run)


def test_the_rows_are_sorted_by_speed_and_compared_with_c():
    lines = section(results_of({"mine": "C", "oxide": "Rust"})).splitlines()
    rust, in_c = (line for line in lines if line.startswith("| `"))

    assert rust.startswith("| `oxide` | Rust | 77 | **4.00 M**<br>2.00× [")
    assert "<br>faster |" in rust
    assert in_c.startswith("| `mine` | C | 77 | **2.00 M**<br>1× |")
    assert in_c.endswith("| 15.0 ms<br>3.0× | – |")  # the first call takes three times as long


def test_without_c_the_table_says_so():
    assert WITHOUT_C in section(results_of({"mine": "Zig", "oxide": "Rust"}))


def test_one_alone_makes_no_table():
    assert "" == section(results_of({"mine": "C"}))
    assert "What a plain loop costs" not in run_report(results_of({"mine": "C"}), [], [])


def test_the_report_has_it_as_a_section_of_its_own():
    assert "## What a plain loop costs in each language\n" in run_report(
        results_of({"mine": "C", "oxide": "Rust"}), [], []
    )
