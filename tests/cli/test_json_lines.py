"""Rows for another program: one JSON object per line on standard output, and nothing else there."""

import json

import pytest
from own_kernel import write_kernel


@pytest.fixture
def candidates(tmp_path):
    """A kernel of the user with a right candidate, its baseline, a wrong one, and one that is none."""
    folder = write_kernel(tmp_path, "twice") / "twice"
    (folder / "wrong.py").write_text('"""Wrong."""\n\n\ndef run(x, y):\n    y[:] = 3 * x\n')
    (folder / "broken.py").write_text('"""Broken."""\n\n\ndef run(x, y)\n')
    return folder


def rows_of(text):
    return [json.loads(line) for line in text.splitlines()]


def test_verify_prints_a_line_for_each_check_and_for_what_is_no_implementation(paragone, candidates):
    code, out, _ = paragone("verify", f"{candidates}/", "-k", "twice", "--sizes", 10, "--dtype", "float64", "--json")
    rows = rows_of(out)

    assert code == 1
    assert {row["status"] for row in rows if row.get("variant") == "whole[dtype=float64]"} == {"passed"}
    (wrong,) = [row for row in rows if row.get("variant") == "wrong[dtype=float64]"]
    assert (wrong["status"], wrong["size"]) == ("failed", 10)
    assert "differs from the reference" in wrong["reason"]
    assert [row["implementation"] for row in rows if row["status"] == "unusable"] == ["broken"]


def test_a_folder_is_verified_with_what_lies_there_and_nothing_else(paragone, candidates):
    more = candidates.parent / "more"
    more.mkdir()
    (candidates / "broken.py").unlink()
    write_kernel(more, "twice")
    (more / "twice" / "whole.py").rename(more / "twice" / "mine.py")
    words = ("verify", f"{more}/", "-k", "twice", "--plugins", candidates, "--sizes", 10, "--dtype", "float64")
    code, out, _ = paragone(*words, "--json")

    assert code == 0
    assert {row["variant"] for row in rows_of(out)} == {"mine[dtype=float64]"}


def test_a_folder_that_is_not_there_is_misuse(paragone, tmp_path):
    code, _, err = paragone("verify", f"{tmp_path}/nowhere/", "-k", "heat")

    assert code == 2
    assert "nowhere: expected a folder with implementations; there is no such folder" in err


def test_bench_prints_the_rows_of_the_summary_with_the_folder_of_the_run(paragone, candidates, tmp_path):
    words = ("bench", "-k", "twice", "--plugins", candidates, "--sizes", 10, "--dtype", "float64", "--quick", "--json")
    code, out, _ = paragone(*words, "--rounds", 3, "--results", tmp_path / "results")
    rows = {row["variant"]: row for row in rows_of(out)}

    assert code == 1
    assert rows["whole[dtype=float64]"]["verdict"] == "baseline"
    assert rows["wrong[dtype=float64]"]["ratio_to_baseline"] is None
    assert [rows["whole[dtype=float64]"]["run"]] == [str(path) for path in (tmp_path / "results").iterdir()]


def test_json_prints_checks_and_no_contract(paragone):
    code, _, err = paragone("verify", "numpy_rows", "--contract", "--json")

    assert code == 2
    assert "leave out --contract or --json" in err


def test_list_prints_a_line_for_each_implementation_with_why_it_cannot_run(paragone):
    code, out, _ = paragone("list", "numpy_rows", "cupy_rows", "--json")
    by_name = {row["implementation"]: row for row in rows_of(out)}

    assert 0 == code
    assert by_name["numpy_rows"]["axes"] == {"dtype": ["float32", "float64"], "order": ["C", "F"]}
    assert by_name["numpy_rows"]["unavailable"] == ""
    assert by_name.keys() == {"numpy_rows", "cupy_rows"}


def test_claims_prints_a_line_for_each_with_null_where_nothing_was_measured(paragone, tmp_path):
    code, out, _ = paragone("claims", "-k", "heat", "--no-measure", "--json", "--results", tmp_path / "none")
    rows = rows_of(out)

    assert 0 == code
    assert {row["ratio"] for row in rows} == {None}
    assert all(row["says"] and row["verdict"].startswith("cannot be") and row["why"] for row in rows)
