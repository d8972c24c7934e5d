"""The forms in which a run can be written for other tools, by the names that `paragone export --format` knows."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from paragone.errors import Misuse, ResultsUnusable, UnknownName
from paragone.report.export.bencher import bencher_json
from paragone.report.export.cells import passed_cells
from paragone.report.export.github_action_benchmark import github_action_benchmark_json
from paragone.report.export.pytest_benchmark import pytest_benchmark_json
from paragone.report.export.tables import csv_table, parquet_table

if TYPE_CHECKING:
    from paragone.analyse.results import Results

# For tools that follow a number over time; what has no number is not in them.
JSON_FORMS: dict[str, Callable[[Results], Any]] = {
    "pytest-benchmark": pytest_benchmark_json,
    "github-action-benchmark": github_action_benchmark_json,
    "bencher": bencher_json,
}
FORMS = (*JSON_FORMS, "csv", "parquet")
BINARY = ("parquet",)
DECIMALS = (".", ",")


def writer_of(form: str, decimal: str | None = None) -> Callable[[Results], bytes]:
    """Return the function that makes a file of a run; `decimal` is the sign in numbers of a CSV.

    Raises UnknownName, and Misuse for a decimal sign where there is none to choose. The function raises ResultsUnusable
    where no cell of the run belongs into the file.
    """
    if form not in FORMS:
        raise UnknownName("format", form, FORMS)
    if decimal is not None and form != "csv":
        raise Misuse(f"--decimal: numbers have a decimal sign in csv alone, not in {form}")
    if decimal is not None and decimal not in DECIMALS:
        raise Misuse(f"--decimal: expected . or , got {decimal!r}")
    if form == "csv":
        return partial(csv_table, decimal=decimal or ".")
    return parquet_table if form == "parquet" else partial(_written, form=form)


def _written(results: Results, form: str) -> bytes:
    if passed_cells(results).empty:
        raise ResultsUnusable(
            f"{results.run.folder}: no cell has passed and has a time, so there is nothing for {form}. The statuses: "
            "paragone export --format csv"
        )
    return (json.dumps(JSON_FORMS[form](results), indent=1, allow_nan=False) + "\n").encode()
