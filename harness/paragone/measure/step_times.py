"""The times of steps that a run has measured."""

from __future__ import annotations

import statistics
from collections import defaultdict
from pathlib import Path

from paragone.store.plan_records import ContenderKey
from paragone.store.reader import read_table
from paragone.store.records import Sample


def median_step_seconds(folder: Path) -> dict[ContenderKey, dict[int, float]]:
    """The median over the timed samples of a run, in seconds, by contender and size."""
    seconds: dict[ContenderKey, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in read_table(folder, Sample):
        if row.kind == "timed":
            seconds[row.problem, row.variant, row.threads][row.size].append(row.elapsed_ns / row.n_steps / 1e9)
    return {key: {size: statistics.median(of) for size, of in by_size.items()} for key, by_size in seconds.items()}
