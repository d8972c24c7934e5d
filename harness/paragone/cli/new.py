"""paragone new."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from paragone.cli.app import out
from paragone.errors import HarnessError
from paragone.implementation.described import describe, unavailable_reason
from paragone.implementation.registry import IMPLEMENTATIONS
from paragone.implementation.template import LANGUAGES, write_starter


def new(
    name: Annotated[str, typer.Argument(help="Letters, digits and underscores, such as my_step.")],
    language: Annotated[str, typer.Option("--language", "-l", help=f"{', '.join(LANGUAGES)}.")] = LANGUAGES[0],
    into: Annotated[Path | None, typer.Option(help="Folder in which NAME/ is made; else the current one.")] = None,
) -> None:
    """Write a new implementation that works: the smallest one, with comments that teach."""
    folder = into or Path()
    for path in write_starter(name, language, folder):
        out.print(f"Wrote {escape(str(path))}", soft_wrap=True, highlight=False)
    is_own = folder.resolve() == IMPLEMENTATIONS.resolve()
    plugins = "" if is_own else f" --plugins {shlex.quote(str(folder / name))}"
    name = _one_that_runs(folder / name)
    out.print("\nNext:", highlight=False)
    for command, shows in (
        (f"verify {name} --contract", "what passes, and what must change"),
        (f"bench -i {name} --quick", "a first look, beside the baseline"),
        (f"bench -i {name}", "intervals and verdicts"),
    ):
        out.print(f"    paragone {escape(command + plugins)}    # {shows}", soft_wrap=True, highlight=False)


def _one_that_runs(folder: Path) -> str:
    """The first implementation of a folder that can run here, else its first; prints why others cannot."""
    written = describe([folder])[folder]
    if isinstance(written, str):
        raise HarnessError(written)
    reasons = {described.name: unavailable_reason(described) for described in written}
    for name, reason in reasons.items():
        if reason:
            out.print(f"\n{escape(name)} cannot run here: {escape(reason)}", soft_wrap=True, highlight=False)
    return next((name for name, reason in reasons.items() if reason is None), written[0].name)
