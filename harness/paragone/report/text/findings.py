"""The findings: three to five sentences that a reader most wants, each decided by an interval, not by an estimate."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from paragone.analyse.axes import axis_effects
from paragone.analyse.crossovers import GRID
from paragone.analyse.fastest import RATIO
from paragone.implementation.variant import axes_of
from paragone.report.text import formatting, markdown
from paragone.report.text.rows import each_row, first_row, grid_label, grid_label_of, names_by_variant, short_names

if TYPE_CHECKING:
    from paragone.analyse.results import Results
    from paragone.store.plan_records import Plan

MOST_FINDINGS = 5
MOST_NAMED = 3  # names in the sentence about variants of which none is surely ahead
SURE = ("faster", "slower")


def findings(results: Results) -> list[str]:
    """Return the findings, most wanted first; fewer where the data hold fewer, none for a run of one launch.

    Five questions, each answered where an interval decides it:

    1. Which variant is fastest at which sizes, and which are as fast? (in the order of the plan)
    2. Where along the sizes does the fastest variant change? (`paragone.analyse.crossovers`)
    3. Which variant is both faster and slower than the baseline? (sorted by the weaker of its two differences)
    4. Which axis of an implementation costs most: memory order, flags, dtype? (sorted by the ratio)
    5. How close does any cell come to the machine's limit? (by the upper end of its interval)

    The best answer to each question comes first, then the second best of each, and so on.
    """
    frame, plan = results.summary, results.run.plan
    if plan.launches == 1 or frame.empty:
        return []
    named = frame.assign(name=short_names(frame))
    answers = (
        fastest_variants(named, results.fastest, plan),
        changes_of_fastest(named, results.crossovers, plan),
        faster_and_slower(named, results.crossovers, plan),
        axis_costs(results),
        nearest_to_limit(named, plan),
    )
    in_turn = itertools.chain.from_iterable(itertools.zip_longest(*answers))
    return list(itertools.islice(filter(None, in_turn), MOST_FINDINGS))


def fastest_variants(frame: pd.DataFrame, fastest: pd.DataFrame, plan: Plan) -> Iterator[str]:
    """Yield a sentence for each grid: the fastest variant at each size, or the variants of which none is fastest.

    Left out: sizes with one variant alone, and ties without intervals or without an A/A margin.
    """
    ratios = frame.set_index(["variant", "size", "problem", "threads"])
    names, is_noise_known = names_by_variant(frame), frame["margin"].notna().groupby(frame["problem"]).any()
    for _, points in fastest.groupby(GRID, sort=False):
        sizes_by_winner: dict[str, list[int]] = {}
        sizes_by_tie: dict[tuple[str, ...], list[int]] = {}
        for _, cells in points.sort_values("ratio", ascending=False, kind="stable").groupby("size"):
            size, ahead = int(cells["size"].iloc[0]), cells[cells["verdict"] != "slower"]
            leaders = ahead["variant"].tolist()
            if len(leaders) == 1 < len(cells):
                sizes_by_winner.setdefault(leaders[0], []).append(size)
            elif len(leaders) > 1 and ahead["ratio_low"].notna().all() and is_noise_known[cells["problem"].iloc[0]]:
                tie = next((known for known in sizes_by_tie if {*known} == {*leaders}), tuple(leaders))
                sizes_by_tie.setdefault(tie, []).append(size)
        first = first_row(points)
        at_size, parts = plan.words_of(first.problem).at_size, []
        for variant, sizes in sizes_by_winner.items():
            cells = ratios.loc[[(variant, size, first.problem, first.threads) for size in sizes]].reset_index()
            at = f"at {at_size} {formatting.sizes_in_words(sizes)}"
            parts.append(f"{markdown.code(names[variant])} is the fastest {at}{_lead(cells)}")
        for tie, sizes in sizes_by_tie.items():
            parts.append(
                f"{_tied([names[variant] for variant in tie])} at {at_size} {formatting.sizes_in_words(sizes)}"
            )
        if parts:
            yield f"{grid_label(frame, first)}{'; '.join(parts)}."


def _lead(cells: pd.DataFrame) -> str:
    """Return the largest ratio to the baseline among the winning cells, in brackets; "" where none is surely faster."""
    sure = cells[cells["verdict"] == "faster"]
    if sure.empty:
        return " (the baseline)" if (cells["verdict"] == "baseline").all() else ""
    best = first_row(sure.loc[[sure["ratio_to_baseline"].idxmax()]])
    at = f" at {formatting.size(best.size)}" if len(cells) > 1 else ""
    ratio = formatting.ratio_with_interval(best.ratio_to_baseline, best.ratio_low, best.ratio_high)
    return f" ({ratio} the baseline's speed{at})"


def _tied(names: Sequence[str]) -> str:
    """Two variants were compared with each other; of more, each was compared with the first alone, so less is known."""
    if len(names) == 2:
        return f"{formatting.listed([markdown.code(name) for name in names])} cannot be told apart"
    named = [markdown.code(name) for name in names[:MOST_NAMED]]
    if len(names) > MOST_NAMED:
        named[MOST_NAMED - 1 :] = [f"{len(names) - MOST_NAMED + 1} others"]
    return f"none of {formatting.listed(named)} is surely the fastest"


def changes_of_fastest(frame: pd.DataFrame, crossed: pd.DataFrame, plan: Plan) -> Iterator[str]:
    """Yield a sentence for each change of the fastest variant: which overtakes which, and between which sizes."""
    names = names_by_variant(frame)
    for row in each_row(crossed[crossed["among"] == "fastest"]):
        before = formatting.ratio_with_interval(row.before, row.before_low, row.before_high)
        after = formatting.ratio_with_interval(row.after, row.after_low, row.after_high)
        speeds = f"{before} its speed at {formatting.size(row.slower_at)}, {after} at {formatting.size(row.faster_at)}"
        change = f"{markdown.code(names[row.variant])} overtakes {markdown.code(names[row.than])} {between(row, plan)}"
        yield f"{grid_label(frame, row)}{change}: {speeds}."


def faster_and_slower(frame: pd.DataFrame, crossed: pd.DataFrame, plan: Plan) -> Iterator[str]:
    """Yield a sentence for each variant that is surely faster at one size and surely slower at another.

    Sorted by the weaker of the two differences, largest first; one sentence for each implementation and dtype.
    """
    sure = frame[frame["verdict"].isin(SURE)]
    found = []
    for _, cells in sure.groupby([*GRID, "variant"], sort=False):
        fast, slow = (cells[cells["verdict"] == word] for word in SURE)
        if len(fast) and len(slow):
            best = first_row(fast.loc[[fast["ratio_to_baseline"].idxmax()]])
            worst = first_row(slow.loc[[slow["ratio_to_baseline"].idxmin()]])
            weaker = min(best.ratio_to_baseline, 1 / worst.ratio_to_baseline)
            found.append((weaker, best, worst))
    seen = set()
    for _, best, worst in sorted(found, key=lambda entry: -entry[0]):
        if (best.implementation, best.dtype) not in seen:
            seen.add((best.implementation, best.dtype))
            yield _both(frame, crossed, best, worst, plan)


def _both(frame: pd.DataFrame, crossed: pd.DataFrame, best: Any, worst: Any, plan: Plan) -> str:
    baselines = {*frame.loc[frame["verdict"] == "baseline", "variant"]}
    own = (crossed[GRID] == [getattr(best, key) for key in GRID]).all(axis=1)
    overtakes = (crossed["variant"] == best.variant) & crossed["than"].isin(baselines)
    is_overtaken = (crossed["than"] == best.variant) & crossed["variant"].isin(baselines)
    of_pair = crossed[own & (overtakes | is_overtaken)]
    crossing = ""
    if len(of_pair) == 1:
        row = first_row(of_pair)
        overtaking = "it overtakes the baseline" if row.variant == best.variant else "the baseline overtakes it"
        crossing = f": {overtaking} {between(row, plan)}"
    elif len(of_pair):
        crossing = f": they cross {len(of_pair)} times"
    fast, slow = (
        formatting.ratio_with_interval(row.ratio_to_baseline, row.ratio_low, row.ratio_high) for row in (best, worst)
    )
    at_size = plan.words_of(best.problem).at_size
    at = [f"{at_size} {formatting.size(row.size)}" for row in (best, worst)]
    name = f"{grid_label(frame, best)}{markdown.code(best.name)}"
    return f"{name} is {fast} the baseline's speed at {at[0]} and {slow} at {at[1]}{crossing}."


def axis_costs(results: Results) -> Iterator[str]:
    """Yield a sentence for each axis of an implementation: its largest sure difference. Dtypes come last."""
    frame, effects = results.summary, axis_effects(results)
    sure = effects[effects["verdict"].isin(SURE)]
    if sure.empty:
        return
    size = sure["ratio"].astype(float).map(math.log).abs()
    ranked = sure.assign(rank=-size, is_dtype=sure["axis"] == "dtype").sort_values(["is_dtype", "rank"], kind="stable")
    by_axis = ranked.groupby(["implementation", "axis", "problem", "threads"], sort=False)
    for _, cells in by_axis:
        most = cells.iloc[0]
        ratio, low, high = (float(most[name]) for name in RATIO)
        slow, fast = most["value"], most["other_value"]
        if ratio > 1:
            ratio, low, high, slow, fast = 1 / ratio, 1 / high, 1 / low, fast, slow
        same_pair = cells[(cells["variant"] == most["variant"]) & (cells["other"] == most["other"])]
        spoken = results.run.plan.words_of(most["problem"])
        sizes = sorted(same_pair.loc[same_pair["verdict"] == most["verdict"], "size"])
        at = (
            f"every {spoken.one_size}"
            if len(sizes) > 2 and len(sizes) == len(same_pair)
            else f"{spoken.at_size} {formatting.sizes_in_words(sizes)}"
        )
        strongest = f"; most at {formatting.size(int(most['size']))}" if len(sizes) > 1 else ""
        name, dtype = _fixed_axes(frame, most)
        axis, here = markdown.escaped(most["axis"]), grid_label_of(frame, most["problem"], int(most["threads"]), dtype)
        yield (
            f"{here}{name} with {axis} {markdown.code(slow)} is slower "
            f"than with {markdown.code(fast)} at {at}{strongest}: "
            f"{formatting.ratio_with_interval(ratio, low, high)} its speed."
        )


def _fixed_axes(frame: pd.DataFrame, effect: Any) -> tuple[str, str]:
    """Return the implementation with the values of the axes that both variants share, and the dtype that both share."""
    axes = axes_of(effect["variant"])
    dtype = "" if effect["axis"] == "dtype" else axes.pop("dtype", "")
    own = [axes_of(name) for name in frame.loc[frame["implementation"] == effect["implementation"], "variant"]]
    several = [axis for axis in axes if axis != effect["axis"] and len({one.get(axis) for one in own}) > 1]
    return markdown.code(" ".join([effect["implementation"], *(axes[axis] for axis in several)])), dtype


def nearest_to_limit(frame: pd.DataFrame, plan: Plan) -> Iterator[str]:
    """Yield a sentence for each grid: the cell nearest to the machine's limit, by the upper end of its interval."""
    skipping = {variant.variant for variant in plan.variants if variant.skips_zeros}
    known = frame[(frame["status"] == "passed") & ~frame["control"]]
    known = known[(known["limit_work_per_second"] > 0) & known["work_per_second_high"].notna()]
    for _, cells in known.groupby(GRID, sort=False):
        limit = cells["limit_work_per_second"]
        ends = [cells[f"work_per_second{end}"] / limit for end in ("", "_low", "_high")]
        nearest = int(ends[2].to_numpy().argmax())
        point, low, high = (float(share.iloc[nearest]) for share in ends)
        row = first_row(cells.iloc[[nearest]])
        attained = f"{100 * point:.0f} % [{100 * low:.0f}–{100 * high:.0f}]"
        cell = f"{markdown.code(row.name)} at {plan.words_of(row.problem).at_size} {formatting.size(row.size)}"
        if low > 1:
            numbers = plan.words_of(row.problem).numbers
            why = f", leaving out the {numbers} that are 0" if row.variant in skipping else ""
            yield f"{grid_label(frame, row)}{cell} passes the machine's limit{why}: {attained} of it."
        else:
            no = f"{here}no" if (here := grid_label(frame, row)) else "No"
            yield (
                f"{no} cell's interval reaches beyond {math.ceil(100 * high)} % of the machine's limit; that of "
                f"{cell} comes nearest: {attained}."
            )


def between(row: Any, plan: Plan) -> str:
    """Return "between n = 10 and 100"."""
    at_size = plan.words_of(row.problem).at_size
    return f"between {at_size} {formatting.size(row.slower_at)} and {formatting.size(row.faster_at)}"
