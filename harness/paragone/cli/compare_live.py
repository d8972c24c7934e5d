"""paragone compare --live: two versions of implementations measured in one run; a command behind an option."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand
from typer.main import get_command

from paragone.cli.app import EXIT_FAILED_CHECK, EXIT_INTERRUPTED, err, out
from paragone.cli.display import TerminalDisplay
from paragone.cli.options import (
    DataOption,
    DtypeOption,
    LimitOption,
    MemoryOption,
    PluginsOption,
    ProblemOption,
    ResultsOption,
    SeedOption,
    SizesOption,
    absolute,
    batch_sizes_of,
    bytes_of,
    data_set,
    dtypes_of,
    fraction,
    problem_names,
    read_problems,
    thread_counts,
    write_output,
)
from paragone.files.schema import MOST_ROUNDS
from paragone.implementation.contract import VERSION
from paragone.plan.cells import check
from paragone.plan.power import FEWEST_LAUNCHES
from paragone.plan.request import BASELINE, Request
from paragone.task.mlp.problem_files import find_problem

if TYPE_CHECKING:
    from paragone.compare.live import Pairing
    from paragone.compare.revisions import Side

LIVE = "--live"
PROMISED = "5%"


def live(
    a: Annotated[str, typer.Argument(metavar="A", help="A git revision, worktree (or .), or a folder.")],
    b: Annotated[str, typer.Argument(metavar="B", help="What is compared with it: the same choice.")],
    problem: ProblemOption = None,
    implementations: Annotated[
        list[str] | None,
        typer.Option("--implementations", "-i", help="Name or glob, such as 'numpy_*'. May be repeated."),
    ] = None,
    dtype: DtypeOption = None,
    batch_sizes: SizesOption = None,
    threads: Annotated[str, typer.Option("--threads", "-t", help="Such as 1,2.")] = "1",
    launches: Annotated[
        int | None,
        typer.Option(min=FEWEST_LAUNCHES, max=MOST_ROUNDS, help="Fresh processes per variant; else as --resolve asks."),
    ] = None,
    rounds: Annotated[
        int | None, typer.Option(min=3, max=MOST_ROUNDS, help="Samples of a cell in each launch; else 5 to 10.")
    ] = None,
    resolve: Annotated[
        str | None, typer.Option(help=f"As many launches, 40 at most, as find this difference; else {PROMISED}.")
    ] = None,
    fail_slower: Annotated[
        str, typer.Option(help="Exit 1 where a step of B surely takes longer by more than this.")
    ] = PROMISED,
    everything: Annotated[bool, typer.Option("--all", help="Those whose source is the same too.")] = False,
    baseline: Annotated[str, typer.Option(help="Of this tree: shows the noise and links runs.")] = BASELINE,
    markdown: Annotated[bool, typer.Option("--markdown", help="Markdown on standard output.")] = False,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write the Markdown to.")] = None,
    new: Annotated[bool, typer.Option("--new", help="Begin a new run even where one is unfinished.")] = False,
    slow: Annotated[bool, typer.Option("--slow", help="Measure steps longer than 2 s too.")] = False,
    data: DataOption = None,
    plugins: PluginsOption = None,
    results: ResultsOption = None,
    seed: SeedOption = 1,
    time_limit: LimitOption = 120,
    memory_limit: MemoryOption = None,
) -> None:
    """Measure two versions of implementations in one run: `HEAD .` is your edit against the last commit."""
    asked = Request(
        problems=read_problems(problem or ["nielsen"]),
        implementations=tuple(implementations or ()),
        dtypes=dtypes_of(dtype),
        batch_sizes=batch_sizes_of(batch_sizes),
        threads=thread_counts(threads),
        launches=launches or FEWEST_LAUNCHES,
        rounds=rounds,
        resolve=fraction(resolve or (None if launches else PROMISED), "--resolve"),
        baseline=baseline,
        seed=seed,
        slow=slow,
        memory=False,
        time_limit_s=time_limit,
        memory_limit_bytes=bytes_of(memory_limit),
        plugins=absolute(plugins),
    )
    given = {find_problem(name).name: name for name in problem_names(problem or ["nielsen"])}
    allowed = fraction(fail_slower, "--fail-slower") or 0.0
    compare_live(a, b, asked, given, allowed, everything, markdown, output, new, data, results)


def compare_live(
    a: str,
    b: str,
    asked: Request,
    given: Mapping[str, str],
    allowed: float,
    everything: bool = False,
    markdown: bool = False,
    output: Path | None = None,
    new: bool = False,
    data: str | None = None,
    results: Path | None = None,
) -> None:
    """Measure both sides in one run, report, and end the command with the exit code that the comparison earns.

    `asked` is the request as for `bench`, its implementations patterns of names that both sides share; `given` are its
    problems by name as the user gave them. Raises Misuse for sides that cannot be compared.
    """
    from paragone.compare.live import everyone_of, paired, version_set
    from paragone.compare.revisions import find_sides
    from paragone.measure.bench import Bench
    from paragone.store.runs import results_folder

    sides = find_sides(a, b)
    taking_part = paired(version_set(sides[0]), version_set(sides[1]), asked.implementations, everything)
    names = tuple(f"{name}{VERSION}{side.label}" for side in sides for name in taking_part.names)
    request = replace(asked, implementations=names, sides=tuple(side.to_text() for side in sides))
    found, _ = everyone_of(request)
    check(request, found)
    display = TerminalDisplay(err)
    for sentence in introduction(sides, taking_part):
        display.say(sentence)
    about = {"live": described(sides, taking_part, allowed)}
    command = shlex.join(["paragone", *sys.argv[1:]])
    loaded = data_set(data, display)
    bench = Bench(request, found, taking_part.broken, loaded, results_folder(results), command, display, given, about)
    try:
        folder, finished = bench.run(fresh=new)
    except KeyboardInterrupt:
        display.say("Interrupted before the plan was fixed: nothing was measured, nothing is left behind.")
        raise typer.Exit(EXIT_INTERRUPTED) from None
    _end(folder, finished, allowed, markdown, output)


def described(sides: tuple[Side, Side], taking_part: Pairing, allowed: float) -> dict[str, Any]:
    """Return what the plan keeps of the sides, so that the report needs nothing but the run's folder."""
    entries = {which: {"label": side.label, "words": side.words} for which, side in zip("ab", sides, strict=True)}
    return {**entries, "left_out": dict(taking_part.left_out), "fail_slower": allowed}


