"""The section on calls: what one costs, the share outside a program's own clock, what was built."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from paragone.report.text import formatting, markdown
from paragone.report.text.rows import each_row, first_row

if TYPE_CHECKING:
    import pandas as pd

    from paragone.analyse.results import Results
    from paragone.store.plan_records import CallCostRow
    from paragone.store.reader import Run
    from paragone.task.problem import Words

ADAPTERS = {"c": "shared library (C ABI)", "julia": "Julia in the same process", "process": "program of its own"}
YARDSTICKS = {
    "c_function": "shared library (C ABI)",
    "julia_function": ADAPTERS["julia"],
    "julia_process": "Julia as a program of its own",
    "node_process": "JavaScript as a program of its own",
    "java_process": "Java as a program of its own",
    "python_function": "function in Python",
    "numba_function": "function compiled by Numba",
    "jax_function": "function compiled by JAX",
}
INTRODUCTION = (
    "A sample makes one call, however many steps it takes. These are the costs of a call on an implementation that "
    "{does} nothing; they are part of every time and subtracted from none."
)
CALLS_IN_A_LOOP = (
    "A sample crosses once into the other language, and a loop there makes its calls. These are the costs of both with "
    "a function that does nothing: of a sample with one call, and of each call in a sample with many. They are part of "
    "every time and subtracted from none; beside them stands what they are of the shortest call that was measured."
)


def section(results: Results) -> str:
    run = results.run
    spoken = run.plan.words_of()
    own = [row for row in run.plan.calls if row.bridge not in YARDSTICKS]
    in_a_loop = [row for row in run.plan.calls if row.bridge in YARDSTICKS]
    parts = [
        f"{INTRODUCTION.format(does=spoken.does)}\n\n{_calls(own, spoken)}" if own else "",
        f"{CALLS_IN_A_LOOP}\n\n{_calls_in_a_loop(in_a_loop, results.summary)}" if in_a_loop else "",
        _clocks(run),
        _built(run),
    ]
    return "\n\n".join(part for part in parts if part)


def _calls(rows: Sequence[CallCostRow], spoken: Words) -> str:
    """Return a table with a row for each adapter and a column for each size of a call."""
    sizes = sorted({row.size for row in rows})
    by_place = {(row.bridge, row.size): row for row in rows}
    lines = [
        [ADAPTERS.get(bridge, markdown.escaped(bridge)), *(_cost(by_place.get((bridge, size))) for size in sizes)]
        for bridge in dict.fromkeys(row.bridge for row in rows)
    ]
    return markdown.table(["a call with", *(_in_words(size, spoken) for size in sizes)], lines)


def _calls_in_a_loop(rows: Sequence[CallCostRow], summary: pd.DataFrame) -> str:
    """Return a table with a row for each way of calling: a sample with one call, one call of many, and its share."""
    lines = []
    for name in dict.fromkeys(row.bridge for row in rows):
        of_name = [row for row in rows if row.bridge == name]
        many = next((row for row in of_name if row.n_steps > 1), None)
        share = _share_of_shortest(many, summary) if many else ""
        lines.append([YARDSTICKS[name], _cost(of_name[0]), _cost(many), share])
    return markdown.table(["", "a sample with one call", "each call of many", "of the shortest call"], lines)


def _share_of_shortest(row: CallCostRow, summary: pd.DataFrame) -> str:
    """Return the share of the shortest step that a variant of this way has, and which one: "0.4 % (`c_loops`, 32)"."""
    measured = summary[summary["variant"].isin(row.variants) & summary["seconds_per_step"].notna()]
    if measured.empty or row.call_seconds is None:
        return ""
    shortest = first_row(measured.nsmallest(1, "seconds_per_step"))
    share = formatting.percent(row.call_seconds / shortest.seconds_per_step)
    return f"{share} ({markdown.code(shortest.implementation)}, {formatting.size(shortest.size)})"


def _in_words(size: int, spoken: Words) -> str:
    """Return "1 distance", "60 000 distances": a step of that size."""
    return f"{formatting.size(size)} {spoken.unit.removesuffix('s') if size == 1 else spoken.unit}"


def _cost(row: CallCostRow | None) -> str:
    if row is None:
        return ""
    seconds = row.call_seconds
    return markdown.escaped(row.reason) if seconds is None else formatting.seconds(seconds)


def _clocks(run: Run) -> str:
    """Return a table of the variants whose program has a clock: the share of a sample outside of it."""
    timed = run.samples[(run.samples["kind"] == "timed") & run.samples["runner_ns"].notna()]
    if timed.empty:
        return ""
    outside = 1 - timed["runner_ns"].astype(float) / timed["elapsed_ns"].astype(float)
    lines = [
        [
            markdown.code(str(variant)),
            formatting.percent(float(shares.median())),
            formatting.percent(float(shares.max())),
        ]
        for variant, shares in outside.groupby(timed["variant"])
    ]
    explanation = "The share of a sample outside the program's own clock: the pipe, and waking up."
    return f"{explanation}\n\n" + markdown.table(["", "median", "largest"], lines)


def _built(run: Run) -> str:
    """Return a table of the variants' build information; variants with the same share a line."""
    variants_by_build: dict[str, list[str]] = {}
    for row in each_row(run.launches):
        if isinstance(row.build_info, Mapping) and row.build_info:
            build = "; ".join(f"{name}: {value}" for name, value in row.build_info.items())
            variants_by_build.setdefault(build, [])
            if row.variant not in variants_by_build[build]:
                variants_by_build[build].append(row.variant)
    lines = [
        [", ".join(map(markdown.code, sorted(variants))), markdown.escaped(build)]
        for build, variants in sorted(variants_by_build.items(), key=lambda entry: sorted(entry[1]))
    ]
    return markdown.table(["", "built or started as"], lines) if lines else ""
