"""The command line: runs the verb that is asked for, and turns errors into sentences and exit codes."""

from __future__ import annotations

import errno
import os
import signal
import sys
from typing import Annotated, NoReturn

import typer
from rich.markup import escape

from paragone import __version__
from paragone.cli.app import EXIT_INTERRUPTED, app, err, out
from paragone.cli.verbs import Verbs
from paragone.errors import HarnessError
from paragone.files.printable import take_all_text

__all__ = ["app", "main"]

# Errors of standard output on a full disk or a closed terminal. Where a run's own files cannot be written, the writer
# raises ResultsUnusable.
UNWRITABLE = {errno.ENOSPC, errno.EIO, errno.EDQUOT}
EXIT_UNWRITABLE = 5


def main() -> NoReturn:
    """Run the command line: a user's mistake ends with a sentence and an exit code, never with a traceback."""
    for stream in (sys.stdout, sys.stderr):
        take_all_text(stream)
    signal.signal(signal.SIGTERM, _raise_interrupt)  # a terminated run ends like an interrupted one: it can go on
    try:
        # Outside standalone mode, typer returns the code of an Exit, and None where a command returns.
        code = app(standalone_mode=False)
        sys.stdout.flush()
    except SystemExit:
        # So Typer and Rich end where the reader of a pipe has gone, as in `paragone list | head -1`; nobody is told.
        _stop_writing()
        sys.exit(EXIT_UNWRITABLE)
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
        if isinstance(error, BrokenPipeError):
            _stop_writing()
            sys.exit(EXIT_UNWRITABLE)
        if isinstance(error, OSError) and error.errno in UNWRITABLE:
            _exit_unwritable(error)
        raise
    sys.exit(code or 0)


def _exit_unwritable(error: OSError) -> NoReturn:
    _stop_writing()
    err.print(f"[bold red]error:[/] standard output cannot be written: {error.strerror}", soft_wrap=True)
    sys.exit(EXIT_UNWRITABLE)


def _stop_writing() -> None:
    """Python flushes standard output at exit, which would fail again with a traceback."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _raise_interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


@app.callback(cls=Verbs, invoke_without_command=True)
def root(version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False) -> None:
    """Settle quarrels about numerical code by measurement."""
    if version:
        out.print(f"paragone {__version__}", highlight=False)
        raise typer.Exit
