"""The command line: registers every verb, and turns errors into sentences and exit codes."""

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
from paragone.cli.bench import bench
from paragone.cli.claims import claims
from paragone.cli.compare import compare
from paragone.cli.compare_live import OrLive
from paragone.cli.doctor import doctor
from paragone.cli.export import export
from paragone.cli.header import header
from paragone.cli.julia import julia
from paragone.cli.list import list_implementations
from paragone.cli.new import new
from paragone.cli.new_kernel import new_kernel
from paragone.cli.profile import profile
from paragone.cli.report import report
from paragone.cli.selftest import selftest
from paragone.cli.train import train
from paragone.cli.verify import verify
from paragone.errors import HarnessError

__all__ = ["app", "main"]

# Errors of standard output on a full disk or a closed terminal. Where a run's own files cannot be written, the writer
# raises ResultsUnusable.
UNWRITABLE = {errno.ENOSPC, errno.EIO, errno.EDQUOT}
EXIT_UNWRITABLE = 5
# In the order of --help.
COMMANDS = (
    (list_implementations, "paragone list 'numpy_*'"),
    (new, "paragone new my_step --language c"),
    (new_kernel, "paragone new-kernel my_kernel"),
    (header, "paragone header pairwise"),
    (verify, "paragone verify numpy_tuned --problem mlp4 --batch-sizes 1,7,500"),
    (bench, "paragone bench --problem mlp4 -i 'numpy_*' --dtype float32 --batch-sizes 500,20000"),
    (report, "paragone report latest"),
    (compare, "paragone compare 2026-01-02T030405Z latest --markdown"),
    (profile, "paragone profile -i 'numpy_*' -p mlp4 -b 500,20000"),
    (claims, "paragone claims -i S2"),
    (train, "paragone train numpy_tuned --epochs 30 --dtype float64"),
    (export, "paragone export latest --format pytest-benchmark > run.json"),
    (doctor, "paragone doctor"),
    (julia, "paragone julia"),
    (selftest, "paragone selftest coverage quiet"),
)
# Commands that are more than a function.
CLASSES = {"compare": OrLive}
for function, example in COMMANDS:
    name = example.split()[1]
    app.command(name, cls=CLASSES.get(name), epilog=f"Example: {example}")(function)


def main() -> NoReturn:
    """Run the command line: a user's mistake ends with a sentence and an exit code, never with a traceback."""
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


@app.callback(invoke_without_command=True)
def root(version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False) -> None:
    """Settle quarrels about numerical code by measurement."""
    if version:
        out.print(f"paragone {__version__}", highlight=False)
        raise typer.Exit
