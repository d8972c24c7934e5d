"""The answer in sentences, each computed from the summary and true of this run only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from harness.report import wording

if TYPE_CHECKING:
    from harness.store import Run

GRID = ["problem", "dtype", "threads"]


def answer(run: Run, frame: pd.DataFrame) -> str:
    """Return the answer in one paragraph: who is fastest, and by how much against the baseline."""
    measured = frame[~frame["control"] & frame["images_per_second"].notna()]
    if measured.empty:
        return "Nothing was measured, so there is no answer; below is why."
    measured = measured[measured["status"] == "passed"]
    if measured.empty:
        return "Nothing that was measured could be verified, so there is no answer; below is why."
    several = frame["threads"].nunique() > 1
    sentences = [_fastest(cells, several) for _, cells in measured.groupby(GRID, sort=False)]
    if run.plan["launches"] == 1:
        sentences.append("These are single observations from one launch: no intervals, no verdicts.")
    else:
        words = measured["verdict"].str.partition(" within")[0].value_counts()
        counts = [f"{words.get(word, 0)} {word}" for word in ("faster", "slower", "same") if words.get(word, 0)]
        compared = int(words.drop("baseline", errors="ignore").sum())
        said = f"{', '.join(counts)}; for {words.get('not enough data', 0)} the data are not enough"
        sentences.append(f"Of {wording.plural(compared, 'cell')} compared with the baseline: {said}.")
    return " ".join(sentences)


def _fastest(cells: pd.DataFrame, several_thread_counts: bool) -> str:
    """Return who has the highest throughput of one grid, and where; ties by the order of the plan."""
    best = next(wording.rows(cells.loc[[cells["images_per_second"].idxmax()]]))
    threads = f", {wording.plural(best.threads, 'thread')}" if several_thread_counts else ""
    by_size = cells.loc[cells.groupby("batch_size")["images_per_second"].idxmax()]
    leaders = by_size.assign(name=wording.short_names(cells)).groupby("name", sort=False)["batch_size"].apply(list)
    shares = "; ".join(
        f"{wording.code(name)} at {_listed([wording.batch(size) for size in sizes])}" for name, sizes in leaders.items()
    )
    interval = wording.rate_interval(best.images_per_second_low, best.images_per_second_high)
    speed = f"{wording.rate(best.images_per_second)} images/s{f' {interval}' if interval else ''}"
    return (
        f"{wording.code(best.problem)}, {best.dtype}{threads}: most images per second by batch size: {shares}; "
        f"at most {speed}, at batch {wording.batch(best.batch_size)}."
    )


def findings(run: Run, frame: pd.DataFrame) -> list[str]:
    """Return a sentence per implementation and dtype that is anywhere faster or slower than the baseline."""
    sure = frame[frame["verdict"].isin(["faster", "slower"])]
    several = frame["threads"].nunique() > 1
    sentences = []
    for _, cells in sure.assign(name=wording.short_names(frame)).groupby([*GRID, "variant"], sort=False):
        first = next(wording.rows(cells))
        threads = f", {wording.plural(first.threads, 'thread')}" if several else ""
        where = f"{first.dtype}{threads}" + (
            f", {wording.code(first.problem)}" if frame["problem"].nunique() > 1 else ""
        )
        parts = [part for word in ("faster", "slower") if (part := _extreme(cells[cells["verdict"] == word], word))]
        sentences.append(f"{wording.code(first.name)} ({where}) is {' and '.join(parts)}.")
    return sentences


def _extreme(cells: pd.DataFrame, word: str) -> str:
    """Return the strongest case of a verdict, and at which batch sizes it holds."""
    if cells.empty:
        return ""
    row: Any = next(wording.rows(cells.loc[[np.log(cells["ratio_to_baseline"]).abs().idxmax()]]))
    sizes = [wording.batch(size) for size in sorted(cells["batch_size"])]
    size = wording.batch(row.batch_size)
    where = f"at batch {size}" if len(sizes) == 1 else f"at batch {_listed(sizes)}; most at {size}"
    amount = f"{wording.ratio(row.ratio_to_baseline)} {wording.ratio_interval(row.ratio_low, row.ratio_high)}"
    return f"{word} than the baseline {where}: {amount}"


def _listed(words: list[str]) -> str:
    return " and ".join(part for part in (", ".join(words[:-1]), words[-1]) if part)
