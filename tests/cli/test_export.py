"""paragone export as a user types it: a file or standard output, and a reason for every refusal."""

import json
import subprocess
import sys

import pytest
from pair_of_runs import noisy_run, written

from paragone.files.paths import IMPORT_ROOT

RUN, CUT = "2026-01-01T000000Z", "2026-01-02T000000Z"


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A folder with a run, one that was interrupted, and one in which everything failed."""
    folder = tmp_path_factory.mktemp("results")
    written(noisy_run(RUN, 1), folder)
    (written(noisy_run(CUT, 2), folder) / "finished.json").unlink()
    failed = written(noisy_run("2026-01-03T000000Z", 3), folder)
    text = (failed / "outcomes.jsonl").read_text()
    (failed / "outcomes.jsonl").write_text(text.replace('"passed"', '"failed"'))
    return folder


@pytest.fixture
def export(paragone, results):
    return lambda *arguments: paragone("export", *arguments, "--results", results)


@pytest.mark.parametrize("form", ["pytest-benchmark", "github-action-benchmark", "bencher", "csv"])
def test_a_form_of_text_is_the_same_on_standard_output_and_in_a_file(export, tmp_path, form):
    code, out, err = export(RUN, "--format", form)
    again = export(RUN, "--format", form, "-o", tmp_path / "run")

    assert (0, "") == (code, err)
    assert (0, "", "") == again
    assert out == (tmp_path / "run").read_text()
    assert "numpy_a" in out


def test_without_a_format_it_is_that_of_pytest_benchmark(export):
    assert "machine_info" in json.loads(export(RUN)[1])


def test_a_decimal_comma_comes_with_semicolons(export):
    header, first, *_ = export(RUN, "--format", "csv", "--decimal", ",")[1].splitlines()

    assert header.startswith("run;problem;")
    assert len(header.split(";")) == len(first.split(";"))


def test_parquet_goes_to_a_file_or_a_pipe_and_not_to_a_terminal(export, results, tmp_path, monkeypatch):
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    code, _, _ = export(RUN, "--format", "parquet", "-o", tmp_path / "run.parquet")
    content = (tmp_path / "run.parquet").read_bytes()
    assert (0, b"PAR1") == (code, content[:4])

    command = [sys.executable, "-m", "paragone", "export", RUN, "--format", "parquet", "--results", str(results)]
    piped = subprocess.run(command, cwd=tmp_path, env={"PYTHONPATH": str(IMPORT_ROOT)}, capture_output=True, check=True)
    assert content == piped.stdout

    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    code, out, err = export(RUN, "--format", "parquet")
    assert (2, "") == (code, out)
    assert "--output run.parquet" in err


def test_what_an_interrupted_run_had_measured_is_exported_and_said_to_be_that(export):
    code, out, err = export(CUT, "--format", "bencher")

    assert code == 0
    assert json.loads(out)
    assert f"{CUT} was interrupted: this is what it had measured." in err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["2026-01-01T000001Z"], 2, f"Did you mean '{RUN}'?"),
        ([RUN, "--format", "json"], 2, "unknown format 'json'"),
        ([RUN, "--decimal", ","], 2, "in csv alone, not in pytest-benchmark"),
        ([RUN, "-o", "/nowhere/at/all.json"], 2, "/nowhere/at/all.json: cannot be written"),
        ([RUN, "-o", "/dev/full"], 2, "/dev/full: cannot be written: No space left on device"),
        (["latest", "--format", "bencher"], 5, "no cell has passed and has a time"),
    ],
)
def test_what_cannot_be_exported_is_a_sentence_and_a_code_and_no_output(export, arguments, code, said):
    got, out, err = export(*arguments)

    assert (code, "") == (got, out)
    assert said in " ".join(err.split())
