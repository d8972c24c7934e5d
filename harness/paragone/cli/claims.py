"""paragone claims."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from paragone.claims.claim import CLAIMS, NETWORKS, Claim, read_claims, shipped_claims
from paragone.cli.app import EXIT_INTERRUPTED, command_line, err, exit_where_interrupted, out
from paragone.cli.display import TerminalDisplay
from paragone.cli.json_lines import JsonOption, print_judged_claims
from paragone.cli.option_groups import with_option_groups
from paragone.cli.options import KernelOption, RunOptions
from paragone.cli.request import data_set, on_data
from paragone.cli.values import absolute, bytes_of, find_kernel
from paragone.errors import InvalidClaims, Misuse, UnknownName
from paragone.implementation.registry import Registered, Unusable, discover, implementations_of
from paragone.task.kernel.family import DrawnData
from paragone.task.mlp.problem import NetworkProblem
from paragone.task.problem import Data

if TYPE_CHECKING:
    from paragone.claims.evidence import EvidenceSources
    from paragone.claims.judge_claims import JudgedClaim


@with_option_groups
def claims(
    *,
    file: Annotated[
        list[str] | None,
        typer.Option(
            "--file", "-f", help="Claims of your own in a TOML file, instead of the sources'. May be repeated."
        ),
    ] = None,
    include: Annotated[
        list[str] | None, typer.Option("--include", "-i", help="Id or source, or glob: s2-matrices, S4, 's4-*'.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="One launch: ratios without intervals or verdicts.")] = False,
    measure: Annotated[
        bool, typer.Option("--measure/--no-measure", help="Measure what is missing, or show what finished runs say.")
    ] = True,
    new: Annotated[bool, typer.Option("--new", help="Measure all of it, whatever finished runs say.")] = False,
    json: JsonOption = False,
    kernel: KernelOption = NETWORKS,
    run: RunOptions,
) -> None:
    """Test what the sources claim on this machine, each on its own terms; a claim that fails is a finding, no error."""
    from paragone.claims.evidence import EvidenceSources
    from paragone.report.terminal.claims import print_claims
    from paragone.store.runs import results_folder

    if new and not measure:
        raise Misuse("--new measures and --no-measure does not: leave out one of them")
    display, most_bytes = TerminalDisplay(err), bytes_of(run.memory_limit)
    registered, unusable = _implementations(kernel, run.plugins or ())
    found = _claims(file or [], registered, kernel, run.plugins or ())
    if not found:
        out.print(
            f"No claim is about {kernel}. One of your own: paragone claims -k {kernel} --file FILE", highlight=False
        )
        return
    selected = _selected(found, include or [])
    data = data_set(run.data, display) if kernel == NETWORKS else DrawnData()
    if file:  # the user's claims are about the user's data, the sources' about MNIST
        selected = [_on_data(claim, data, display) for claim in selected]
    evidence = EvidenceSources(
        registered,
        unusable,
        data,
        results_folder(run.results),
        command_line(),
        display,
        quick,
        run.seed,
        run.time_limit,
        absolute(run.plugins),
        most_bytes,
    )
    with exit_where_interrupted("Interrupted before anything was measured: nothing is left behind."):
        judged_claims, finished = _judged(evidence, selected, measure, new)
    if json:
        print_judged_claims(judged_claims)
    else:
        print_claims(judged_claims, out)
    if not finished:
        raise typer.Exit(EXIT_INTERRUPTED)


def _on_data(claim: Claim, data: Data, display: TerminalDisplay) -> Claim:
    """The claim about the problem that this data makes of its own."""
    return replace(claim, problem=claim.problem and on_data(claim.problem, data, display))


def _implementations(kernel: str, plugins: Sequence[str]) -> tuple[list[Registered], list[Unusable]]:
    """Those of networks, or of a kernel. Raises UnknownName for a kernel that is nowhere."""
    if kernel == NETWORKS:
        return discover(plugins=plugins)
    return discover(implementations_of(find_kernel(kernel, plugins)), plugins)


def _claims(files: list[str], registered: list[Registered], kernel: str, plugins: Sequence[str]) -> list[Claim]:
    """The claims of the files, else those that ship, about this kernel; names of variants complete.

    Raises InvalidClaims, also for a file with a claim about another kernel.
    """
    from paragone.claims.runnable import resolved

    claims: dict[str, Claim] = {}
    for path in map(Path, files) if files else [CLAIMS]:
        for claim in read_claims(path, plugins) if files else shipped_claims():
            if claim.family != kernel and not files:
                continue
            if claim.family != kernel and claim.problem:
                hint = "" if claim.family == NETWORKS else f" -k {claim.family}"
                raise InvalidClaims(f"{path}: claim {claim.id} is about {claim.problem.name}: paragone claims{hint}")
            if claim.id in claims:
                raise InvalidClaims(f"{path}: claim {claim.id}: id: a claim of another file has it already")
            try:
                claims[claim.id] = resolved(claim, registered)
            except InvalidClaims as error:
                raise InvalidClaims(f"{path}: {error}") from None
    return list(claims.values())


def _selected(claims: list[Claim], patterns: list[str]) -> list[Claim]:
    """The claims whose id or source matches one of the patterns; all of them without patterns. Raises UnknownName."""

    def names(claim: Claim) -> list[str]:
        return [claim.id.lower(), claim.source.lower(), claim.source.partition(",")[0].lower()]

    for pattern in patterns:
        if not any(fnmatchcase(name, pattern.lower()) for claim in claims for name in names(claim)):
            raise UnknownName("claim", pattern, [claim.id for claim in claims])
    wanted = [pattern.lower() for pattern in patterns] or ["*"]
    return [claim for claim in claims if any(fnmatchcase(name, one) for name in names(claim) for one in wanted)]


def _judged(evidence: EvidenceSources, claims: list[Claim], measure: bool, new: bool) -> tuple[list[JudgedClaim], bool]:
    """Every claim judged, by finished runs where they hold its cells; and whether the measurement was finished."""
    from paragone.claims.judge_claims import CANNOT_RUN, CANNOT_TELL, OTHER_DATA, JudgedClaim
    from paragone.claims.runnable import is_about, runnable, untestable_reason

    against = {claim.id: untestable_reason(claim, evidence.everyone) for claim in claims}
    judged_claims = {
        claim.id: JudgedClaim(claim, CANNOT_RUN, against[claim.id]) for claim in claims if against[claim.id]
    }
    data = evidence.data
    judged_claims |= {
        claim.id: JudgedClaim(claim, OTHER_DATA, f"it speaks of {claim.problem.dataset}, the data is {data.name}")
        for claim in claims
        if not against[claim.id] and isinstance(claim.problem, NetworkProblem) and not is_about(claim.problem, data)
    }
    testable = [runnable(claim, evidence.everyone) for claim in claims if claim.id not in judged_claims]
    if not new:
        judged_claims |= evidence.from_finished_runs(testable)
    missing = [claim for claim in testable if claim.id not in judged_claims]
    for name in dict.fromkeys(judged.where for judged in judged_claims.values() if judged.where):
        ids = ", ".join(judged.claim.id for judged in judged_claims.values() if judged.where == name)
        evidence.display.say(f"Measured already in {name}: {ids}.")
    finished = True
    if missing and measure:
        evidence.display.say(f"To be measured: {', '.join(claim.id for claim in missing)}.")
        measured, finished = evidence.measure(missing)
        judged_claims |= measured
    for claim in missing:
        unknown = JudgedClaim(claim, CANNOT_TELL, "no finished run of this machine and code has its cells")
        judged_claims.setdefault(claim.id, unknown)
    return [judged_claims[claim.id] for claim in claims], finished
