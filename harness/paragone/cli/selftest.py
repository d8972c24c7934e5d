"""paragone selftest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from paragone.cli.app import EXIT_FAILED_CHECK, err, exit_where_interrupted, out
from paragone.cli.display import TerminalDisplay
from paragone.cli.options import DataOption, ResultsOption, SeedOption
from paragone.cli.request import data_set
from paragone.errors import ResultsUnusable, UnknownName

if TYPE_CHECKING:
    from paragone.selftest.parts import Section, SelfTest


def selftest(
    parts: Annotated[
        list[str] | None, typer.Argument(help="coverage, quiet, load, rivals, resolve; all of them if left out.")
    ] = None,
    small: Annotated[bool, typer.Option("--small", help="A look in a few minutes: few copies, few launches.")] = False,
    data: DataOption = None,
    results: ResultsOption = None,
    seed: SeedOption = 1,
) -> None:
    """Show that the statistics tell the truth here: coverage, A/A and power of real runs, beside other tools."""
    from paragone.selftest.parts import SelfTest
    from paragone.selftest.sizes import FULL, PARTS, SMALL
    from paragone.store.runs import results_folder

    for part in parts or ():
        if part not in PARTS:
            raise UnknownName("part of the self-test", part, PARTS)
    folder = results_folder(results) / datetime.now(UTC).strftime("%Y-%m-%dT%H%M%SZ-selftest")
    display = TerminalDisplay(err)
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise ResultsUnusable(
            f"{folder}: cannot be written: {error.strerror}. Choose another: --results PATH"
        ) from None
    test = SelfTest(SMALL if small else FULL, folder, data_set(data, display), display, seed)
    missed: list[str] = []
    with exit_where_interrupted(f"Interrupted; what was found so far: {folder / 'selftest.md'}"):
        for section in sections(test, parts or PARTS):
            _show(section, folder / "selftest.md")
            missed += section.missed
    for sentence in missed:
        display.say(f"Goal missed: {sentence}")
    out.print(f"Self-test: {folder / 'selftest.md'}", highlight=False, soft_wrap=True)
    if missed:
        raise typer.Exit(EXIT_FAILED_CHECK)


def _show(section: Section, file: Path) -> None:
    text = f"## {section.heading}\n\n{section.text}\n"
    out.print(text, markup=False, highlight=False, soft_wrap=True)
    with file.open("a", encoding="utf-8") as appended:
        appended.write(text + "\n")


def sections(test: SelfTest, parts: Sequence[str]) -> Iterator[Section]:
    """Yield the section of each part as soon as it is done. `rivals` needs a quiet trial, which then runs too."""
    if "coverage" in parts:
        yield test.coverage()
    if "load" in parts:
        yield test.trial(is_loaded=True)[0]
    if "quiet" in parts or "rivals" in parts:
        section, pairs, elapsed_s = test.trial(is_loaded=False)
        yield section
        if "rivals" in parts:
            yield test.rivals((pairs, elapsed_s))
    if "resolve" in parts:
        yield test.resolve()
