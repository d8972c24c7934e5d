"""The application that every command registers with, and where it prints."""

from __future__ import annotations

from collections.abc import Iterable

import typer
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from paragone.files.printable import plain

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
        "slower (compare), a goal is missed (selftest) · 2 misuse · "
        "3 a problem file is wrong · "
        "4 a data set is missing or damaged · 5 results or standard output cannot be read or written · "
        "6 runs that cannot be compared · 130 interrupted."
    ),
)


class PlainConsole(Console):
    """A console on which text from outside moves no cursor and sets no title: control characters show as codes."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Yield the segments of a renderable, harmless; what Rich itself controls the terminal with passes."""
        for segment in super().render(renderable, options):
            if segment.control:
                yield segment
            else:
                yield segment._replace(text=plain(segment.text, kept="\n\t"))


out = PlainConsole()
err = PlainConsole(stderr=True)
