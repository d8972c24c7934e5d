"""The words of a comparison: environment first, counts that add up, and nothing hidden; on paper and on a terminal."""

import re
from dataclasses import replace
from io import StringIO

import pandas as pd
import pytest
from made_up_run import outcome
from pair_of_runs import OTHERS, SIZES, SLOWED, VARIANTS, noisy_run
from rich.console import Console

from paragone.analyse.results import Results
from paragone.comparison.across_time import compare
from paragone.report.terminal.comparison import print_comparison
from paragone.report.text.comparison import comparison_report, counted
from paragone.report.text.formatting import letters


@pytest.fixture(scope="module")
def three():
    """Return A against B, in which one implementation is a fifth slower, and against C with a newer NumPy."""
    a = noisy_run("first", 1)
    b = noisy_run("second", 2, changed=[SLOWED], slower={SLOWED: 1.2})
    c = noisy_run("third", 3, environment={"packages": {"numpy": "2.5.0"}})
    return [compare(Results(a), Results(b)), compare(Results(a), Results(c))]


def printed(comparisons, width=120):
    console = Console(file=StringIO(), width=width)
    print_comparison(comparisons, 0.05, console)
    return console.file.getvalue()


def test_the_differences_around_the_runs_come_before_any_number(three):
    text = comparison_report(three, 0.05)

    assert "| numpy | 2.4.0 | 2.4.0 | 2.5.0 |" in text
    assert text.index("| numpy |") < text.index("×")
    assert printed(three).index("numpy") < printed(three).index("×")


def test_every_verdict_of_three_runs_can_be_read_on_a_narrow_terminal(three):
    text = printed(three, width=80)
    verdicts = pd.concat([comparison.cells[~comparison.cells["control"]] for comparison in three])["verdict"]

    assert "…" not in text
    for verdict in ("slower", *verdicts):
        assert verdict in text


def test_the_verdicts_are_counted_and_add_up_to_all_cells_but_the_controls(three):
    for comparison in three:
        numbers = [int(number) for number in re.findall(r"(\d+) (?:slower|faster|same|not|no)", counted(comparison))]
        assert sum(numbers) == (~comparison.cells["control"]).sum()
    assert counted(three[0]).startswith("2 slower, ")


def test_what_is_surely_slower_is_named_with_its_interval(three):
    text = comparison_report(three[:1], 0.05)

    assert "2 cells surely slower beyond 5.0 %" in text
    assert f"`{SLOWED}` on `nielsen`, batch 10: 0.8" in text
    assert "No cell is surely slower beyond 50 %" in comparison_report(three[:1], 0.5)


def test_the_basis_of_the_ratios_is_stated_for_each_run(three):
    text = comparison_report(three, 0.05)
    of_b, of_c = text.split("**C against A**")

    assert "Ratios are to unchanged code, which ran " in of_b
    assert "Ratios are as measured: no other cell is known to have the same code" in of_c.split("## ")[0]


def test_every_cell_of_the_grid_has_a_line_with_a_column_for_each_run(three):
    table = comparison_report(three, 0.05).split("## The cells")[1].split("## How")[0]
    lines = [line for line in table.splitlines() if line.startswith("| `")]

    assert len(lines) == (1 + len(OTHERS)) * len(SIZES)
    assert all(line.count("×") >= 3 for line in lines), "a ratio for each run, and B's as measured"
    assert "(A/A)" not in table


def test_changed_code_is_marked_and_the_mark_is_explained(three):
    text = comparison_report(three, 0.05)

    assert "`numpy_a*`" in text
    assert "`numpy_b*`" not in text
    assert "`*` after a name: its code is not the same in all runs" in text
    assert "numpy_a*" in printed(three)


def test_what_fell_out_is_counted_with_the_letter_of_its_run():
    a, fewer = noisy_run("a", 1), noisy_run("b", 2, variants=[name for name in VARIANTS if name != SLOWED])
    whole = compare(Results(a), Results(noisy_run("c", 3)))

    assert "2 cells fell out: 2 variant not in C." in comparison_report(
        [whole, compare(Results(a), Results(fewer))], 0.05
    )


