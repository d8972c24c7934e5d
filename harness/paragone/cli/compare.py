"""paragone compare; with --live, the command of compare_live.py."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand
from typer.main import get_command

from paragone.cli.app import EXIT_FAILED_CHECK, out
from paragone.cli.options import ResultsOption
from paragone.cli.report import different_runs
from paragone.cli.values import fraction, write_output
from paragone.errors import Misuse

LIVE = "--live"
MOST_RUNS = 26  # each run is called by a letter


def compare(
    runs: Annotated[
        list[str], typer.Argument(metavar="A B [C …]", help="Runs: names, folders or latest; each is compared with A.")
    ],
    fail_slower: Annotated[
        str, typer.Option("--fail-slower", help="Exit code 1 where a cell surely takes that much longer than in A.")
    ] = "5%",
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Compare what is not the same work too; the result says so.")
    ] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Markdown for the comment of a pull request.")] = False,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write the Markdown to.")] = None,
    results: ResultsOption = None,
) -> None:
    """Compare runs over time, versions or machines, cell by cell; exit code 1 where one is slower.

    --live A B measures two versions of implementations in one run and finds less: paragone compare --live --help
    """
    allowed = fraction(fail_slower, "--fail-slower")
    assert allowed is not None
    folders = run_folders_of(runs, results)

    from paragone.analyse.results import Results
    from paragone.comparison.across_time import compare as compared
    from paragone.report.terminal.comparison import print_comparison
    from paragone.report.text.comparison import comparison_report as written
    from paragone.store.reader import read_run

    first, *others = (Results(read_run(folder)) for folder in folders)
    comparisons = [compared(first, other, anyway) for other in others]
    if output is not None:
        write_output(output, written(comparisons, allowed))
    if markdown:
        sys.stdout.write(written(comparisons, allowed))
    elif output is None:
        print_comparison(comparisons, allowed, out)
    else:
        out.print(f"Comparison: {output}", soft_wrap=True, highlight=False)
    if any(len(one.slower_beyond(allowed)) or len(one.newly_failed) for one in comparisons):
        raise typer.Exit(EXIT_FAILED_CHECK)


def run_folders_of(names: list[str], results: Path | None) -> list[Path]:
    """The folders of two runs or more, the first the one compared against. Raises Misuse, UnknownName."""
    from paragone.store.runs import results_folder

    if len(names) < 2:
        raise Misuse("compare: expected two runs or more, got one. Such as: paragone compare RUN latest")
    if len(names) > MOST_RUNS:
        raise Misuse(f"compare: expected at most {MOST_RUNS} runs, got {len(names)}")
    return different_runs("compare", names, results_folder(results))


class OrLive(TyperCommand):
    """`compare`; with --live among its arguments, the command `live` with options and help of its own."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Parse the arguments by the command that they ask for."""
        if LIVE not in args:
            return super().make_context(info_name, args, parent, **extra)
        from paragone.cli.compare_live import live

        alone = typer.Typer(add_completion=False, context_settings={"help_option_names": ["-h", "--help"]})
        alone.command(epilog="Example: paragone compare --live HEAD . -i numpy_rows -b 10,1000")(live)
        others = [argument for argument in args if argument != LIVE]
        return get_command(alone).make_context(f"{info_name} {LIVE}", others, parent, **extra)
