"""`paragone claims` from the command line: what is chosen, what is misuse, and one measurement from end to end."""

import re

import pytest

TINY = """
[[claim]]
id = "{id}"
source = "me"
says = "Rows are a hundred times as fast as columns of data in order C"
problem = "small.toml"
quantity = "epoch with evaluation"
variant = "numpy_rows[dtype=float32]"
than = "numpy_columns[dtype=float32,order=C]"
batch_size = 20
at_least = 100
"""


@pytest.fixture
def tiny(tmp_path, small):
    """A file of one claim, beside its problem."""
    assert small.parent == tmp_path
    path = tmp_path / "tiny.toml"
    path.write_text(TINY.format(id="mine"))
    return path


def test_without_measuring_and_without_runs_nothing_can_be_told(paragone, tiny, tmp_path):
    code, out, _ = paragone("claims", "--file", tiny, "--no-measure", "--results", tmp_path / "none")

    assert code == 0
    assert "1 cannot be told." in out
    assert "at least 100×" in out


def test_what_the_sources_claim_of_mnist_is_not_judged_on_other_data(paragone, small, tmp_path):
    code, out, err = paragone("claims", "-i", "s0-numpy-per-sample", "--results", tmp_path / "none")

    assert code == 0
    assert "1 not about this data." in out
    assert "To be measured" not in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("-i", "S9"), "unknown claim 'S9'"),
        (("--new", "--no-measure"), "leave out one of them"),
        (("--file", "missing.toml"), "missing.toml: cannot be read"),
        (("-k", "nosuch"), "unknown kernel 'nosuch'"),
        (("-k", "pairwise", "-i", "S2"), "unknown claim 'S2'"),
    ],
)
def test_misuse_is_told_with_its_exit_code(paragone, tmp_path, arguments, words):
    code, _, err = paragone("claims", "--results", tmp_path, *arguments)

    assert code == 2
    assert words in " ".join(err.split())


@pytest.mark.parametrize(("kernel", "own", "others"), [("pairwise", 6, "heat"), ("heat", 3, "pairwise")])
def test_the_claims_about_a_kernel_are_those_and_no_others(paragone, tmp_path, kernel, own, others):
    code, out, _ = paragone("claims", "-k", kernel, "--no-measure", "--results", tmp_path / "none")

    assert code == 0
    summary = out.splitlines()[-1]
    assert "cannot be told" in summary
    assert sum(map(int, re.findall(r"(\d+) cannot be", summary))) == own, "without Numba some cannot be run"
    assert f"{others}, run" not in " ".join(out.split())


def test_a_kernel_of_ones_own_has_no_claims_until_one_writes_them(paragone, tmp_path):
    assert paragone("new-kernel", "gauss", "--into", tmp_path)[0] == 0
    code, out, _ = paragone("claims", "-k", "gauss", "--plugins", tmp_path, "--results", tmp_path)

    assert code == 0
    assert "No claim is about gauss. One of your own: paragone claims -k gauss --file FILE" in " ".join(out.split())


def test_a_file_about_another_kernel_is_told_with_the_command_for_it(paragone, tiny):
    code, _, err = paragone("claims", "-k", "pairwise", "--file", tiny)

    assert code == 2
    assert "claim mine is about small: paragone claims" in " ".join(err.split())


def test_two_files_with_the_same_claim_and_unknown_variants_are_misuse(paragone, tiny, tmp_path):
    twice = paragone("claims", "--file", tiny, "--file", tiny, "--no-measure")
    tiny.write_text(TINY.format(id="mine").replace("numpy_columns", "numpy_colums"))
    unknown = paragone("claims", "--file", tiny, "--no-measure")

    assert (twice[0], unknown[0]) == (2, 2)
    assert "a claim of another file has it already" in " ".join(twice[2].split())
    assert "claim mine: than: unknown implementation 'numpy_colums'" in " ".join(unknown[2].split())


@pytest.mark.slow
def test_what_is_missing_is_measured_once_and_then_taken_from_that_run(paragone, tiny, tmp_path, monkeypatch):
    """A claim false on purpose: no verdict without an interval, yet a ratio; the second time nothing is measured."""
    results = tmp_path / "results"
    code, out, err = paragone("claims", "--file", tiny, "--quick", "--results", results)
    (run,) = results.iterdir()
    rows = (run / "evaluations.jsonl").read_text().splitlines()

    assert code == 0
    assert "To be measured: mine." in err
    assert "one launch has no interval" in " ".join(out.split())
    assert len(rows) == 6 * 3  # rounds × the two cells and the control

    code, _, err = paragone("claims", "--file", tiny, "--quick", "--results", results)
    assert code == 0
    assert f"Measured already in {run.name}: mine." in " ".join(err.split())
    assert [path.name for path in results.iterdir()] == [run.name]
