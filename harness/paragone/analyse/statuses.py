"""What became of every cell of the plan: measured, failed, not measured, and why; no silent gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from paragone.store.plan_records import Cell, VariantRecord
from paragone.store.run_folder import frame_of

if TYPE_CHECKING:
    from paragone.store.run_folder import Run

CELL = ["problem", "variant", "batch_size", "threads"]
VARIANT = ["problem", "variant", "threads"]
LAUNCHED_CELL = [*CELL, "launch", "attempt"]

# The worst first: one failure outweighs every passed check of the same cell.
STATUSES = ("failed", "rejected", "not measured", "unavailable", "not checked", "passed")
STATUSES_WITH_TIMES = ("passed", "not checked")

ABOUT_A_VARIANT = ["variant", "implementation", "language", "layout", "order", "dtype", "control"]
INTERRUPTED = "the run was interrupted before it"


def planned_cells(run: Run) -> pd.DataFrame:
    """Return one row per cell of the plan, in its order, with what the plan says about its variant.

    The baseline stands in the plan once per wave and here once. A cell that never came into the
    plan, because its variant failed or was too slow before it was fixed, has a row too.
    """
    columns = [*CELL, "once_per_launch"]
    planned = frame_of(Cell, run.plan.cells)[columns].drop_duplicates(CELL)
    unplanned = _cells_named_by_outcomes(run, planned)
    cells = pd.concat([planned, unplanned[~is_in(unplanned, planned, CELL)]], ignore_index=True)
    cells["once_per_launch"] = cells["once_per_launch"].eq(True)
    about = frame_of(VariantRecord, run.plan.variants)[ABOUT_A_VARIANT]
    cells = cells.merge(about, on="variant", how="inner")
    return cells.astype({"batch_size": "int64", "threads": "int64", "control": "bool"})


def _cells_named_by_outcomes(run: Run, planned: pd.DataFrame) -> pd.DataFrame:
    """Return the cells that failures and refusals speak of; "all batch sizes" are those of the problem."""
    outcomes = _outcomes_of_cells(run)
    outcomes = outcomes[~outcomes["status"].isin(STATUSES_WITH_TIMES)]
    grid = pd.concat([planned[["problem", "batch_size"]], outcomes[["problem", "batch_size"]].dropna()])
    threads = pd.DataFrame({"threads": run.plan.threads})
    grid = grid.drop_duplicates().sort_values(["problem", "batch_size"]).merge(threads, how="cross")
    named = _matched(grid, outcomes, ["problem"])
    return named[CELL].drop_duplicates().assign(once_per_launch=False)


def _outcomes_of_cells(run: Run) -> pd.DataFrame:
    """Return the outcomes that decide about times; the separate training for accuracy does not."""
    return run.outcomes[run.outcomes["stage"] != "accuracy"]


def _matched(cells: pd.DataFrame, outcomes: pd.DataFrame, on: list[str]) -> pd.DataFrame:
    """Return every pair of a cell and an outcome about it; one without batch size or threads is about all."""
    about = outcomes.rename(columns={"batch_size": "of_batch_size", "threads": "of_threads"})
    pairs = cells.merge(about, on=on)
    same_size = pairs["of_batch_size"].isna() | pairs["of_batch_size"].eq(pairs["batch_size"])
    same_threads = pairs["of_threads"].isna() | pairs["of_threads"].eq(pairs["threads"])
    return pairs[same_size & same_threads]


def is_in(rows: pd.DataFrame, others: pd.DataFrame, keys: list[str]) -> NDArray[np.bool_]:
    """Return for each of `rows` whether its keys occur among `others`."""
    found = pd.MultiIndex.from_frame(rows[keys]).isin(pd.MultiIndex.from_frame(others[keys]))
    return np.asarray(found, dtype=bool)


def accepted(rows: pd.DataFrame, run: Run) -> pd.DataFrame:
    """Return the samples that count: not those of a cell in a launch that an outcome names as rejected."""
    return rows[~is_in(rows, rejections(run), LAUNCHED_CELL)]


def rejections(run: Run) -> pd.DataFrame:
    """Return the outcomes that reject a cell's samples of one launch, because more CPU was used than asked for."""
    rejected = run.outcomes[run.outcomes["status"] == "rejected"]
    return rejected.astype(dict.fromkeys(("batch_size", "threads", "launch", "attempt"), "int64"))