def introduction(sides: tuple[Side, Side], taking_part: Pairing) -> list[str]:
    """Return what is about to be compared, and who is left out and why."""
    said = [f"{which}: {side.words}" for which, side in zip("AB", sides, strict=True)]
    said.append(f"Compared: {', '.join(taking_part.names)}.")
    by_reason: dict[str, list[str]] = {}
    for name, reason in taking_part.left_out.items():
        by_reason.setdefault(reason, []).append(name)
    said += [f"Left out, {reason}: {', '.join(names)}." for reason, names in by_reason.items()]
    said.append("The harness with its adapters is this tree's for both.")
    return said


def _end(folder: Path, finished: bool, allowed: float, markdown: bool, output: Path | None) -> None:
    """Write the reports, print the comparison, and raise the exit code."""
    from paragone.analyse.summary import summarise
    from paragone.analyse.verdicts import surely_slower
    from paragone.compare.side_by_side import newly_failed, side_by_side
    from paragone.report.terminal.side_by_side import print_side_by_side
    from paragone.report.text.side_by_side import text
    from paragone.report.write import write_report
    from paragone.store.run_folder import read_run

    run = read_run(folder)
    path = write_report(run)
    cells = side_by_side(run, summarise(run))
    written = f"## B against A: {run.plan['run']}\n\n{text(run, cells)}\n"
    if output is not None:
        write_output(output, written)
    if markdown:
        sys.stdout.write(written)
    else:
        print_side_by_side(cells, allowed, out)
        out.print(f"\nReport: {path}", soft_wrap=True, highlight=False)
    if not finished:
        raise typer.Exit(EXIT_INTERRUPTED)
    if len(surely_slower(cells, allowed)) or len(newly_failed(cells)):
        raise typer.Exit(EXIT_FAILED_CHECK)


_live = typer.Typer(add_completion=False, context_settings={"help_option_names": ["-h", "--help"]})
_live.command(epilog="Example: paragone compare --live HEAD . -i numpy_rows -b 10,1000")(live)


class OrLive(TyperCommand):
    """`compare`: with --live among its arguments, it is the command of this file, with its own options and help."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Return the context of the command that the arguments ask for."""
        if LIVE not in args:
            return super().make_context(info_name, args, parent, **extra)
        others = [argument for argument in args if argument != LIVE]
        return get_command(_live).make_context(f"{info_name} {LIVE}", others, parent, **extra)
