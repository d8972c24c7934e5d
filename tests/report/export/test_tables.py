"""The tables of a run: every cell with its status, numbers that a spreadsheet takes for numbers, and no formula."""

import io
import sys

import pandas as pd
import pytest
from made_up_run import BASE, CONTROL, OTHER, made_up_run, outcome, with_unchecked_plan

from paragone.analyse.results import Results
from paragone.errors import Misuse
from paragone.report.export.tables import csv_table, parquet_table

TIMES = {
    (BASE, 10): [[2e-5] * 3, [2.2e-5] * 3],
    (CONTROL, 10): [[2e-5] * 3] * 2,
    (OTHER, 10): [[1e-5] * 3] * 2,
}


def results_that_say(reason="W1; differs, by 3,1"):
    said = [outcome(BASE), outcome(CONTROL), outcome(OTHER, "failed", 10, reason=reason)]
    return Results(made_up_run(None, TIMES, outcomes=said))


@pytest.fixture
def read_parquet():
    """Read a table in Parquet; skipped where pyarrow, an extra, is not installed."""
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    return lambda content: pd.read_parquet(io.BytesIO(content))


def read_csv(content, decimal):
    return pd.read_csv(io.BytesIO(content), sep=";" if decimal == "," else ",", decimal=decimal)


@pytest.mark.parametrize("decimal", [".", ","])
def test_the_table_has_a_row_for_every_cell_and_numbers_in_either_notation(decimal):
    results = results_that_say()
    table = read_csv(csv_table(results, decimal), decimal)

    assert ["run", *results.summary.columns] == list(table.columns)
    assert {"made-up"} == set(table["run"])
    assert ["passed", "passed", "failed"] == list(table["status"])
    assert "W1; differs, by 3,1" == table["reason"].iloc[-1]
    assert pytest.approx(results.summary["seconds_per_step"].iloc[0], rel=1e-5) == table["seconds_per_step"].iloc[0]


def test_with_a_decimal_comma_no_number_has_a_point():
    lines = csv_table(results_that_say(), ",").decode().splitlines()
    fields = dict(zip(lines[0].split(";"), lines[1].split(";"), strict=True))

    assert "2,1e-05" == fields["seconds_per_step"]
    assert "10" == fields["size"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "=1;2"])
@pytest.mark.parametrize("decimal", [".", ","])
def test_no_text_of_the_table_is_a_formula_in_either_notation(text, decimal):
    results = Results(with_unchecked_plan(results_that_say(text).run, run=text))
    table = read_csv(csv_table(results, decimal), decimal)

    assert f"'{text}" == table["reason"].iloc[-1]
    assert {f"'{text}"} == set(table["run"])


def test_parquet_gives_the_summary_back_with_all_digits_and_missing_numbers_missing(read_parquet):
    results = results_that_say()
    table = read_parquet(parquet_table(results))

    pd.testing.assert_frame_equal(results.summary, table.drop(columns="run"), check_dtype=False)
    assert pd.isna(table["ratio_to_baseline"].iloc[-1])
    assert table["control"].dtype == bool


def test_text_that_does_not_print_is_text_in_parquet(read_parquet):
    table = read_parquet(parquet_table(results_that_say("a\x1b[2J\nb")))

    assert "a\\x1b[2J b" == table["reason"].iloc[-1]


def test_without_pyarrow_the_command_that_installs_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    with pytest.raises(
        Misuse, match=r"needs pyarrow, which is not installed. Install: pip install 'paragone\[parquet\]'"
    ):
        parquet_table(results_that_say())
