"""Claims: the speed of one cell relative to another, as a source states it.

`claims.toml` holds the claims of the project's sources; its head explains the keys. A user's file has the same form.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from paragone.claims.entries import names_of, needed, number_of, pair_of, text_of, whole_of
from paragone.errors import InvalidClaims, InvalidProblem, UnknownName, did_you_mean
from paragone.files.schema import QUOTED_CHARACTERS, shown
from paragone.files.toml_table import toml_table
from paragone.implementation.contract import PHASES
from paragone.implementation.plugins import kernel_folders
from paragone.task.kernel.problem import KernelProblem
from paragone.task.mlp.problem_files import find_problem
from paragone.task.problem import Problem

CLAIMS = Path(__file__).with_name("claims.toml")
TRAIN, EPOCH, RUN, ERROR = "train", "epoch with evaluation", "run", "error"
OF_NETWORKS, OF_KERNELS = (TRAIN, EPOCH, *PHASES), (RUN, ERROR)
NETWORKS = "mlp"
TIMED = (TRAIN, RUN)  # the samples of a run
MOST_BYTES = 1_000_000

COMMON = ("id", "source", "says")
CELLS = ("problem", "quantity", "variant", "than", "size", "batch_size")
OPTIONAL = ("than_size", "than_batch_size", "case", "threads", "context")
# The forms of the claimed ratio, each by the keys that it takes together.
FORMS: tuple[tuple[str, ...], ...] = (
    *(("at_least",), ("at_most",), ("range",), ("less_time",)),
    *(("ratio", "within"), ("within_seconds", "epochs")),
)
KEYS = (*COMMON, *CELLS, *OPTIONAL, "cannot", *(key for form in FORMS for key in form))


@dataclass(frozen=True)
class Claim:
    """The speed of `variant` relative to `than` lies between `low` and `high`.

    `variant` and `than` are lists of names; the first that can run here counts. A claim in seconds has no limits of its
    own: `limits` derives them from the measured time. A claim that `cannot` be tested has no problem.
    """

    id: str
    source: str
    says: str
    problem: Problem | None = None
    quantity: str = TRAIN
    variant: tuple[str, ...] = ()
    than: tuple[str, ...] = ()
    size: int = 0
    than_size: int = 0
    case: str = ""  # of an error: the case that is shown; empty for what is judged
    threads: int = 1
    low: float = 0.0
    high: float = math.inf
    expected: str = ""  # the claimed ratio in words
    within_seconds: float = 0.0
    epochs: int = 0
    context: str = ""
    cannot: str = ""

    @property
    def family(self) -> str:
        """The family that it is about; a claim without a problem is about networks."""
        return self.problem.family if self.problem else NETWORKS

    def limits(self, epoch_seconds: float) -> tuple[float, float]:
        """The smallest and the largest claimed ratio; `epoch_seconds` is the measured time of an epoch of `than`."""
        if not self.epochs:
            return self.low, self.high
        total = self.epochs * epoch_seconds
        slack = self.within_seconds
        return total / (total + slack), total / (total - slack) if total > slack else math.inf


@cache
def shipped_claims() -> tuple[Claim, ...]:
    return read_claims(CLAIMS)


def read_claims(path: Path, plugins: Iterable[str] = ()) -> tuple[Claim, ...]:
    """The claims of a TOML file, in its order; kernels that they name may lie in plugins.

    Raises InvalidClaims with the file, the claim, the key, and what was expected.
    """
    with suppress(RuntimeError):  # ~name of an unknown user; reading the path then fails with a better message
        path = path.expanduser()
    try:
        table = toml_table(path, MOST_BYTES)
    except FileNotFoundError as error:
        raise InvalidClaims(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise InvalidClaims(f"{path}: {error}") from None
    entries = table.get("claim")
    if list(table) != ["claim"] or not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
        raise InvalidClaims(f"{path}: expected [[claim]] tables and nothing else, got {', '.join(table) or 'nothing'}")
    problem_of = cache(partial(_problem, folder=path.parent, plugins=tuple(plugins)))  # many claims are of one problem
    claims: dict[str, Claim] = {}
    for number, entry in enumerate(entries, start=1):
        name = entry.get("id") if isinstance(entry.get("id"), str) else f"number {number}"
        try:
            claim = _claim(entry, problem_of)
            if claim.id in claims:
                raise ValueError("id: another claim has it already; expected a name of its own")
        except ValueError as error:
            raise InvalidClaims(f"{path}: claim {name}: {error}") from None
        claims[claim.id] = claim
    return tuple(claims.values())


def _claim(entry: Mapping[str, Any], problem_of: Callable[[str], Problem]) -> Claim:
    for key in entry:
        if key not in KEYS:
            raise ValueError(f"unknown key {shown(key)}. {did_you_mean(key[:QUOTED_CHARACTERS], KEYS)}")
    name, source, says = (text_of(key, needed(entry, key)) for key in COMMON)
    stated = Claim(name, source, says)
    if "cannot" in entry:
        if surplus := sorted(entry.keys() - {*COMMON, "cannot"}):
            raise ValueError(f"{surplus[0]}: a claim with `cannot` has neither cells nor a ratio")
        return replace(stated, cannot=text_of("cannot", entry["cannot"]))
    problem = problem_of(text_of("problem", needed(entry, "problem")))
    quantity = _quantity(needed(entry, "quantity"), problem)
    size = _size(entry, "size", problem)
    claim = replace(
        stated,
        problem=problem,
        quantity=quantity,
        variant=names_of("variant", needed(entry, "variant")),
        than=names_of("than", needed(entry, "than")),
        size=size,
        than_size=_size(entry, "than_size", problem, size),
        case=_case(entry["case"], quantity, problem) if "case" in entry else "",
        threads=whole_of("threads", entry.get("threads", 1)),
        context=text_of("context", entry["context"]) if "context" in entry else "",
    )
    if set(claim.variant) & set(claim.than) and claim.size == claim.than_size:
        raise ValueError(f"than: expected another cell than that of `variant`, got {claim.than[0]!r} twice")
    return _with_ratio(claim, entry)


def _with_ratio(claim: Claim, entry: Mapping[str, Any]) -> Claim:
    """The claim with its limits, as numbers and in words."""
    given = [form for form in FORMS if any(key in entry for key in form)]
    if len(given) != 1:
        known = "; ".join(" and ".join(form) for form in FORMS)
        raise ValueError(f"expected one form of the claimed ratio, got {len(given)}. There are: {known}")
    first, *others = (needed(entry, key) for key in given[0])
    name = given[0][0]
    if name in ("range", "less_time"):
        low, high = pair_of(name, first)
        if name == "range":
            return replace(claim, low=low, high=high, expected=f"{low:g}× to {high:g}×")
        if high >= 1:
            raise ValueError(f"less_time: expected fractions below 1, such as [0.15, 0.22]; got {first!r}")
        slow, fast = 1 / (1 - low), 1 / (1 - high)
        words = f"{100 * low:.0f} % to {100 * high:.0f} % less time, {slow:.2f}× to {fast:.2f}×"
        return replace(claim, low=slow, high=fast, expected=words)
    number = number_of(name, first)
    if name == "at_least":
        return replace(claim, low=number, expected=_one_sided(claim.quantity, "at least", number))
    if name == "at_most":
        return replace(claim, high=number, expected=_one_sided(claim.quantity, "at most", number))
    if name == "ratio":
        share = 1 + number_of("within", others[0])
        words = f"{number:g}× within {100 * (share - 1):g} %"
        return replace(claim, low=number / share, high=number * share, expected=words)
    if claim.quantity not in (TRAIN, EPOCH):
        raise ValueError(f"within_seconds: expected the quantity {TRAIN} or {EPOCH}, got {claim.quantity}")
    epochs = whole_of("epochs", others[0])
    words = f"within {number:g} s over {epochs} epochs"
    return replace(claim, within_seconds=number, epochs=epochs, expected=words)


def _one_sided(quantity: str, which: str, number: float) -> str:
    """Return "faster", "at least 2×", "an error at most 0.5×"."""
    if quantity == ERROR:
        return f"an error {which} {number:g}×" if number != 1 else f"{'less' if which == 'at least' else 'more'} exact"
    return f"{which} {number:g}×" if number != 1 else "faster" if which == "at least" else "slower"


def _problem(name: str, folder: Path, plugins: Iterable[str]) -> Problem:
    """A problem of networks by its name or its file, or a kernel by its name."""
    try:
        return find_problem(str(folder / name) if name.endswith(".toml") else name)
    except UnknownName as error:
        kernels, _ = kernel_folders(plugins)
        if name not in kernels:
            raise ValueError(f"problem: {error}") from None
        return KernelProblem.of(kernels[name])
    except InvalidProblem as error:
        raise ValueError(f"problem: {error}") from None


def _quantity(value: Any, problem: Problem) -> str:
    known = OF_KERNELS if isinstance(problem, KernelProblem) else OF_NETWORKS
    if value not in known:
        raise ValueError(f"quantity: expected one of {', '.join(known)}; got {value!r}")
    return str(value)


def _size(entry: Mapping[str, Any], key: str, problem: Problem, otherwise: int | None = None) -> int:
    """The size under `size`, or under `batch_size` as files about networks have it."""
    given = [name for name in (key, key.replace("size", "batch_size")) if name in entry]
    if len(given) == 2:
        raise ValueError(f"{given[1]}: it is {given[0]} already; leave out one of them")
    if not given and otherwise is not None:
        return otherwise
    name = given[0] if given else key
    value = needed(entry, name)
    named = problem.named_sizes
    size = named[value] if isinstance(value, str) and value in named else whole_of(name, value)
    if fault := problem.size_fault(size):
        raise ValueError(f"{name}: {problem.name} has no {problem.words.one_size} {size}: {fault}")
    return size


def _case(value: Any, quantity: str, problem: Problem) -> str:
    known = problem.spec.shown if isinstance(problem, KernelProblem) else ()
    if quantity != ERROR or value not in known:
        cases = ", ".join(known) or "none"
        raise ValueError(f"case: expected a case that is shown and not judged ({cases}), and the quantity {ERROR}")
    return str(value)
