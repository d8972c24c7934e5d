"""paragone verify."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Annotated, ClassVar

import typer
from msgspec import structs
from rich.markup import escape

from paragone.cli.app import EXIT_FAILED_CHECK, err, out
from paragone.cli.contract import brief, contract_examined, everything, print_contract, print_looked_at, the_one
from paragone.cli.display import TerminalDisplay
from paragone.cli.kernel_names import NETWORKS
from paragone.cli.option_groups import with_option_groups
from paragone.cli.options import (
    NAMES_HELP,
    CellOptions,
    DataOption,
    LimitOption,
    MemoryOption,
    PluginsOption,
    RunOptions,
    SeedOption,
)
from paragone.cli.request import data_of, implementations_for, request_from
from paragone.cli.verification import case_tables, checks_table, errors_table, reason_sentences
from paragone.errors import Misuse
from paragone.implementation.conformance.examination import PromiseResult
from paragone.implementation.registry import select
from paragone.store.records import Outcome
from paragone.task.problem import Words, shared_words


@dataclass(frozen=True)
class VerifyCellOptions(CellOptions):
    """Implementations are arguments here, and every problem is verified."""

    implementations: Annotated[list[str] | None, typer.Argument(help=NAMES_HELP)] = None
    default_problem: ClassVar[str] = "all"


@with_option_groups
def verify(
    cells: VerifyCellOptions,
    *,
    threads: Annotated[int, typer.Option(min=1)] = 1,
    data: DataOption = None,
    plugins: PluginsOption = None,
    seed: SeedOption = 1,
    contract: Annotated[
        bool,
        typer.Option(
            "--contract",
            help="One implementation, while you write it: what its author promises, on one problem, two sizes, one "
            "dtype; or on those named.",
        ),
    ] = False,
    all_: Annotated[bool, typer.Option("--all", help="With --contract: every problem, dtype and image.")] = False,
    slow: Annotated[bool, typer.Option("--slow", help="Check steps longer than 2 s too.")] = False,
    time_limit: LimitOption = 120,
    memory_limit: MemoryOption = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Show every check with its error and bound.")
    ] = False,
) -> None:
    """Check implementations against the float64 reference; nothing is timed."""
    from paragone.verify.verify_only import verify_only

    if contract and cells.kernel != NETWORKS:
        raise Misuse("--contract tries what implementations of mlp promise: leave out --contract or --kernel")
    if all_ and not contract:
        raise Misuse("--all goes with --contract: without that, all that fits the other options is verified")
    run = RunOptions(data, plugins, None, seed, time_limit, memory_limit)
    request = structs.replace(request_from(cells, run, (threads,)), slow=slow)
    registered, unusable = implementations_for(request)
    chosen = select(registered, cells.implementations or ["*"])
    examined: AbstractContextManager[Iterable[PromiseResult]] = nullcontext(())
    if contract:
        found = the_one(chosen)
        request = everything(request) if all_ else brief(request, found, names_problem=bool(cells.problem))
        examined = contract_examined(request, found, () if all_ else request.problems)
    display, contract_is_kept = TerminalDisplay(err), True
    rows: list[Outcome] = []
    checks = verify_only(request, chosen, registered, data_of(request, data, display), display)
    with examined as promises:
        try:
            for more in checks:
                rows += more
            if contract:
                contract_is_kept = print_contract(found.name, promises)
        finally:  # what was checked before an interrupt is shown
            if rows:
                _print_checks(rows, shared_words(request.problems), verbose)
    if contract and not all_:
        print_looked_at(request, _words_for_all(found.name, plugins, data))
    for folder in unusable:
        err.print(f"[red]{escape(folder.name)}[/]: {escape(folder.reason)}", soft_wrap=True)
    nothing_unusable = not unusable or bool(cells.implementations)
    if not (contract_is_kept and nothing_unusable) or any(row.status == "failed" for row in rows):
        raise typer.Exit(EXIT_FAILED_CHECK)


def _words_for_all(name: str, plugins: Sequence[str] | None, data: str | None) -> list[str]:
    """The command that looks at everything."""
    places = [word for path in plugins or () for word in ("--plugins", path)]
    return ["paragone", "verify", name, "--contract", "--all", *places, *(("--data", data) if data else ())]


def _print_checks(rows: Sequence[Outcome], spoken: Words, verbose: bool) -> None:
    if verbose:
        out.print(checks_table(rows, spoken.column))
    else:
        for problem in dict.fromkeys(row.problem for row in rows):
            own = [row for row in rows if row.problem == problem]
            for table in (errors_table(problem, own, spoken.at_size), *case_tables(problem, own, spoken.at_size)):
                out.print(table)
    for sentence in reason_sentences(rows, spoken.at_size):
        out.print(sentence, soft_wrap=True, highlight=False, markup=False)
    counts = Counter(row.status for row in rows)
    out.print(", ".join(f"{n} {status}" for status, n in counts.items()), highlight=False)
