"""Claims: the speed of one cell relative to another, as a source states it.

`claims.toml` holds the claims of the project's sources; its head explains the keys. A user's file has the same form.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from paragone.errors import InvalidClaims, InvalidProblem, UnknownName, did_you_mean
from paragone.files.regular import read_regular
from paragone.files.schema import LARGEST, LARGEST_NUMBER, QUOTED_CHARACTERS, shown
from paragone.implementation.contract import PHASES
from paragone.task.mlp.problem import NetworkProblem
from paragone.task.mlp.problem_files import find_problem

CLAIMS = Path(__file__).with_name("claims.toml")
TRAIN, EPOCH = "train", "epoch with evaluation"
QUANTITIES = (TRAIN, EPOCH, *PHASES)
MOST_BYTES = 1_000_000
LONGEST_TEXT = 500

COMMON = ("id", "source", "says")
CELLS = ("problem", "quantity", "variant", "than", "batch_size")
OPTIONAL = ("than_batch_size", "threads", "context")
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
    problem: NetworkProblem | None = None
    quantity: str = TRAIN
    variant: tuple[str, ...] = ()
    than: tuple[str, ...] = ()
    batch_size: int = 0
    than_batch_size: int = 0
    threads: int = 1
    low: float = 0.0
    high: float = math.inf
    expected: str = ""  # the claimed ratio in words
    within_seconds: float = 0.0
    epochs: int = 0
    context: str = ""
    cannot: str = ""

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


def read_claims(path: Path) -> tuple[Claim, ...]:
    """The claims of a TOML file, in its order.

    Raises InvalidClaims with the file, the claim, the key, and what was expected.
    """
    with suppress(RuntimeError):  # ~name of an unknown user; reading the path then fails with a better message
        path = path.expanduser()
    try:
        text = read_regular(path, MOST_BYTES)
    except (OSError, ValueError) as error:  # ValueError: a null byte in the path, or too long a file
        raise InvalidClaims(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    try:
        table = tomllib.loads(text.decode("utf-8-sig"))
    except RecursionError:
        raise InvalidClaims(f"{path}: not a TOML file: too many brackets within brackets") from None
    except ValueError as error:
        raise InvalidClaims(f"{path}: not a TOML file: {error}") from None
    entries = table.get("claim")
    if list(table) != ["claim"] or not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
        raise InvalidClaims(f"{path}: expected [[claim]] tables and nothing else, got {', '.join(table) or 'nothing'}")
    claims: dict[str, Claim] = {}
    for number, entry in enumerate(entries, start=1):
        name = entry.get("id") if isinstance(entry.get("id"), str) else f"number {number}"
        try:
            claim = _claim(entry, path.parent)
            if claim.id in claims:
                raise ValueError("id: another claim has it already; expected a name of its own")
        except ValueError as error:
            raise InvalidClaims(f"{path}: claim {name}: {error}") from None
        claims[claim.id] = claim
    return tuple(claims.values())


def _claim(entry: Mapping[str, Any], folder: Path) -> Claim:
    for key in entry:
        if key not in KEYS:
            raise ValueError(f"unknown key {shown(key)}. {did_you_mean(key[:QUOTED_CHARACTERS], KEYS)}")
    name, source, says = (_text(key, _needed(entry, key)) for key in COMMON)
    stated = Claim(name, source, says)
    if "cannot" in entry:
        if surplus := sorted(entry.keys() - {*COMMON, "cannot"}):
            raise ValueError(f"{surplus[0]}: a claim with `cannot` has neither cells nor a ratio")
        return replace(stated, cannot=_text("cannot", entry["cannot"]))
    problem = _problem(_text("problem", _needed(entry, "problem")), folder)
    quantity = _needed(entry, "quantity")
    if quantity not in QUANTITIES:
        raise ValueError(f"quantity: expected one of {', '.join(QUANTITIES)}; got {quantity!r}")
    images = _batch_size("batch_size", _needed(entry, "batch_size"), problem)
    claim = replace(
        stated,
        problem=problem,
        quantity=quantity,
        variant=_names("variant", _needed(entry, "variant")),
        than=_names("than", _needed(entry, "than")),
        batch_size=images,
        than_batch_size=_batch_size("than_batch_size", entry.get("than_batch_size", images), problem),
        threads=_whole("threads", entry.get("threads", 1)),
        context=_text("context", entry["context"]) if "context" in entry else "",
    )
    if set(claim.variant) & set(claim.than) and claim.batch_size == claim.than_batch_size:
        raise ValueError(f"than: expected another cell than that of `variant`, got {claim.than[0]!r} twice")
    return _with_ratio(claim, entry)


def _with_ratio(claim: Claim, entry: Mapping[str, Any]) -> Claim:
    """The claim with its limits, as numbers and in words."""
    given = [form for form in FORMS if any(key in entry for key in form)]
    if len(given) != 1:
        known = "; ".join(" and ".join(form) for form in FORMS)
        raise ValueError(f"expected one form of the claimed ratio, got {len(given)}. There are: {known}")
    first, *others = (_needed(entry, key) for key in given[0])
    name = given[0][0]
    if name in ("range", "less_time"):
        low, high = _pair(name, first)
        if name == "range":
            return replace(claim, low=low, high=high, expected=f"{low:g}× to {high:g}×")
        if high >= 1:
            raise ValueError(f"less_time: expected fractions below 1, such as [0.15, 0.22]; got {first!r}")
        slow, fast = 1 / (1 - low), 1 / (1 - high)
        words = f"{100 * low:.0f} % to {100 * high:.0f} % less time, {slow:.2f}× to {fast:.2f}×"
        return replace(claim, low=slow, high=fast, expected=words)
    number = _number(name, first)
    if name == "at_least":
        return replace(claim, low=number, expected="faster" if number == 1 else f"at least {number:g}×")
    if name == "at_most":
        return replace(claim, high=number, expected="slower" if number == 1 else f"at most {number:g}×")
    if name == "ratio":
        share = 1 + _number("within", others[0])
        words = f"{number:g}× within {100 * (share - 1):g} %"
        return replace(claim, low=number / share, high=number * share, expected=words)
    if claim.quantity not in (TRAIN, EPOCH):
        raise ValueError(f"within_seconds: expected the quantity {TRAIN} or {EPOCH}, got {claim.quantity}")
    epochs = _whole("epochs", others[0])
    words = f"within {number:g} s over {epochs} epochs"
    return replace(claim, within_seconds=number, epochs=epochs, expected=words)


def _needed(entry: Mapping[str, Any], key: str) -> Any:
    if key in entry:
        return entry[key]
    raise ValueError(f"missing key {key!r}")


def _text(key: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_TEXT:
        raise ValueError(f"{key}: expected a text of 1 to {LONGEST_TEXT} characters, got {shown(value)}")
    return value


def _names(key: str, value: Any) -> tuple[str, ...]:
    names = value if isinstance(value, list) and value else [value]
    return tuple(_text(key, name) for name in names)


def _problem(name: str, folder: Path) -> NetworkProblem:
    try:
        return find_problem(str(folder / name) if name.endswith(".toml") else name)
    except (UnknownName, InvalidProblem) as error:
        raise ValueError(f"problem: {error}") from None


def _batch_size(key: str, value: Any, problem: NetworkProblem) -> int:
    images = problem.n_train if value == "full" else _whole(key, value)
    if images > problem.n_train:
        raise ValueError(f"{key}: {images} is more than the {problem.n_train} training images of {problem.name}")
    return images


def _whole(key: str, value: Any) -> int:
    if type(value) is not int or not 1 <= value <= LARGEST:
        raise ValueError(f"{key}: expected a whole number from 1 to {LARGEST}, got {shown(value)}")
    return int(value)


def _number(key: str, value: Any) -> float:
    if type(value) not in (int, float) or not 0 < value <= LARGEST_NUMBER:
        raise ValueError(f"{key}: expected a number above 0, got {shown(value)}")
    return float(value)


def _pair(key: str, value: Any) -> tuple[float, float]:
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError(f"{key}: expected two numbers, the smaller first; got {str(value)[:QUOTED_CHARACTERS]}")
    low, high = (_number(key, end) for end in value)
    if low >= high:
        raise ValueError(f"{key}: expected two numbers, the smaller first; got {str(value)[:QUOTED_CHARACTERS]}")
    return low, high
