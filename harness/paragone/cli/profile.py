"""paragone profile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import structs
from rich.markup import escape
from rich.table import Table

from paragone.cli.app import (
    EXIT_FAILED_CHECK,
    EXIT_INTERRUPTED,
    command_line,
    err,
    exit_where_interrupted,
    out,
)
from paragone.cli.display import TerminalDisplay
from paragone.cli.kernel_names import NETWORKS
from paragone.cli.option_groups import with_option_groups
from paragone.cli.options import CellOptions, RunOptions
from paragone.cli.request import implementations_for, request_from, results_for_runs, with_data
from paragone.cli.verification import status_line
from paragone.errors import Misuse
from paragone.files.schema import MOST_ROUNDS
from paragone.implementation.contract import PHASES
from paragone.plan.request import ROUNDS

if TYPE_CHECKING:
    from paragone.analyse.breakdown import Breakdown
    from paragone.analyse.profiled import Profiled
    from paragone.analyse.step_parts import StepParts

BATCH_SIZES = (10, 1000)
MOST_SENTENCES = 12  # on the largest losses; of more implementations, profile.md has them


@with_option_groups
def profile(
    cells: CellOptions,
    *,
    threads: Annotated[int, typer.Option("--threads", "-t", min=1)] = 1,
    rounds: Annotated[
        int, typer.Option(min=3, max=MOST_ROUNDS, help="Pairs of every cell, without clocks and with them.")
    ] = ROUNDS,
    slow: Annotated[bool, typer.Option("--slow", help="Profile steps longer than 1 s too.")] = False,
    run: RunOptions,
) -> None:
    """Show where the time of a step goes: gather, forward, loss, backward, update; one dtype each unless asked."""
    from paragone.analyse.profiled import read_profile
    from paragone.measure.profile import Profile
    from paragone.report.text.profile import gaps
    from paragone.report.write import write_profile

    asked = request_from(cells, run, (threads,))
    _refuse_kernels(cells.kernel)
    request = structs.replace(
        asked,
        sizes=asked.sizes or BATCH_SIZES,
        launches=1,
        rounds=rounds,
        slow=slow,
        quick=True,  # one dtype of each implementation, and no step longer than a second
    )
    display = TerminalDisplay(err)
    runs = results_for_runs(run.results, display)
    registered, _ = implementations_for(request)
    request, data = with_data(request, run.data, display)
    with exit_where_interrupted("Interrupted before anything was measured: nothing is left behind."):
        folder, finished = Profile(request, registered, data, runs, command_line(), display).run()
    profiled = read_profile(folder)
    path = write_profile(profiled)
    _show(profiled)
    out.print(f"\nProfile: {path}", soft_wrap=True, highlight=False)
    if not finished:
        raise typer.Exit(EXIT_INTERRUPTED)
    if cells.implementations and any(row.status == "failed" for row in gaps(profiled.outcomes)):
        raise typer.Exit(EXIT_FAILED_CHECK)


def _refuse_kernels(kernel: str) -> None:
    if kernel != NETWORKS:
        raise Misuse(
            f"profile: a call of the kernel {kernel} is one piece, without phases that could be told apart. "
            f"Its speed, and its share of the machine's limit: paragone bench -k {kernel} --quick"
        )


def _show(profiled: Profiled) -> None:
    from paragone.report.text.profile import cost_of_clocks, gaps, warnings
    from paragone.report.text.profile_names import by_problem_and_threads, profile_names
    from paragone.report.text.step_parts import sentences

    labels = profile_names(profiled)
    for problem, _, cells in by_problem_and_threads(profiled.cells):
        for size in sorted({cell.size for cell in cells}):
            shown = sorted((cell for cell in cells if cell.size == size), key=lambda cell: cell.clocked.median)
            out.print(
                _table(
                    f"{problem}, {profiled.plan.words_of(problem).size} {size}: microseconds per step", shown, labels
                )
            )
            out.print()
            if steps := [step for step in profiled.parts if step.cell in shown]:
                out.print(_parts_table(steps, labels))
                out.print()
    told = sentences(profiled)
    for sentence in told if len(told) <= MOST_SENTENCES else []:
        out.print(f"{sentence.replace('`', '')}", soft_wrap=True, highlight=False, markup=False)
    out.print(cost_of_clocks(profiled), soft_wrap=True, highlight=False)
    for row in gaps(profiled.outcomes):
        out.print(
            f"{status_line(row, profiled.plan.words_of(row.problem).at_size)}: {row.reason}",
            soft_wrap=True,
            highlight=False,
            markup=False,
        )
    for sentence in warnings(profiled):
        out.print(f"[yellow]{escape(sentence)}[/]", soft_wrap=True, highlight=False)


def _table(title: str, cells: list[Breakdown], labels: dict[str, str]) -> Table:
    from paragone.report.text.formatting import significant

    table = Table(title=title, title_justify="left", show_edge=False, collapse_padding=True, pad_edge=False)
    table.add_column("implementation", overflow="fold", min_width=16)
    phases = [phase for phase in (*PHASES, "other") if any(phase in cell.phases for cell in cells)]
    for heading in (*phases, "whole", "clocks"):
        table.add_column(heading, justify="right")
    for cell in cells:
        times = [significant(cell.phases[phase].median) if phase in cell.phases else "" for phase in phases]
        whole = significant(cell.clocked.median)
        table.add_row(escape(labels[cell.variant]), *times, whole, f"{cell.cost:+.1%}")
    return table


def _parts_table(steps: list[StepParts], labels: dict[str, str]) -> Table:
    """What each step consists of, in per cent; the columns are narrow enough for a terminal of 80."""
    from paragone.analyse.step_parts import PARTS
    from paragone.report.text.step_parts import NARROW

    table = Table(
        title="in per cent of a step", title_justify="left", show_edge=False, collapse_padding=True, pad_edge=False
    )
    table.add_column("implementation", overflow="fold", min_width=16)
    for heading in ("of limit", *(NARROW[part] for part in PARTS)):
        table.add_column(heading, justify="right")
    for step in sorted(steps, key=lambda step: step.cell.plain.median):
        shares = [f"{100 * step.share(part):.0f}" for part in PARTS]
        table.add_row(escape(labels[step.cell.variant]), f"{100 * step.share_of_limit:.0f}", *shares)
    return table
