"""How exact the results are: beside the speed of each cell, and apart for cases that are shown and not judged."""

import pytest
from full_run import full_run, printed, text_of
from made_up_kernel_run import BASES, PRODUCTS, SIZES, kernel_run
from made_up_run import outcome

from paragone.report.text.exactness import HEADING

EVIL = "<b>far|\x1b[2J"


def checked(name, size, error, **others):
    return outcome(name, size=size, threads=1, error=error, bound=5e-5, **others)


def run_with(case="far"):
    """Return a run in which the product is less exact than the baseline, most of all in a case that is shown."""
    said = []
    for size in SIZES:
        for base, product in zip(BASES, PRODUCTS, strict=True):
            said += [checked(f"{base}{control}", size, 4e-8, shown_errors={case: 3e-8}) for control in ("", " (A/A)")]
            said.append(checked(product, size, 2.94e-5, shown_errors={case: None if size == 3200 else 0.44}))
    said.append(checked(PRODUCTS[0], 32, 1e-9, note="as exact as can be"))
    return kernel_run(None, outcomes=said)


@pytest.fixture(scope="module")
def report():
    return text_of(run_with())


def line_of(text, name, after=""):
    return next(line for line in text.partition(after)[2].splitlines() if line.startswith(f"| `{name}`"))


def test_the_error_of_a_cell_and_its_bound_stand_beside_its_speed(report):
    product, base = (line_of(report, name, "## Results") for name in ("numpy_product", "numpy_broadcast"))

    assert product.count("<br>error 2.9e-05, 5e-05 allowed |") == 3
    assert base.count("<br>baseline<br>error 4e-08, 5e-05 allowed |") == 3


def test_a_case_that_is_shown_has_a_table_and_says_so_in_words(report):
    heading = "### The error in the case `far`: `pairwise`, float32, 1 thread"
    said = report.partition(heading)[2]

    assert "shown and not judged: errors here are no failure" in said
    assert "from 3e-08 (`numpy_broadcast` at n = 32) to not finite (`numpy_product` at n = 3\u202f200)" in said
    assert line_of(report, "numpy_product", heading) == "| `numpy_product` | 0.44 | 0.44 | not finite |"


def test_the_range_of_the_errors_and_the_notes_of_checks_stand_in_one_section(report):
    said = report.partition(f"## {HEADING}")[2].partition("\n## ")[0]

    assert "- float32: error from 4e-08 (`numpy_broadcast` at n = 32) to 2.9e-05 (`numpy_product` at n = 32)." in said
    assert "float32: `numpy_product` at n = 32: as exact as can be." in said


def test_errors_that_are_all_the_same_are_said_once():
    said = [outcome(name, size=size, threads=1, error=0.0, bound=1e-9) for name in BASES for size in SIZES]

    assert "- float32: error 0 in every cell." in text_of(kernel_run(None, outcomes=said))


def test_a_name_of_a_case_from_outside_is_text():
    text = text_of(run_with(EVIL))

    assert "the case `<b>far\\|\\x1b[2J`" in text
    assert "\x1b" not in text


def test_networks_show_no_errors_beside_their_speeds():
    said = [outcome(name, size=size, threads=1, error=1e-6, bound=1e-5) for name, size in full_run_cells()]
    run = full_run(None, outcomes=said)

    assert HEADING not in text_of(run)
    assert "allowed" not in text_of(run).partition("## Results")[2].partition("\n## ")[0]
    assert "error" not in printed(run)


def full_run_cells():
    frame = full_run(None).samples
    return list(frame[["variant", "size"]].drop_duplicates().itertuples(index=False, name=None))


def test_the_terminal_shows_errors_where_they_need_no_further_table():
    wide, narrow = printed(run_with(), 80), printed(run_with(), 50)
    row = next(line for line in wide.splitlines() if line.startswith("numpy_product"))

    assert row.split()[3::3] == ["2.9e-05"] * 3
    assert "Last, the error against the reference." in " ".join(wide.split())
    assert "Last, the error" not in narrow
    for text in (wide, narrow):
        words = " ".join(text.split())
        assert "in the case far, which is shown and not judged, from 3e-08 (numpy_broadcast at n = 32)" in words
    assert max(map(len, narrow.splitlines())) <= 50
