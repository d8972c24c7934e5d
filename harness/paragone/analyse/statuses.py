"""The status of every planned cell and its reason. A cell without a time always has a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from paragone.analyse.hosts import with_hosts
from paragone.store.frames import frame_of
from paragone.store.plan_records import Cell, VariantRecord

if TYPE_CHECKING:
    from paragone.store.reader import Run

CELL = ["problem", "variant", "size", "threads"]
VARIANT = ["problem", "variant", "threads"]
LAUNCHED_CELL = [*CELL, "launch", "attempt"]

TOO_FAST = "too fast"  # for the machine's limit; found when a run is read
# The worst first. One failure outweighs every passed check of the same cell.
STATUSES = ("failed", "rejected", TOO_FAST, "not measured", "unavailable", "not checked", "passed")
FAILED = STATUSES[:3]
STATUSES_WITH_TIMES = ("passed", "not checked")

ABOUT_A_VARIANT = ["variant", "implementation", "language", "layout", "order", "dtype", "control"]
INTERRUPTED = "the run was interrupted before it"
# The check of a sample; before method 3 it was that of its tail.
SAMPLE_STAGES = ("sample", "tail")


def planned_cells(run: Run) -> pd.DataFrame:
    """One row per cell of the plan, in its order, with the facts of its variant.

    A baseline is planned once per wave and has one row here. A cell that the pilot kept out of the plan, because its
    variant failed or was too slow, has a row too.
    """
    columns = [*CELL, "once_per_launch"]
    planned = frame_of(Cell, run.plan.cells)[columns].drop_duplicates(CELL)
    unplanned = _cells_named_by_outcomes(run, planned)
    cells = pd.concat([planned, unplanned[~is_in(unplanned, planned, CELL)]], ignore_index=True)
    cells["once_per_launch"] = cells["once_per_launch"].eq(True)
    about = frame_of(VariantRecord, run.plan.variants)[ABOUT_A_VARIANT]
    cells = cells.merge(about, on="variant", how="inner")
    return cells.astype({"size": "int64", "threads": "int64", "control": "bool"})


def _cells_named_by_outcomes(run: Run, planned: pd.DataFrame) -> pd.DataFrame:
    """The cells that failed or refused outcomes name; an outcome without a size names all of its problem."""
    outcomes = _outcomes_of_cells(run)
    outcomes = outcomes[~outcomes["status"].isin(STATUSES_WITH_TIMES)]
    grid = pd.concat([planned[["problem", "size"]], outcomes[["problem", "size"]].dropna()])
    threads = pd.DataFrame({"threads": run.plan.threads})
    grid = grid.drop_duplicates().sort_values(["problem", "size"]).merge(threads, how="cross")
    named = _matched(grid, outcomes, ["problem"])
    return named[CELL].drop_duplicates().assign(once_per_launch=False)


def _outcomes_of_cells(run: Run) -> pd.DataFrame:
    """The outcomes that decide a cell's status. The training for accuracy is separate and decides nothing."""
    return run.outcomes[run.outcomes["stage"] != "accuracy"]


def _matched(cells: pd.DataFrame, outcomes: pd.DataFrame, on: list[str]) -> pd.DataFrame:
    """Every pair of a cell and an outcome about it. An outcome without size or threads is about all of them."""
    about = outcomes.rename(columns={"size": "of_size", "threads": "of_threads"})
    pairs = cells.merge(about, on=on)
    same_size = pairs["of_size"].isna() | pairs["of_size"].eq(pairs["size"])
    same_threads = pairs["of_threads"].isna() | pairs["of_threads"].eq(pairs["threads"])
    return pairs[same_size & same_threads]


def is_in(rows: pd.DataFrame, others: pd.DataFrame, keys: list[str]) -> NDArray[np.bool_]:
    """A mask over `rows`: true where their keys occur in `others`."""
    if others.empty or rows.empty:
        return np.zeros(len(rows), dtype=bool)
    numbers, firsts = numbered(rows, keys)
    found = pd.MultiIndex.from_frame(rows[keys].iloc[firsts]).isin(pd.MultiIndex.from_frame(others[keys]))
    mask: NDArray[np.bool_] = np.asarray(found, dtype=bool)[numbers]
    return mask


def numbered(rows: pd.DataFrame, keys: list[str]) -> tuple[NDArray[Any], NDArray[Any]]:
    """The number of every row's keys, from 0 in the order in which they first occur, and the places of these first."""
    numbers = rows.groupby(keys, sort=False, dropna=False).ngroup().to_numpy()
    return numbers, np.flatnonzero(np.diff(np.maximum.accumulate(numbers), prepend=-1))


def accepted(rows: pd.DataFrame, run: Run) -> pd.DataFrame:
    """The samples without those of rejected launches; a rejection is about one cell in one launch."""
    rejected = rejections(run)
    return rows if rejected.empty else rows[~is_in(rows, rejected, LAUNCHED_CELL)]


