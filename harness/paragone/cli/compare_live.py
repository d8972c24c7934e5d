"""paragone compare --live: two versions of implementations measured in one run."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import structs

from paragone.cli.app import (
    EXIT_FAILED_CHECK,
    EXIT_INTERRUPTED,
    command_line,
    err,
    exit_where_interrupted,
    out,
)
from paragone.cli.display import TerminalDisplay
from paragone.cli.option_groups import with_option_groups
from paragone.cli.options import CellOptions, RunOptions
from paragone.cli.report import measured, refuse_empty
from paragone.cli.request import problem_arguments, request_from, results_for_runs, with_data
from paragone.cli.values import fraction, thread_counts, write_output
from paragone.files.schema import MOST_ROUNDS
from paragone.implementation.variant import VERSION
from paragone.plan.cells import validate_request
from paragone.plan.request import Request
from paragone.store.plan_records import FEWEST_LAUNCHES, Live, LiveVersion
from paragone.task.kernel.problem import KernelProblem
from paragone.task.problem import Problem

if TYPE_CHECKING:
    from paragone.comparison.live import Pairing
    from paragone.comparison.revisions import Side

PROMISED = "5%"


@dataclass(frozen=True)
class LiveCellOptions(CellOptions):
    """Versions are compared by whole implementations: a pattern names no variant."""

    implementations: Annotated[
        list[str] | None,
        typer.Option("--implementations", "-i", help="Names or globs, such as 'numpy_*,c_blas'. May be repeated."),
    ] = None


@with_option_groups
def live(
    a: Annotated[str, typer.Argument(metavar="A", help="A git revision, worktree (or .), or a folder.")],
    b: Annotated[str, typer.Argument(metavar="B", help="What is compared with it: the same choice.")],
    cells: LiveCellOptions,
    *,
    threads: Annotated[str, typer.Option("--threads", "-t", help="Such as 1,2.")] = "1",
    launches: Annotated[
        int | None,
        typer.Option(min=FEWEST_LAUNCHES, max=MOST_ROUNDS, help="Fresh processes per variant; else as --resolve asks."),
    ] = None,
    rounds: Annotated[
        int | None, typer.Option(min=3, max=MOST_ROUNDS, help="Rounds of each launch; else 40 to 80.")
    ] = None,
    resolve: Annotated[
        str | None, typer.Option(help=f"As many launches, 40 at most, as find this difference; else {PROMISED}.")
    ] = None,
    fail_slower: Annotated[
        str, typer.Option(help="Exit 1 where a step of B surely takes longer by more than this.")
    ] = PROMISED,
    everything: Annotated[bool, typer.Option("--all", help="Those whose source is the same too.")] = False,
    baseline: Annotated[str | None, typer.Option(help="Measured twice; else A, where one is compared.")] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="Markdown for the comment of a pull request.")] = False,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write the Markdown to.")] = None,
    new: Annotated[bool, typer.Option("--new", help="Begin a new run even where one is unfinished.")] = False,
    slow: Annotated[bool, typer.Option("--slow", help="Measure steps longer than 2 s too.")] = False,
    run: RunOptions,
) -> None:
    """Measure two versions of implementations in one run: `HEAD .` is your edit against the last commit."""
    asked = request_from(cells, run, thread_counts(threads))
    request = structs.replace(
        asked,
        launches=launches or FEWEST_LAUNCHES,
        rounds=rounds,
        resolve=fraction(resolve or (None if launches else PROMISED), "--resolve"),
        baseline=baseline or "",
        slow=slow,
        memory=False,
    )
    shown = Shown(fraction(fail_slower, "--fail-slower") or 0.0, markdown, output)
    compare_live(a, b, request, problem_arguments(cells), shown, everything, new, run)


@dataclass(frozen=True)
class Shown:
    """How a live comparison ends: the slowdown that is still allowed (0.05 for 5 %), and where its Markdown goes."""

    allowed: float
    markdown: bool = False
    output: Path | None = None


def compare_live(
    a: str,
    b: str,
    request: Request,
    problem_arguments: Mapping[str, str],
    shown: Shown,
    everything: bool = False,
    new: bool = False,
    run: RunOptions | None = None,
) -> None:
    """Measure both sides in one run, report, and end the command with the exit code that the comparison earns.

    The implementations of `request` are patterns of names that both sides share. Raises Misuse for sides that cannot
    be compared.
    """
    from paragone.comparison.home import home_of
    from paragone.comparison.live import paired
    from paragone.comparison.revisions import find_sides
    from paragone.comparison.versions import all_implementations, version_set
    from paragone.measure.bench import Bench

    run, display = run or RunOptions(), TerminalDisplay(err)
    runs = results_for_runs(run.results, display, shown.output)
    sides = find_sides(a, b, home_of(request.problems[0], request.plugins))
    pairing = paired(version_set(sides[0]), version_set(sides[1]), request.implementations, everything)
    request = of_versions(request, sides, pairing)
    registered, _ = all_implementations(request)
    validate_request(request, registered)
    for sentence in introduction(sides, pairing, request.problems[0]):
        display.say(sentence)
    live = described(sides, pairing, shown.allowed)
    request, data = with_data(request, run.data, display)
    measurement = Bench(
        request, registered, pairing.broken, data, runs, command_line(), display, problem_arguments, live
    )
    with exit_where_interrupted("Interrupted before the plan was fixed: nothing was measured, nothing is left behind."):
        folder, finished = measured(measurement, new)
    _end(folder, finished, shown, pairing.newly_broken)


def of_versions(request: Request, sides: tuple[Side, Side], pairing: Pairing) -> Request:
    """The request for both versions of the implementations that are compared."""
    return structs.replace(
        request,
        implementations=tuple(f"{name}{VERSION}{side.label}" for side in sides for name in pairing.names),
        sides=tuple(side.to_text() for side in sides),
        baseline=request.baseline or baseline_of(pairing.names, sides[0], request.problems[0]),
    )


def baseline_of(compared: Sequence[str], a: Side, problem: Problem) -> str:
    """The one whose A/A shows the noise: version A where one implementation is compared, else the problem's own."""
    return f"{compared[0]}{VERSION}{a.label}" if len(compared) == 1 else problem.baseline


