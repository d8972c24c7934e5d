"""What the variants of a profile are called, and the order of its cells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from paragone.analyse.breakdown import Breakdown
from paragone.analyse.profiled import Profiled
from paragone.report.text.rows import short_names
from paragone.store.frames import frame_of
from paragone.store.plan_records import VariantRecord


def usual_dtype(profiled: Profiled) -> str:
    """Return the dtype of most variants. It stands in the headings; the names of other variants include theirs."""
    return str(frame_of(VariantRecord, profiled.plan.variants)["dtype"].mode()[0])


def profile_names(profiled: Profiled) -> dict[str, str]:
    """Return the names to print, by variant, with the dtype where it is not the usual one."""
    frame = frame_of(VariantRecord, profiled.plan.variants)
    short = short_names(frame)
    names = short.where(frame["dtype"] == usual_dtype(profiled), short + " " + frame["dtype"])
    return dict(zip(frame["variant"], names, strict=True))


def by_problem_and_threads(cells: Sequence[Breakdown]) -> Iterator[tuple[str, int, list[Breakdown]]]:
    for problem, threads in dict.fromkeys((cell.problem, cell.threads) for cell in cells):
        yield problem, threads, [c for c in cells if (c.problem, c.threads) == (problem, threads)]