def rejections(run: Run) -> pd.DataFrame:
    """The outcomes that reject a cell's samples of one launch, which used more CPUs than it had threads."""
    rejected = run.outcomes[run.outcomes["status"] == "rejected"]
    return rejected.astype(dict.fromkeys(("size", "threads", "launch", "attempt"), "int64"))


def timed_samples(run: Run) -> pd.DataFrame:
    """The timed samples that were not rejected, with `step_seconds`, and in a run of several hosts with `host`."""
    timed = accepted(run.samples[run.samples["kind"] == "timed"], run)
    timed = timed.assign(step_seconds=timed["elapsed_ns"].astype(float) / 1e9 / timed["n_steps"].astype(float))
    return with_hosts(timed, run)


def statuses(run: Run, cells: pd.DataFrame, samples: pd.DataFrame) -> pd.DataFrame:
    """The status, reason, found_in, error and bound of every cell, one row per row of `cells`.

    The worst outcome of a cell decides, the first one among equals. `found_in` is "rounds" where it arose in a launch,
    else "pilot". `error` is the one that came closest to its bound.
    """
    outcomes = pd.concat([_deciding_outcomes(run, cells, samples), _failed_launches(run, cells)], ignore_index=True)
    outcomes = pd.concat([outcomes, _cells_without_samples(run, cells, samples, outcomes)], ignore_index=True)
    outcomes["rank"] = outcomes["status"].map({status: rank for rank, status in enumerate(STATUSES)})
    worst = outcomes.sort_values("rank", kind="stable").drop_duplicates(CELL)[[*CELL, "status", "reason", "launch"]]
    worst["found_in"] = np.where(worst.pop("launch").notna(), "rounds", "pilot")
    result = cells[CELL].merge(worst, on=CELL, how="left").merge(_closest_errors(outcomes), on=CELL, how="left")
    result["reason"] = result["reason"].fillna("").where(result["status"].notna(), "no verification was recorded")
    result["status"] = result["status"].fillna("not checked")
    result["found_in"] = result["found_in"].fillna("pilot")
    return result.drop(columns=CELL).set_axis(cells.index)


def _deciding_outcomes(run: Run, cells: pd.DataFrame, samples: pd.DataFrame) -> pd.DataFrame:
    """The outcomes that decide the status of a cell.

    A rejection drops the samples of one launch: it decides only where no other launch has any. A stress problem that
    could not be computed does not count against a cell that passed at the head and in a sample of its own problem.
    """
    outcomes = _matched(cells[CELL], _outcomes_of_cells(run), ["problem", "variant"])
    has_samples_left = outcomes["status"].eq("rejected") & is_in(outcomes, samples, CELL)
    passed = outcomes[outcomes["status"] == "passed"]
    at_head = is_in(outcomes, passed[passed["stage"] == "head"], CELL)
    in_sample = is_in(outcomes, passed[passed["stage"].isin(SAMPLE_STAGES)], CELL)
    without_stress = outcomes["stage"].eq("stress") & outcomes["status"].eq("not checked") & at_head & in_sample
    return outcomes[~has_samples_left & ~without_stress]


def _failed_launches(run: Run, cells: pd.DataFrame) -> pd.DataFrame:
    """The cells of failed launches. A launch fails every cell of its variant, unless an outcome names the one."""
    launches = run.launches[run.launches["status"] == "failed"]
    failed = cells[CELL].merge(launches[[*VARIANT, "status", "reason", "launch"]], on=VARIANT)
    return failed[~is_in(failed, run.outcomes[run.outcomes["status"] == "failed"], ["problem", "variant"])]


def _cells_without_samples(
    run: Run, cells: pd.DataFrame, samples: pd.DataFrame, outcomes: pd.DataFrame
) -> pd.DataFrame:
    """The status "not measured" for cells without a timed sample, unless another outcome explains that."""
    explained = outcomes[~outcomes["status"].isin(STATUSES_WITH_TIMES)]
    missing = cells.loc[~is_in(cells, samples, CELL) & ~is_in(cells, explained, CELL), CELL]
    reason = "no timed sample was recorded" if was_finished(run) else INTERRUPTED
    return missing.assign(status="not measured", reason=reason)


def _closest_errors(outcomes: pd.DataFrame) -> pd.DataFrame:
    checked = outcomes[[*CELL, "error", "bound"]].dropna(subset=["error"])
    closeness = checked["error"].astype(float) / checked["bound"].astype(float)
    return checked.loc[closeness.sort_values(ascending=False, kind="stable").index].drop_duplicates(CELL)


def was_finished(run: Run) -> bool:
    return run.finished is not None and run.finished.finished