def test_of_very_many_reasons_eight_are_told_and_the_others_counted():
    said = [outcome(name) for name in VARIANTS[:2]] + [
        outcome(name, "failed", size, reason=f"{name} at {size}") for name in OTHERS for size in SIZES
    ]
    b = noisy_run("b", 2, tables={"outcomes": said})
    text = comparison_report([compare(Results(noisy_run("a", 1)), Results(b))], 0.05)
    (sentence,) = re.findall(r"^- 12 cells fell out: .*$", text, re.MULTILINE)

    assert sentence.count("1 failed in B: `numpy_") == 8
    assert sentence.endswith("; and 4 more.")


def test_a_comparison_made_with_anyway_says_why_it_was_refused():
    a, b = noisy_run("a", 1), noisy_run("b", 2, plan={"seed": 7})

    assert "**Compared all the same (--anyway)**: start and order of the images differ" in comparison_report(
        [compare(Results(a), Results(b), anyway=True)], 0.05
    )


def test_the_commit_of_every_run_stands_at_the_top(three):
    assert "- **A**: revision abc1234, measured 2026-01-02T03:04:05+00:00\n- **B**: revision abc" in comparison_report(
        three, 0.05
    )
    dirty = noisy_run("b", 2, environment={"revision": {"commit": None, "dirty": True}})
    text = comparison_report([compare(Results(noisy_run("a", 1)), Results(dirty))], 0.05)
    assert "- **B**: revision unknown with changes, measured" in text


def test_what_a_a_shows_is_said_in_a_sentence(three):
    assert re.search(r"\nNoise: A/A of either run, or 1 %, is ±\d.\d % at most in half", comparison_report(three, 0.05))


def test_what_failed_and_what_is_slower_comes_first_and_what_is_the_same_is_folded_away():
    said = [outcome(name, "failed" if name == OTHERS[2] else "passed", reason="ask @bob") for name in VARIANTS]
    b = noisy_run("b", 2, changed=[SLOWED], slower={SLOWED: 1.2}, tables={"outcomes": said})
    text = comparison_report([compare(Results(noisy_run("a", 1)), Results(b))], 0.05)
    shown, folded = text.split("<details>")

    assert ["numpy_c", "numpy_c", "numpy_a*", "numpy_a*"] == re.findall(r"^\| `([\w*]+)", shown, re.MULTILINE)
    assert shown.count("| **failed**: `ask @bob` |") == 2
    assert "- 2 cells passed in A and failed in B." in shown
    assert "same within" in folded
    assert "**slower**" not in folded.split("</details>")[0]


def test_a_comparison_of_twenty_six_runs_with_very_many_differences_fits_a_comment():
    variables = [{"name": f"OMP_{n}", "value": "x" * 300, "treatment": "kept"} for n in range(200)]
    runs = [
        noisy_run(letter * 300, seed, changed=OTHERS, slower=dict.fromkeys(OTHERS, 1 + seed / 2),
                  environment={"inherited": [{**one, "value": f"{seed} {one['value']}"} for one in variables]})
        for seed, letter in enumerate("abcdefghijklmnopqrstuvwxyz")
    ]  # fmt: skip
    first, *others = map(Results, runs)
    text = comparison_report([compare(first, other) for other in others], 0.05)

    assert len(text) <= 65_536
    assert text.rstrip().endswith("**not enough data**: neither.")
    assert len(others) == text.count(" against A**: 12 slower")
    assert len(re.findall(r"^\| `numpy_", text, re.MULTILINE)) == 14
    assert re.search(r"and 1\d\d more\.", text), "of the variables"


def test_a_run_that_was_interrupted_says_so():
    cut = replace(noisy_run("b", 2), finished=None)

    comparison = compare(Results(noisy_run("a", 1)), Results(cut))
    assert comparison_report([comparison], 0.05).startswith("# b, interrupted (B) against a (A)\n")


def test_text_from_a_run_cannot_break_the_page():
    a = noisy_run("a", 1)
    b = noisy_run("b|<script>", 2, environment={"packages": {"numpy": "2|`<b>`"}})

    text = comparison_report([compare(Results(a), Results(b))], 0.05)

    assert "<script>" not in text
    assert "2\\|\\`&lt;b&gt;\\`" in text


def test_the_same_comparison_gives_the_same_bytes(three):
    assert comparison_report(three, 0.05) == comparison_report(three, 0.05)


def test_runs_go_by_letters():
    assert letters(3) == ["A", "B", "C"]
