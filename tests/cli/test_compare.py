"""paragone compare and paragone report with several runs, as a user types them: exit codes, files, misuse."""

import shutil

import pytest
from pair_of_runs import SLOWED, noisy_run, written


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Return a folder with a run, one of the same code, a slower one and one of other work."""
    folder = tmp_path_factory.mktemp("results")
    runs = (
        noisy_run("2026-01-01T000000Z", 1),
        noisy_run("2026-01-02T000000Z", 2),
        noisy_run("2026-01-03T000000Z", 3, changed=[SLOWED], slower={SLOWED: 1.2}),
        noisy_run("2026-01-04T000000Z", 4, plan={"seed": 7}),
    )
    for run in runs:
        written(run, folder)
    return folder


@pytest.fixture
def paragone(paragone, results):
    """Run the command line on these runs."""
    return lambda command, *arguments: paragone(command, *arguments, "--results", results)


SAME, SLOWER, OTHER_WORK = "2026-01-02T000000Z", "2026-01-03T000000Z", "latest"
FIRST = "2026-01-01T000000Z"


def test_runs_of_the_same_code_end_with_0_and_a_table(paragone):
    code, out, _ = paragone("compare", FIRST, SAME)

    assert code == 0
    assert "No cell is surely slower beyond 5.0 %." in out
    assert "numpy_a" in out


def test_a_cell_that_is_slower_ends_with_1_unless_that_much_is_allowed(paragone):
    assert paragone("compare", FIRST, SLOWER)[0] == 1
    assert paragone("compare", FIRST, SAME, SLOWER)[0] == 1, "whichever run it is in"
    assert paragone("compare", FIRST, SLOWER, "--fail-slower", "40%")[0] == 0
    assert paragone("compare", SLOWER, FIRST)[0] == 0, "faster is no failure"


def test_a_cell_that_failed_in_the_later_run_alone_ends_with_1(paragone, results):
    failed = results / "2026-01-02T000000Z-failed"
    shutil.copytree(results / SAME, failed)
    text = (failed / "outcomes.jsonl").read_text().splitlines()
    text = [row.replace('"passed"', '"failed"') if "numpy_b" in row else row for row in text]
    (failed / "outcomes.jsonl").write_text("\n".join(text) + "\n")
    code, out, _ = paragone("compare", FIRST, failed)

    assert code == 1
    assert "2 cells passed in A and failed in B." in out
    assert paragone("compare", failed, FIRST)[0] == 0, "what is mended is no failure"
    shutil.rmtree(failed)


def test_markdown_goes_to_standard_output_or_to_a_file(paragone, tmp_path):
    _, out, _ = paragone("compare", FIRST, SLOWER, "--markdown")
    code, said, _ = paragone("compare", FIRST, SLOWER, "--output", tmp_path / "comparison.md")

    assert out.startswith("# 2026-01-03T000000Z (B) against 2026-01-01T000000Z (A)\n")
    assert (tmp_path / "comparison.md").read_text() == out
    assert code == 1
    assert "comparison.md" in said


def test_other_work_ends_with_6_and_anyway_with_the_comparison(paragone):
    code, out, err = paragone("compare", FIRST, OTHER_WORK)
    told, anyway, _ = paragone("compare", FIRST, OTHER_WORK, "--anyway")

    assert (code, out) == (6, "")
    assert "seeds 1 and 7" in err
    assert "--anyway" in err
    assert told == 0
    assert "Compared all the same (--anyway): start and order" in " ".join(anyway.split())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([FIRST], "two runs or more, got one"),
        ([FIRST, FIRST], "among the runs already"),
        ([FIRST, "2026-01-02T000001Z"], f"Did you mean '{SAME}'?"),
        ([FIRST, SAME, "--fail-slower", "5"], "--fail-slower: expected a percentage"),
        ([FIRST, SAME, "--output", "/nowhere/at/all.md"], "/nowhere/at/all.md: cannot be written"),
        ([FIRST] * 27, "at most 26"),
    ],
)
def test_misuse_ends_with_2_and_says_what_was_expected(paragone, arguments, said):
    code, out, err = paragone("compare", *arguments)

    assert (code, out) == (2, "")
    assert said in err


def test_the_report_of_several_runs_goes_to_a_folder_of_its_own_which_is_no_run(paragone, without_figures, results):
    before = {path.name for path in results.iterdir()}
    code, out, _ = paragone("report", FIRST, SAME)
    [new] = {path.name for path in results.iterdir()} - before

    assert code == 0
    assert new.startswith(f"{FIRST}-joined-")
    assert out == f"Report: {results / new / 'report.md'}\n"
    assert not (results / FIRST / "report.md").exists(), "the runs themselves are left as they are"
    assert paragone("compare", SAME, "latest", "--anyway")[0] == 0, "latest is still a run"


def test_a_run_is_not_put_beside_itself(paragone):
    code, _, err = paragone("report", FIRST, FIRST)

    assert code == 2
    assert "which is among the runs already; name another" in err


def test_the_report_of_runs_of_other_work_ends_with_6(paragone):
    code, _, err = paragone("report", FIRST, OTHER_WORK)

    assert code == 6
    assert "cannot be joined: B and A: start and order" in err


def test_the_report_of_one_run_is_written_into_its_folder(paragone, without_figures, results):
    code, out, _ = paragone("report", SAME)

    assert code == 0
    assert (results / SAME / "report.md").is_file()
    assert "images per second" in out.lower()
