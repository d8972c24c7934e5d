"""The application that every command registers with, and where it prints."""

from __future__ import annotations

import typer
from rich.console import Console

EXIT_FAILED_CHECK = 1
EXIT_INTERRUPTED = 130

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Settles quarrels about numerical code by measurement.",
    epilog=(
        "Exit codes: 0 done · 1 an implementation failed its check or cannot run (verify, profile, train), a cell is "
        "slower (compare) · 2 misuse · "
        "3 a workload file is wrong · "
        "4 a data set is missing or damaged · 5 a results folder cannot be read or written · "
        "6 runs that cannot be compared · 130 interrupted."
    ),
)
out = Console()
err = Console(stderr=True)
