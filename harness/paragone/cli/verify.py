"""paragone verify."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

import typer
from msgspec import structs
from rich.markup import escape

from paragone.cli.app import EXIT_FAILED_CHECK, err, out
from paragone.cli.display import TerminalDisplay
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
    data_of,
    implementations_for,
    request_from,
)
from paragone.cli.values import NETWORKS
from paragone.cli.verification import case_tables, checks_table, errors_table, reason_sentences
from paragone.errors import Misuse
from paragone.implementation.described import unavailable_reason
from paragone.implementation.registry import Registered, select
from paragone.plan.request import Request
from paragone.store.records import Outcome
from paragone.task.problem import Words, shared_words

CONTRACT_BATCH_SIZES = (1, 10, 100)  # of the gate that follows the contract's checks, which choose their own
# A contract that takes longer belongs to an implementation that is slow to start, and the gate starts it twice a
# problem: it then looks at one problem only.
BRIEF_SECONDS = 15.0


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
        bool, typer.Option("--contract", help="One implementation: what its author promises, then the gate, small.")
    ] = False,
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
    run = RunOptions(data, plugins, None, seed, time_limit, memory_limit)
    request = request_from(cells, run, (threads,), CONTRACT_BATCH_SIZES if contract else ())
    request = structs.replace(request, slow=slow)
    registered, unusable = implementations_for(request)
    chosen = select(registered, cells.implementations or ["*"])
    begin = time.perf_counter()
    contract_is_kept = _check_contract(chosen, time_limit) if contract else True
    if contract and not cells.problem and time.perf_counter() - begin > BRIEF_SECONDS:
        request = _with_one_problem(request, chosen[0])
    display = TerminalDisplay(err)
    rows: list[Outcome] = []
    checks = verify_only(request, chosen, registered, data_of(request, data, display), display)
    try:
        for more in checks:
            rows += more
    finally:  # what was checked before an interrupt is shown
        if rows:
            _print_checks(rows, shared_words(request.problems), verbose)
    for folder in unusable:
        err.print(f"[red]{escape(folder.name)}[/]: {escape(folder.reason)}", soft_wrap=True)
    nothing_unusable = not unusable or bool(cells.implementations)
    if not (contract_is_kept and nothing_unusable) or any(row.status == "failed" for row in rows):
        raise typer.Exit(EXIT_FAILED_CHECK)


def _check_contract(chosen: Sequence[Registered], time_limit_s: float) -> bool:
    """Print what the contract's checks find in one implementation; True where it keeps the contract."""
    from paragone.implementation.conformance import run_contract

    if len(chosen) != 1:
        raise Misuse(f"--contract looks at one implementation, got {len(chosen)}: paragone verify NAME --contract")
    if reason := unavailable_reason(chosen[0].implementation):
        raise Misuse(f"{chosen[0].name} cannot run here: {reason}")
    counted: dict[str, Counter[str]] = {}
    for finding in run_contract(chosen[0], time_limit_s):
        counted.setdefault(finding.check, Counter())[finding.status] += 1
        if finding.status in ("failed", "crashed"):
            words = f"{finding.status} {finding.variant}: {finding.check}: {finding.reason}"
            out.print(f"[red]{escape(words)}[/]", soft_wrap=True, highlight=False)
    out.print(f"\nThe contract of {chosen[0].name}, in how many of its variants:", highlight=False)
    for check, counts in counted.items():
        out.print(f"    {check}: {', '.join(f'{n} {status}' for status, n in counts.items())}", highlight=False)
    out.print()
    return not any(counts["failed"] or counts["crashed"] for counts in counted.values())


def _with_one_problem(request: Request, entry: Registered) -> Request:
    """The request with only the first problem that the implementation supports; prints so."""
    supported = [p for p in request.problems if unavailable_reason(entry.implementation, p) is None]
    if len(supported) < 2:
        return request
    words = f"It is slow to start: the gate looks at {supported[0].name} alone. Without --contract it looks at all."
    out.print(words, soft_wrap=True, highlight=False)
    return structs.replace(request, problems=tuple(supported[:1]))


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