def described(sides: tuple[Side, Side], pairing: Pairing, allowed: float) -> Live:
    """The part of the plan about the two sides: a report is made from the run's folder alone."""
    a, b = (LiveVersion(label=side.label, words=side.words) for side in sides)
    return Live(a=a, b=b, left_out=dict(pairing.left_out), fail_slower=allowed)


def introduction(sides: tuple[Side, Side], pairing: Pairing, problem: Problem) -> list[str]:
    """Sentences: the two sides, the implementations compared, those left out with the reason, and what both share."""
    sentences = [f"{which}: {side.words}" for which, side in zip("AB", sides, strict=True)]
    sentences.append(f"Compared: {', '.join(pairing.names)}.")
    by_reason: dict[str, list[str]] = {}
    for name, reason in pairing.left_out.items():
        by_reason.setdefault(reason, []).append(name)
    sentences += [f"Left out, {reason}: {', '.join(names)}." for reason, names in by_reason.items()]
    sentences.append("The harness with its adapters is this tree's for both.")
    if isinstance(problem, KernelProblem):
        sentences.append(f"So are kernel.toml and reference.py: those of {problem.folder}.")
    return sentences


def _end(folder: Path, finished: bool, shown: Shown, newly_broken: Sequence[str]) -> None:
    """Write the reports, print the comparison, and exit with its code."""
    from paragone.analyse.results import Results
    from paragone.analyse.verdicts import surely_slower
    from paragone.comparison.side_by_side import newly_failed, side_by_side
    from paragone.report.terminal.side_by_side import print_side_by_side
    from paragone.report.text.live_comment import live_comment
    from paragone.report.write import write_report
    from paragone.store.reader import read_run

    results = Results(read_run(folder))
    run = results.run
    path = write_report(results)
    cells = side_by_side(results)
    written = live_comment(results)
    if shown.output is not None:
        write_output(shown.output, written)
    if shown.markdown:
        sys.stdout.write(written)
    else:
        print_side_by_side(cells, shown.allowed, run.plan, out)
        out.print(f"\nReport: {path}", soft_wrap=True, highlight=False)
    if not finished:
        raise typer.Exit(EXIT_INTERRUPTED)
    refuse_empty(results)
    if len(surely_slower(cells, shown.allowed)) or len(newly_failed(cells)) or newly_broken:
        raise typer.Exit(EXIT_FAILED_CHECK)
