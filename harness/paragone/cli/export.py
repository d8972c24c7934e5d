"""paragone export."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from paragone.cli.options import ResultsOption
from paragone.cli.values import write_output
from paragone.errors import UnknownName


def export(
    run: Annotated[str, typer.Argument(help="Name or folder of a run; latest if left out.")] = "latest",
    format_: Annotated[str, typer.Option("--format", help="pytest-benchmark")] = "pytest-benchmark",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write; else standard output.")] = None,
    results: ResultsOption = None,
) -> None:
    """Write a run in another tool's form."""
    from paragone.analyse.results import Results
    from paragone.report.text.pytest_benchmark import pytest_benchmark_json
    from paragone.store.reader import read_run
    from paragone.store.runs import find_run, results_folder

    if format_ != "pytest-benchmark":
        raise UnknownName("format", format_, ["pytest-benchmark"])
    text = json.dumps(pytest_benchmark_json(Results(read_run(find_run(results_folder(results), run)))), indent=1)
    if output is None:
        sys.stdout.write(text + "\n")
        return
    write_output(output, text + "\n")
