"""paragone verify."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, ClassVar

import typer
from msgspec import structs
from rich.markup import escape

from paragone.cli.app import EXIT_FAILED_CHECK, err, out
from paragone.cli.contract import brief, contract_examined, everything, print_contract, print_looked_at, those_to_try
from paragone.cli.display import TerminalDisplay
from paragone.cli.json_lines import JsonOption, print_outcomes, print_unusable
from paragone.cli.kernel_names import NETWORKS
from paragone.cli.option_groups import with_option_groups
from paragone.cli.options import (
    NAMES_HELP,
    CellOptions,
    CpusOption,
    DataOption,
    LimitOption,
    MemoryOption,
    PluginsOption,
    RunOptions,
    SeedOption,
)
from paragone.cli.request import implementations_for, request_from, with_data
from paragone.cli.verification import case_tables, checks_table, errors_table, reason_sentences
from paragone.errors import Misuse
from paragone.implementation.registry import Registered, select
from paragone.plan.request import Request
from paragone.store.records import Outcome
from paragone.task.problem import Data, Words, shared_words


@dataclass(frozen=True)
class VerifyCellOptions(CellOptions):
    """Implementations are arguments here, and every problem is verified."""

    implementations: Annotated[
        list[str] | None,
        typer.Argument(help=f"{NAMES_HELP} With a slash in it, a folder: what lies there."),
    ] = None
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
            help="Those named, while you write them: what their author promises, on one problem, two sizes, one "
            "dtype; or on those named.",
        ),
    ] = False,
    all_: Annotated[bool, typer.Option("--all", help="With --contract: every problem, dtype and image.")] = False,
    slow: Annotated[bool, typer.Option("--slow", help="Check steps longer than 2 s too.")] = False,
    time_limit: LimitOption = 120,
    memory_limit: MemoryOption = None,
    cpus: CpusOption = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Show every check with its error and bound.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Check implementations against the float64 reference; nothing is timed."""
    if contract and cells.kernel != NETWORKS:
        raise Misuse("--contract tries what implementations of mlp promise: leave out --contract or --kernel")
    if all_ and not contract:
        raise Misuse("--all goes with --contract: without that, all that fits the other options is verified")
    if contract and json:
        raise Misuse("--json prints checks, and --contract promises: leave out --contract or --json")
    folders, names = folders_among(cells.implementations or ())
    places = [*(plugins or ()), *folders]
    run = RunOptions(data, places, None, seed, time_limit, memory_limit, cpus)
    asked = request_from(replace(cells, implementations=names), run, (threads,))
    registered, unusable = implementations_for(structs.replace(asked, slow=slow))
    names += [found.name for found in registered if lies_in(found, folders)]
    request = structs.replace(asked, slow=slow, implementations=tuple(names))
    chosen = select(registered, names or ["*"])
    display = TerminalDisplay(err)
    request, loaded = with_data(request, data, display)
    examination = Examination(request, registered, loaded, display, data, places, all_, verbose, json)
    if contract:
        tried = those_to_try(chosen, bool(names))
        are_kept = [examination.contract_is_kept(found, bool(cells.problem)) for found in tried]
        passed = all(are_kept)
    else:
        passed = examination.checks_pass(request, chosen)
    if json:
        print_unusable(unusable)
    for folder in unusable:
        err.print(f"[red]{escape(folder.name)}[/]: {escape(folder.reason)}", soft_wrap=True)
    nothing_unusable = not unusable or (bool(names) and not folders)
    if not (passed and nothing_unusable):
        raise typer.Exit(EXIT_FAILED_CHECK)


@dataclass(frozen=True)
class Examination:
    """What was asked for, and how it is shown."""

    request: Request
    registered: Sequence[Registered]
    loaded: Data
    display: TerminalDisplay
    data: str | None  # as the user named it
    plugins: Sequence[str] | None
    everything: bool
    verbose: bool
    json: bool

    def contract_is_kept(self, found: Registered, names_problem: bool) -> bool:
        """Check one implementation and try its contract, and show both; True where nothing failed."""
        request = everything(self.request) if self.everything else brief(self.request, found, names_problem)
        with contract_examined(request, found, () if self.everything else request.problems) as promises:
            passed = self.checks_pass(request, [found], lambda: print_contract(found.name, promises))
        if not self.everything:
            print_looked_at(request, _words_for_all(found.name, self.plugins, self.data))
        return passed

    def checks_pass(
        self, request: Request, chosen: Sequence[Registered], and_then: Callable[[], bool] = lambda: True
    ) -> bool:
        """Check implementations and show what was found, behind what `and_then` prints; True where nothing failed."""
        from paragone.verify.verify_only import verify_only

        rows, is_kept = list[Outcome](), True
        checks = verify_only(request, chosen, self.registered, self.loaded, self.display)
        try:
            for more in checks:
                rows += more
                if self.json:
                    print_outcomes(more)
            is_kept = and_then()
        finally:  # what was checked before an interrupt is shown
            if rows and not self.json:
                _print_checks(rows, shared_words(request.problems), self.verbose)
        return is_kept and not any(row.status == "failed" for row in rows)


def folders_among(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """The folders, which have a slash in them, and the names of implementations."""
    folders = [name for name in names if "/" in name or name == "."]
    return folders, [name for name in names if name not in folders]


def lies_in(found: Registered, folders: Sequence[str]) -> bool:
    return any(found.path.resolve().is_relative_to(Path(folder).resolve()) for folder in folders)


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
