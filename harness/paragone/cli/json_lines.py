"""Rows for machines on standard output: one JSON object per line, in the form in which a run stores them."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from paragone.files.atomic import as_json
from paragone.implementation.described import unavailable_reason
from paragone.implementation.registry import Registered, Unusable
from paragone.store.records import Outcome

if TYPE_CHECKING:
    from paragone.analyse.results import Results
    from paragone.claims.judge_claims import JudgedClaim

JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON object per line instead of tables, for another program.")
]


def print_outcomes(rows: Iterable[Outcome]) -> None:
    """Print the checks as outcomes.jsonl has them."""
    _print(msgspec.to_builtins(row) for row in rows)


def print_unusable(entries: Iterable[Unusable]) -> None:
    """Print what could not be read as an implementation: `implementation`, `status` "unusable", `reason`."""
    _print({"implementation": entry.name, "status": "unusable", "reason": entry.reason} for entry in entries)


def print_cells(results: Results) -> None:
    """Print the rows of summary.csv, each with the folder of the `run`; a missing number is null."""
    frame = results.summary.astype(object)
    rows = frame.where(frame.notna(), None).to_dict("records")
    _print(
        {"run": str(results.run.folder), **{str(name): _plain(value) for name, value in row.items()}} for row in rows
    )


def print_judged_claims(judged_claims: Iterable[JudgedClaim]) -> None:
    """Print each claim with what was measured: ratio and interval are null where nothing was."""
    _print(
        {
            **{name: getattr(judged.claim, name) for name in ("id", "source", "says")},
            "claimed": judged.claim.expected,
            **{name: _or_null(getattr(judged, name)) for name in ("ratio", "low", "high")},
            **{name: getattr(judged, name) for name in ("verdict", "why", "variant", "than")},
            "run": judged.where,
        }
        for judged in judged_claims
    )


def print_implementations(entries: Iterable[Registered], unusable: Iterable[Unusable]) -> None:
    """Print what each implementation declares, with the reason why it cannot run here ("" where it can)."""
    _print(
        {
            "implementation": entry.implementation.name,
            **{name: getattr(entry.implementation, name) for name in ("language", "layout", "source", "idea")},
            "axes": {axis: list(values) for axis, values in entry.implementation.axes.items()},
            "maths_lines": entry.maths_lines(),
            "unavailable": unavailable_reason(entry.implementation) or "",
        }
        for entry in entries
    )
    print_unusable(unusable)


def _or_null(number: float) -> float | None:
    return number if math.isfinite(number) else None


def _plain(value: Any) -> Any:
    return getattr(value, "item", lambda: value)()


def _print(rows: Iterable[Mapping[str, Any]]) -> None:
    for row in rows:
        sys.stdout.write(as_json(row).decode() + "\n")
    sys.stdout.flush()
