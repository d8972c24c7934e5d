"""The application that every command registers with, and the consoles that commands print to."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import typer
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.table import Table

from paragone.files.printable import printable

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
        "Exit codes: 0 done · 1 an implementation failed its check or cannot run (verify, profile, train), one that "
        "is named failed or nothing was measured of it (bench; with --strict any that failed), a cell is slower "
        "(compare), a goal is missed (selftest) · 2 misuse · "
        "3 a problem file is wrong · "
        "4 a data set is missing or damaged · 5 results or standard output cannot be read or written · "
        "6 runs that cannot be compared, versions of which nothing differs · 130 interrupted."
    ),
)


class PlainConsole(Console):
    """Shows control characters in text as codes: a name in a run's folder cannot move the cursor or set the title."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Yield the segments, text escaped; Rich's own control segments pass unchanged."""
        for segment in super().render(renderable, options):
            if segment.control:
                yield segment
            else:
                yield segment._replace(text=printable(segment.text, kept="\n\t"))


out = PlainConsole()
err = PlainConsole(stderr=True)


def print_behind(label: str, width: int, words: str) -> None:
    """Print words in markup behind a label of that width.

    On a terminal lines break between words, below the words; elsewhere all is one line, which `grep` finds whole.
    """
    if not out.is_terminal:
        out.print(f"{label}{words}", soft_wrap=True, highlight=False)
        return
    grid = Table.grid()
    grid.add_column(width=width)
    grid.add_column(overflow="fold")
    grid.add_row(label, words)
    out.print(grid, highlight=False)


def command_line() -> str:
    """The command as the user typed it, quoted for a shell: every run stores it."""
    return shlex.join(["paragone", *sys.argv[1:]])


@contextmanager
def exit_where_interrupted(sentence: str) -> Iterator[None]:
    """Turn Ctrl-C into this sentence on standard error and exit code 130."""
    try:
        yield
    except KeyboardInterrupt:
        err.print(sentence, soft_wrap=True, markup=False, highlight=False)
        raise typer.Exit(EXIT_INTERRUPTED) from None
