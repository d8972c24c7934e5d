"""paragone verify."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

import typer
from rich.markup import escape

from paragone.cli.app import EXIT_FAILED_CHECK, err, out
from paragone.cli.display import TerminalDisplay, checks_table, reasons, status_line, verdicts_table
from paragone.cli.options import (
    NAMES_HELP,
    DataOption,
    DtypeOption,
    LimitOption,
    MemoryOption,
    PluginsOption,
    ProblemOption,
    SeedOption,
    SizesOption,
    absolute,
    batch_sizes_of,
    bytes_of,
    data_set,
    dtypes_of,
    everyone,
    read_problems,
)
from paragone.errors import Misuse
from paragone.implementation.declaration import unavailable_reason
from paragone.implementation.registry import Registered, refuse_unusable, select
from paragone.plan.cells import check
from paragone.plan.request import Request

# After the contract, which has its own, the gate at these.
CONTRACT_BATCH_SIZES = (1, 10, 100)
BRIEF_SECONDS = 15.0  # a contract that takes longer is that of one slow to start: the gate starts it twice a problem


def verify(
    implementations: Annotated[list[str] | None, typer.Argument(help=NAMES_HELP)] = None,
    problem: ProblemOption = None,
    dtype: DtypeOption = None,
    batch_sizes: SizesOption = None,
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
    from paragone.verify.pilot import verify_only

    request = Request(
        problems=read_problems(problem or ["all"]),
        implementations=tuple(implementations or ()),
        dtypes=dtypes_of(dtype),
        batch_sizes=batch_sizes_of(batch_sizes) or (CONTRACT_BATCH_SIZES if contract else ()),
        threads=(threads,),
        seed=seed,
        slow=slow,
        time_limit_s=time_limit,
        memory_limit_bytes=bytes_of(memory_limit),
        plugins=absolute(plugins),
    )
    found, broken = everyone(plugins)
    refuse_unusable(request.implementations, found, broken)
    check(request, found)
    chosen = select(found, implementations or ["*"])
    begin = time.perf_counter()
    kept = _check_contract(chosen, time_limit) if contract else True
    if contract and not problem and time.perf_counter() - begin > BRIEF_SECONDS:
        request = _brief(request, chosen[0])
    display = TerminalDisplay(err)
    rows: list[dict[str, Any]] = []
    checks = verify_only(request, chosen, found, data_set(data, display), display)
    try:
        for more in checks:
            rows += more
    finally:
        if rows:
            _print_checks(rows, verbose)
    for failed in broken:
        err.print(f"[red]{escape(failed.name)}[/]: {escape(failed.reason)}", soft_wrap=True)
    if not kept or (broken and not implementations) or any(row["status"] == "failed" for row in rows):
        raise typer.Exit(EXIT_FAILED_CHECK)


def _check_contract(chosen: Sequence[Registered], time_limit_s: float) -> bool:
    """Print what the contract's checks find in one implementation; return whether it keeps it."""
    from paragone.implementation.conformance import run_contract

    if len(chosen) != 1:
        raise Misuse(f"--contract looks at one implementation, got {len(chosen)}: paragone verify NAME --contract")
    if reason := unavailable_reason(chosen[0].implementation):
        raise Misuse(f"{chosen[0].name} cannot run here: {reason}")
    found: dict[str, Counter[str]] = {}
    for finding in run_contract(chosen[0], time_limit_s):
        found.setdefault(finding.check, Counter())[finding.status] += 1
        if finding.status in ("failed", "crashed"):
            words = f"{finding.status} {finding.variant}: {finding.check}: {finding.reason}"
            out.print(f"[red]{escape(words)}[/]", soft_wrap=True, highlight=False)
    out.print(f"\nThe contract of {chosen[0].name}, in how many of its variants:", highlight=False)
    for check_, counts in found.items():
        out.print(f"    {check_}: {', '.join(f'{n} {status}' for status, n in counts.items())}", highlight=False)
    out.print()
    return not any(counts["failed"] or counts["crashed"] for counts in found.values())


def _brief(request: Request, found: Registered) -> Request:
    """Return the request with the first problem that the implementation does, and say so."""
    supported = [p for p in request.problems if unavailable_reason(found.implementation, p) is None]
    if len(supported) < 2:
        return request
    words = f"It is slow to start: the gate looks at {supported[0].name} alone. Without --contract it looks at all."
    out.print(words, soft_wrap=True, highlight=False)
    return replace(request, problems=tuple(supported[:1]))


def _print_checks(rows: Sequence[dict[str, Any]], verbose: bool) -> None:
    if verbose:
        out.print(checks_table(rows))
    else:
        for problem in dict.fromkeys(row["problem"] for row in rows):
            out.print(verdicts_table(problem, [row for row in rows if row["problem"] == problem]))
    for row in rows:
        if verbose and row.get("note"):
            out.print(f"{status_line(row)}: {row['note']}", soft_wrap=True, highlight=False, markup=False)
    for sentence in reasons(rows):
        out.print(sentence, soft_wrap=True, highlight=False, markup=False)
    counts = Counter(row["status"] for row in rows)
    out.print(", ".join(f"{n} {status}" for status, n in counts.items()), highlight=False)
