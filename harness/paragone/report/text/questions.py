"""What a reader asks of a run first, answered in sentences that are true by their intervals, the best answer first."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from paragone.analyse.axes import axis_effects
from paragone.analyse.crossovers import GRID
from paragone.analyse.fastest import RATIO
from paragone.implementation.contract import axes_of
from paragone.report.text import formatting

if TYPE_CHECKING:
    from paragone.analyse.results import Results

MOST_NAMED = 3  # of those of which none is surely ahead
SURE = ("faster", "slower")


def which_is_fastest(frame: pd.DataFrame, fastest: pd.DataFrame) -> Iterator[str]:
    """Yield for each grid who is fastest at which batch sizes, and who cannot be told apart there.

    Nothing is said of a batch size at which there is one alone, or nobody knows: without an interval, or a margin.
    """
    ratios = frame.set_index(["variant", "batch_size", "problem", "threads"])
    names, is_noise_known = names_of(frame), frame["margin"].notna().groupby(frame["problem"]).any()
    for _, points in fastest.groupby(GRID, sort=False):
        alone: dict[str, list[int]] = {}
        tied: dict[tuple[str, ...], list[int]] = {}
        for _, cells in points.sort_values("ratio", ascending=False, kind="stable").groupby("batch_size"):
            size, ahead = int(cells["batch_size"].iloc[0]), cells[cells["verdict"] != "slower"]
            level = ahead["variant"].tolist()
            if len(level) == 1 < len(cells):
                alone.setdefault(level[0], []).append(size)
            elif len(level) > 1 and ahead["ratio_low"].notna().all() and is_noise_known[cells["problem"].iloc[0]]:
                tied.setdefault(next((same for same in tied if {*same} == {*level}), tuple(level)), []).append(size)
        first = next(formatting.rows(points))
        parts = []
        for variant, sizes in alone.items():
            cells = ratios.loc[[(variant, size, first.problem, first.threads) for size in sizes]].reset_index()
            parts.append(
                f"{formatting.code(names[variant])} is the fastest at batch {sizes_in_words(sizes)}{_lead(cells)}"
            )
        for group, sizes in tied.items():
            parts.append(f"{_level([names[v] for v in group])} at batch {sizes_in_words(sizes)}")
        if parts:
            yield f"{where(frame, first)}{'; '.join(parts)}."


def _lead(cells: pd.DataFrame) -> str:
    """Return the largest sure ratio to the baseline of cells that lead; nothing for the baseline itself."""
    sure = cells[cells["verdict"] == "faster"]
    if sure.empty:
        return " (the baseline)" if (cells["verdict"] == "baseline").all() else ""
    best = next(formatting.rows(sure.loc[[sure["ratio_to_baseline"].idxmax()]]))
    at = f" at {formatting.batch(best.batch_size)}" if len(cells) > 1 else ""
    ratio = formatting.ratio_with_interval(best.ratio_to_baseline, best.ratio_low, best.ratio_high)
    return f" ({ratio} the baseline's speed{at})"


def _level(names: Sequence[str]) -> str:
    """Return that two cannot be told apart; of more, each was compared with the first alone, and less can be said."""
    if len(names) == 2:
        return f"{formatting.listed([formatting.code(name) for name in names])} cannot be told apart"
    named = [formatting.code(name) for name in names[:MOST_NAMED]]
    if len(names) > MOST_NAMED:
        named[MOST_NAMED - 1 :] = [f"{len(names) - MOST_NAMED + 1} others"]
    return f"none of {formatting.listed(named)} is surely the fastest"


def where_the_fastest_changes(frame: pd.DataFrame, crossed: pd.DataFrame) -> Iterator[str]:
    """Yield a sentence for each change of the fastest variant: which overtakes which, and between which batch sizes."""
    names = names_of(frame)
    for row in formatting.rows(crossed[crossed["among"] == "fastest"]):
        before = formatting.ratio_with_interval(row.before, row.before_low, row.before_high)
        after = formatting.ratio_with_interval(row.after, row.after_low, row.after_high)
        speeds = (
            f"{before} its speed at {formatting.batch(row.slower_at)}, {after} at {formatting.batch(row.faster_at)}"
        )
        who = f"{formatting.code(names[row.variant])} overtakes {formatting.code(names[row.than])}"
        yield f"{where(frame, row)}{who} {between(row)}: {speeds}."


def which_is_both(frame: pd.DataFrame, crossed: pd.DataFrame) -> Iterator[str]:
    """Yield who is both surely faster and surely slower than the baseline; first whose weaker side is strongest."""
    sure = frame[frame["verdict"].isin(SURE)]
    found = []
    for _, cells in sure.groupby([*GRID, "variant"], sort=False):
        fast, slow = (cells[cells["verdict"] == word] for word in SURE)
        if len(fast) and len(slow):
            best = next(formatting.rows(fast.loc[[fast["ratio_to_baseline"].idxmax()]]))
            worst = next(formatting.rows(slow.loc[[slow["ratio_to_baseline"].idxmin()]]))
            weaker = min(best.ratio_to_baseline, 1 / worst.ratio_to_baseline)
            found.append((weaker, best, worst))
    told = set()
    for _, best, worst in sorted(found, key=lambda entry: -entry[0]):
        if (best.implementation, best.dtype) not in told:
            told.add((best.implementation, best.dtype))
            yield _both(frame, crossed, best, worst)


def _both(frame: pd.DataFrame, crossed: pd.DataFrame, best: Any, worst: Any) -> str:
    baselines = {*frame.loc[frame["verdict"] == "baseline", "variant"]}
    own = (crossed[GRID] == [getattr(best, key) for key in GRID]).all(axis=1)
    overtakes = (crossed["variant"] == best.variant) & crossed["than"].isin(baselines)
    is_overtaken = (crossed["than"] == best.variant) & crossed["variant"].isin(baselines)
    of_pair = crossed[own & (overtakes | is_overtaken)]
    crossing = ""
    if len(of_pair) == 1:
        row = next(formatting.rows(of_pair))
        who = "it overtakes the baseline" if row.variant == best.variant else "the baseline overtakes it"
        crossing = f": {who} {between(row)}"
    elif len(of_pair):
        crossing = f": they cross {len(of_pair)} times"
    fast, slow = (
        formatting.ratio_with_interval(row.ratio_to_baseline, row.ratio_low, row.ratio_high) for row in (best, worst)
    )
    at = [formatting.batch(row.batch_size) for row in (best, worst)]
    who = f"{where(frame, best)}{formatting.code(best.name)}"
    return f"{who} is {fast} the baseline's speed at batch {at[0]} and {slow} at batch {at[1]}{crossing}."


def what_an_axis_costs(results: Results) -> Iterator[str]:
    """Yield for each axis of an implementation where it costs most, surely; dtypes after all other axes."""
    frame, effects = results.summary, axis_effects(results)
    sure = effects[effects["verdict"].isin(SURE)]
    if sure.empty:
        return
    size = sure["ratio"].astype(float).map(math.log).abs()
    ranked = sure.assign(rank=-size, is_dtype=sure["axis"] == "dtype").sort_values(["is_dtype", "rank"], kind="stable")
    by_axis = ranked.groupby(["implementation", "axis", "problem", "threads"], sort=False)
    for most, cells in ((group.iloc[0], group) for _, group in by_axis):
        ratio, low, high = (float(most[name]) for name in RATIO)
        mine, other = most["value"], most["other_value"]
        if ratio > 1:
            ratio, low, high, mine, other = 1 / ratio, 1 / high, 1 / low, other, mine
        same_pair = cells[(cells["variant"] == most["variant"]) & (cells["other"] == most["other"])]
        sizes = sorted(same_pair.loc[same_pair["verdict"] == most["verdict"], "batch_size"])
        at = "every batch size" if len(sizes) > 2 and len(sizes) == len(same_pair) else f"batch {sizes_in_words(sizes)}"
        strongest = f"; most at {formatting.batch(int(most['batch_size']))}" if len(sizes) > 1 else ""
        name, dtype = _held(frame, most)
        axis, here = formatting.escaped(most["axis"]), place(frame, most["problem"], int(most["threads"]), dtype)
        yield (
            f"{here}{name} with {axis} {formatting.code(mine)} is slower "
            f"than with {formatting.code(other)} at {at}{strongest}: "
            f"{formatting.ratio_with_interval(ratio, low, high)} its speed."
        )


def _held(frame: pd.DataFrame, effect: Any) -> tuple[str, str]:
    """Return the implementation with the values that its other axes have in both variants, and the dtype of both."""
    axes = axes_of(effect["variant"])
    dtype = "" if effect["axis"] == "dtype" else axes.pop("dtype", "")
    own = [axes_of(name) for name in frame.loc[frame["implementation"] == effect["implementation"], "variant"]]
    several = [axis for axis in axes if axis != effect["axis"] and len({one.get(axis) for one in own}) > 1]
    return formatting.code(" ".join([effect["implementation"], *(axes[axis] for axis in several)])), dtype


def how_near_the_limit(frame: pd.DataFrame) -> Iterator[str]:
    """Yield for each grid how near its cells come to the machine's limit, by the upper ends of their intervals."""
    known = frame[(frame["status"] == "passed") & ~frame["control"]]
    known = known[(known["limit_images_per_second"] > 0) & known["images_per_second_high"].notna()]
    for _, cells in known.groupby(GRID, sort=False):
        limit = cells["limit_images_per_second"]
        ends = [cells[f"images_per_second{end}"] / limit for end in ("", "_low", "_high")]
        nearest = int(ends[2].to_numpy().argmax())
        point, low, high = (float(share.iloc[nearest]) for share in ends)
        row = next(formatting.rows(cells.iloc[[nearest]]))
        attained = f"{100 * point:.0f} % [{100 * low:.0f}–{100 * high:.0f}]"
        cell = f"{formatting.code(row.name)} at batch {formatting.batch(row.batch_size)}"
        if low > 1:
            yield f"{where(frame, row)}{cell} passes the machine's limit: {attained} of it."
        else:
            no = f"{here}no" if (here := where(frame, row)) else "No"
            yield (
                f"{no} cell's interval reaches beyond {math.ceil(100 * high)} % of the machine's limit; that of "
                f"{cell} comes nearest: {attained}."
            )


