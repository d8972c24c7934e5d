"""A run for github-action-benchmark, which draws each benchmark over the commits of a branch.

Its tool `customSmallerIsBetter` reads an array of objects with `name`, `unit` and `value`, and takes a `range` and an
`extra` as text, which it shows beside the value: README of github.com/benchmark-action/github-action-benchmark.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from paragone.report.export.cells import id_of, passed_cells, step_ns
from paragone.report.text import formatting
from paragone.report.text.rows import each_row

if TYPE_CHECKING:
    from paragone.analyse.results import Results
    from paragone.store.reader import Run


def github_action_benchmark_json(results: Results) -> list[dict[str, Any]]:
    """Return an entry for each cell that passed: the time of one step in ns, in every run the same unit."""
    return [_entry(row, results.run) for row in each_row(passed_cells(results))]


def _entry(row: Any, run: Run) -> dict[str, Any]:
    value, low, high = step_ns(row)
    return {
        "name": id_of(row, run),
        "unit": f"ns per {run.plan.words_of(row.problem).step}",
        "value": value,
        **({} if math.isnan(low) else {"range": f"95 % interval {low:.6g} to {high:.6g}"}),
        "extra": "\n".join(formatting.one_line(line) for line in _about(row, run) if line),
    }


def _about(row: Any, run: Run) -> list[str]:
    """Return what the value does not say: the ratio within the run, which does not depend on the machine's speed."""
    ratio = formatting.ratio_with_interval(row.ratio_to_baseline, row.ratio_low, row.ratio_high)
    relative = f"{ratio} the speed of the baseline ({row.verdict})" if row.verdict != "baseline" else "the baseline"
    return [
        f"{formatting.rate(row.work_per_second)} {run.plan.words_of(row.problem).rate}",
        relative,
        f"{formatting.plural(row.n_launches, 'launch')}, run {run.plan.run}",
        run.environment.machine.cpu or "",
    ]
