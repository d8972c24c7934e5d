"""What `verify --contract` looks at by default, and what it says of it."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager

from msgspec import structs
from rich.markup import escape

from paragone.cli.app import out
from paragone.errors import Misuse
from paragone.implementation.conformance.examination import PromiseResult, run_contract
from paragone.implementation.described import unavailable_reason
from paragone.implementation.registry import Registered
from paragone.plan.cells import chosen_variants
from paragone.plan.request import Request
from paragone.task.mlp.problem import NetworkProblem
from paragone.task.problem import Problem
from paragone.worker.budgets import Budgets

# The batch sizes of the gate beside the contract's checks, which choose their own: by default, and with --all.
BRIEF_SIZES, ALL_SIZES = (10, 100), (1, 10, 100)
# While an implementation is written, part of the data is enough: a run looks at all of it before it times anything.
BRIEF_BUDGETS = Budgets(data_seconds=0.5)


def those_to_try(chosen: Sequence[Registered], are_named: bool) -> list[Registered]:
    """The implementations whose contract is tried: those named that can run; what cannot is told.

    Raises Misuse where none is named, or none can run.
    """
    if not are_named:
        raise Misuse("--contract looks at the implementations that you name: paragone verify NAME --contract")
    reasons = {each.name: unavailable_reason(each.implementation) for each in chosen}
    sentences = [f"{name} cannot run here: {reason}" for name, reason in reasons.items() if reason]
    if len(sentences) == len(chosen):
        raise Misuse("; ".join(sentences))
    for sentence in sentences:
        out.print(f"[red]{escape(sentence)}[/]", soft_wrap=True, highlight=False)
    return [each for each in chosen if not reasons[each.name]]


def brief(request: Request, found: Registered, names_problem: bool) -> Request:
    """What an author needs while writing: one problem, two sizes, one dtype, unless the user names others."""
    problems = request.problems if names_problem else _first_supported(request.problems, found)
    variants = chosen_variants(request, [found])
    return structs.replace(
        request,
        problems=problems,
        sizes=request.sizes or _fitting(BRIEF_SIZES, problems),
        dtypes=request.dtypes or tuple(variant.dtype for variant in variants[:1]),
        budgets=BRIEF_BUDGETS,
    )


def everything(request: Request) -> Request:
    """Every problem and dtype, at the sizes of a full examination, unless the user names others."""
    return structs.replace(request, sizes=request.sizes or _fitting(ALL_SIZES, request.problems))


def _first_supported(problems: Sequence[Problem], found: Registered) -> tuple[Problem, ...]:
    """The smallest network that the implementation supports; the smallest of all where it supports none."""
    networks = sorted(_networks(problems), key=lambda problem: sum(a * b for a, b in problem.fans))
    supported = (each for each in networks if unavailable_reason(found.implementation, each) is None)
    return (next(supported, networks[0]),)


def _networks(problems: Sequence[Problem]) -> list[NetworkProblem]:
    return [problem for problem in problems if isinstance(problem, NetworkProblem)]


def _fitting(sizes: Sequence[int], problems: Sequence[Problem]) -> tuple[int, ...]:
    """The sizes that all problems can have; where there is none, each problem has its own grid."""
    return tuple(size for size in sizes if not any(problem.size_fault(size) for problem in problems))


def contract_examined(
    request: Request, found: Registered, problems: Sequence[Problem]
) -> AbstractContextManager[Iterable[PromiseResult]]:
    """The results of the contract's checks, which go on while the block of this context does other things.

    They are tried on the variants of the request, on small copies of the problems; without problems on all that ship.
    """
    variants = chosen_variants(request, [found])
    return run_contract(found, variants, tuple(_networks(problems)), request.time_limit_s)


def print_contract(name: str, results: Iterable[PromiseResult]) -> bool:
    """Print what the contract's checks find in one implementation; True where it keeps the contract.

    A reason is told once, as soon as it is found: a syntax error fails every check.
    """
    counted: dict[str, Counter[str]] = {}
    reasons: Counter[str] = Counter()
    for found in results:
        counted.setdefault(found.check, Counter())[found.status] += 1
        if found.status in ("failed", "crashed"):
            reasons[found.reason] += 1
            if reasons[found.reason] == 1:
                words = f"{found.status} {found.variant}: {found.check}: {found.reason}"
                out.print(f"[red]{escape(words)}[/]", soft_wrap=True, highlight=False)
    for reason, n_times in reasons.items():
        if n_times > 1:
            out.print(f"    {n_times} times: {escape(reason)}", soft_wrap=True, highlight=False)
    out.print(f"\nThe contract of {name}, in how many of its variants:", highlight=False)
    words_of = {check: ", ".join(f"{n} {status}" for status, n in counts.items()) for check, counts in counted.items()}
    if len(words_of) > 1 and len({*words_of.values()}) == 1:
        words_of = {f"each of {len(words_of)} checks": next(iter(words_of.values()))}
    for check, words in words_of.items():
        out.print(f"    {check}: {words}", highlight=False)
    out.print()
    return not any(counts["failed"] or counts["crashed"] for counts in counted.values())


def print_looked_at(request: Request, command: Sequence[str]) -> None:
    """Say in a line what was looked at, and the command that looks at everything."""
    problems = _listed([problem.name for problem in request.problems])
    sizes = f"batch size{'s' * (len(request.sizes) > 1)} {_listed(request.sizes)}" if request.sizes else "every size"
    words = f"Looked at: {problems} at {sizes} in {_listed(request.dtypes)}, over part of the training set."
    out.print(f"{words} For everything: {shlex.join(command)}", soft_wrap=True, highlight=False, markup=False)


def _listed(values: Sequence[object]) -> str:
    """ "a, b and c"."""
    *first, last = map(str, values)
    return f"{', '.join(first)} and {last}" if first else last