def between(row: Any) -> str:
    """Return "between batch 10 and 100"."""
    return f"between batch {formatting.batch(row.slower_at)} and {formatting.batch(row.faster_at)}"


def sizes_in_words(sizes: Sequence[int]) -> str:
    """Return "1, 10 and 1 000"."""
    return formatting.listed([formatting.batch(int(size)) for size in sizes])


def names_of(frame: pd.DataFrame) -> dict[str, str]:
    """Return the names to print, by variant."""
    return dict(zip(frame["variant"], formatting.short_names(frame), strict=True))


def where(frame: pd.DataFrame, row: Any) -> str:
    """Return "`nielsen`, float64, 2 threads: ", of which what is the same in the whole run is left out."""
    return place(frame, row.problem, row.threads, row.dtype)


def place(frame: pd.DataFrame, problem: str, threads: int, dtype: str = "") -> str:
    """Return what tells this part of the grid from the others, with a colon; nothing where there are no others."""
    words = [
        (frame["problem"].nunique() > 1, formatting.code(problem)),
        (frame["dtype"].nunique() > 1 and bool(dtype), dtype),
        (frame["threads"].nunique() > 1, formatting.plural(threads, "thread")),
    ]
    told = ", ".join(word for is_told, word in words if is_told)
    return f"{told}: " if told else ""
