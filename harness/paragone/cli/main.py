"""The command line: a command for every verb, one file each."""

from __future__ import annotations

import errno
import os
import signal
import sys
from typing import Annotated, NoReturn

import typer
from rich.markup import escape

from harness import __version__
from harness.cli import (
    adding,
    checking,
    claiming,
    comparing,
    doctoring,
    exporting,
    listing,
    live_comparing,
    measuring,
    profiling,
    selftesting,
    training,
)
from harness.cli.app import EXIT_INTERRUPTED, app, err, out
from harness.errors import HarnessError

__all__ = ["app", "main"]

# What a full disk or a terminal that is gone answers; files of ours that cannot be written have words of their own.
UNWRITABLE = {errno.ENOSPC, errno.EIO, errno.EDQUOT}
EXIT_UNWRITABLE = 5
# In the order of --help.
COMMANDS = (
    (listing.list_implementations, "paragone list 'numpy_*'"),
    (adding.new, "paragone new my_step --language c"),
    (checking.verify, "paragone verify numpy_tuned --problem mlp4 --batch-sizes 1,7,500"),
    (measuring.bench, "paragone bench --problem mlp4 -i 'numpy_*' --dtype float32 --batch-sizes 500,20000"),
    (measuring.report, "paragone report latest"),
    (comparing.compare, "paragone compare 2026-01-02T030405Z latest --markdown"),
    (profiling.profile, "paragone profile -i 'numpy_*' -p mlp4 -b 500,20000"),
    (claiming.claims, "paragone claims -i S2"),
    (training.train, "paragone train numpy_tuned --epochs 30 --dtype float64"),
    (exporting.export, "paragone export latest --format pytest-benchmark > run.json"),
    (doctoring.doctor, "paragone doctor"),
    (selftesting.selftest, "paragone selftest coverage quiet"),
)
# Commands of a class of their own.
CLASSES = {"compare": live_comparing.OrLive}
for function, example in COMMANDS:
    name = example.split()[1]
    app.command(name, cls=CLASSES.get(name), epilog=f"Example: {example}")(function)


def main() -> NoReturn:
    """Run the command line; a user's mistake ends in a sentence and an exit code, never in a traceback."""
    signal.signal(signal.SIGTERM, _as_interrupt)
    try:
        # Outside standalone mode an Exit comes back as its code, and a command that just ends as None.
        code = app(standalone_mode=False)
    except HarnessError as error:
        err.print(f"[bold red]error:[/] {escape(str(error))}", soft_wrap=True, highlight=False)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        err.print("Interrupted.")
        sys.exit(EXIT_INTERRUPTED)
    except Exception as error:
        if hasattr(error, "exit_code") and hasattr(error, "show"):
            error.show()
            sys.exit(error.exit_code)
        if isinstance(error, OSError) and error.errno in UNWRITABLE:
            _say_no_more(error)
        raise
    sys.exit(code or 0)


def _say_no_more(error: OSError) -> NoReturn:
    """End where standard output takes nothing: what is left in its buffer is dropped, what was measured is kept."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    err.print(f"[bold red]error:[/] standard output cannot be written: {error.strerror}", soft_wrap=True)
    sys.exit(EXIT_UNWRITABLE)


def _as_interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


@app.callback(invoke_without_command=True)
def root(version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False) -> None:
    """Settle quarrels about numerical code by measurement."""
    if version:
        out.print(f"paragone {__version__}", highlight=False)
        raise typer.Exit