def timed_samples(run: Run) -> pd.DataFrame:
    """Return the samples that count, with `step_seconds`: timed, and not rejected."""
    timed = accepted(run.samples[run.samples["kind"] == "timed"], run)
    return timed.assign(step_seconds=timed["elapsed_ns"].astype(float) / 1e9 / timed["n_steps"].astype(float))


def statuses(run: Run, cells: pd.DataFrame, samples: pd.DataFrame) -> pd.DataFrame:
    """Return the status, reason, found_in, error and bound of every cell, one row per row of `cells`.

    The worst of what was said about a cell holds, and of equals what was said first; `found_in` is "rounds" where that
    arose in a launch, else "pilot"; `error` is the one that came closest to its bound.
    """
    said = pd.concat([_verdicts_of_checks(run, cells, samples), _launches_gone_wrong(run, cells)], ignore_index=True)
    said = pd.concat([said, _cells_without_samples(run, cells, samples, said)], ignore_index=True)
    said["rank"] = said["status"].map({status: rank for rank, status in enumerate(STATUSES)})
    worst = said.sort_values("rank", kind="stable").drop_duplicates(CELL)[[*CELL, "status", "reason", "launch"]]
    worst["found_in"] = np.where(worst.pop("launch").notna(), "rounds", "pilot")
    result = cells[CELL].merge(worst, on=CELL, how="left").merge(_closest_errors(said), on=CELL, how="left")
    result["reason"] = result["reason"].fillna("").where(result["status"].notna(), "no verification was recorded")
    result["status"] = result["status"].fillna("not checked")
    result["found_in"] = result["found_in"].fillna("pilot")
    return result.drop(columns=CELL).set_axis(cells.index)


def _verdicts_of_checks(run: Run, cells: pd.DataFrame, samples: pd.DataFrame) -> pd.DataFrame:
    """Return what the outcomes say about cells, as far as it decides what becomes of them.

    A rejection leaves out the samples of one launch; it decides only where no other launch has any. A stress problem
    that could not be trained takes nothing from a cell that passed at both ends of its own problem.
    """
    said = _matched(cells[CELL], _outcomes_of_cells(run), ["problem", "variant"])
    redeemed = said["status"].eq("rejected") & is_in(said, samples, CELL)
    passed = said[said["status"] == "passed"]
    ends = [is_in(said, passed[passed["stage"] == stage], CELL) for stage in ("head", "tail")]
    without_twin = said["stage"].eq("stress") & said["status"].eq("not checked") & ends[0] & ends[1]
    return said[~redeemed & ~without_twin]


def _launches_gone_wrong(run: Run, cells: pd.DataFrame) -> pd.DataFrame:
    """Return the failed launches: each fails its variant unless a failed outcome says which batch size was to blame."""
    launches = run.launches[run.launches["status"] == "failed"]
    wrong = cells[CELL].merge(launches[[*VARIANT, "status", "reason", "launch"]], on=VARIANT)
    return wrong[~is_in(wrong, run.outcomes[run.outcomes["status"] == "failed"], ["problem", "variant"])]


def _cells_without_samples(run: Run, cells: pd.DataFrame, samples: pd.DataFrame, said: pd.DataFrame) -> pd.DataFrame:
    """Return "not measured" for the cells that have no timed sample and no worse reason for it."""
    excused = said[~said["status"].isin(STATUSES_WITH_TIMES)]
    missing = cells.loc[~is_in(cells, samples, CELL) & ~is_in(cells, excused, CELL), CELL]
    reason = "no timed sample was recorded" if was_finished(run) else INTERRUPTED
    return missing.assign(status="not measured", reason=reason)


def _closest_errors(said: pd.DataFrame) -> pd.DataFrame:
    checked = said[[*CELL, "error", "bound"]].dropna(subset=["error"])
    closeness = checked["error"].astype(float) / checked["bound"].astype(float)
    return checked.loc[closeness.sort_values(ascending=False, kind="stable").index].drop_duplicates(CELL)


def was_finished(run: Run) -> bool:
    """Return whether the run came to the end of its plan."""
    return run.finished is not None and run.finished.finished
