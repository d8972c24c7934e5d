"""paragone export."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from paragone.cli.app import err
from paragone.cli.options import ResultsOption
from paragone.cli.values import write_output
from paragone.errors import Misuse


def export(
    run: Annotated[str, typer.Argument(help="Name or folder of a run; latest if left out.")] = "latest",
    format_: Annotated[
        str, typer.Option("--format", help="pytest-benchmark, github-action-benchmark, bencher, csv or parquet.")
    ] = "pytest-benchmark",
    decimal: Annotated[
        str | None,
        typer.Option("--decimal", help="Of csv: . or a comma, and then ; between fields, for a spreadsheet."),
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write; else standard output.")] = None,
    results: ResultsOption = None,
) -> None:
    """Write a run in another tool's form."""
    from paragone.analyse.results import Results
    from paragone.analyse.statuses import was_finished
    from paragone.report.export.forms import BINARY, writer_of
    from paragone.store.reader import read_run
    from paragone.store.runs import find_run, results_folder

    write = writer_of(format_, decimal)
    if format_ in BINARY and output is None and sys.stdout.isatty():
        raise Misuse(f"--format {format_} is no text for a terminal. Name a file: --output run.{format_}")
    read = read_run(find_run(results_folder(results), run))
    content = write(Results(read))
    if not was_finished(read):
        err.print(f"{read.folder} was interrupted: this is what it had measured.", soft_wrap=True, highlight=False)
    if output is not None:
        write_output(output, content)
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()
