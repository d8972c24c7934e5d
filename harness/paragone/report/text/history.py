"""What a history says in words: its runs, what changed between which of them, and each cell that did."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from paragone.comparison.change_points import Change, levels
from paragone.comparison.comparable import name_of
from paragone.comparison.history import NUMBERS
from paragone.report.text import formatting
from paragone.report.text.machines import machine_name
from paragone.report.text.rows import axis_values
from paragone.report.text.safe_csv import safe_csv

if TYPE_CHECKING:
    from paragone.comparison.history import Event, History, PastRun, Track

NOT_BEYOND = "not beyond A/A"
LONGEST_FACT = 60  # characters of a value that differs
HEADINGS = ("cell", "× baseline", "step", "", "own speed", "baseline's", "code")
HOW_TO_READ = (
    "A point is a run: the speed of a cell relative to the baseline of the same run, dtype, size and number of "
    "threads, from samples of the same round, with its 95 % interval over launches.",
    "The grey band around the level is the A/A of each run: what the baseline differs from itself by, and at least "
    "1 %. What lies within it, one run alone cannot tell from noise.",
    "A line is the level between two changes. A change is called where the runs before and after it differ surely "
    "(p below 1 %, all places of a cell and all cells taken into account), by at least two runs on either side, so "
    "that what the newest run alone shows is not called yet.",
    f"Faster and slower: the whole interval of the step lies beyond the A/A of the runs before and after. A step that "
    f"is sure over many runs, and not larger than the A/A of one, is grey and says {NOT_BEYOND}.",
    "A ratio moves where the baseline does. So the change of the cell's own speed stands beside the baseline's; both "
    "are as measured, and hold the machine's good and bad days.",
)


class ChangeRow(NamedTuple):
    """A change of a cell in words; `place` is the id of its chart, `word` the verdict."""

    place: str
    name: str
    levels: str
    step: str
    word: str
    own: str
    baseline: str
    code: str


def lead(history: History) -> str:
    """Return "AMD EPYC, 2 CPUs · 20 runs, 2026-01-02 to 2026-03-04 · 40 cells, of which 3 changed"."""
    if not history.runs:
        return "no run"
    first, last = history.runs[0].run, history.runs[-1].run
    changed = sum(bool(track.changes) for track in history.tracks)
    parts = [
        machine_name(last),
        f"{formatting.plural(len(history.runs), 'run')}, {first.plan.created[:10]} to {last.plan.created[:10]}",
        f"{formatting.plural(len(history.tracks), 'cell')}, of which {changed or 'none'} changed",
    ]
    return " · ".join(map(formatting.one_line, parts))


def revision(past: PastRun) -> str:
    """Return "abc1234", with + where the code had changes that were not committed; "" outside of git."""
    about = past.run.environment.revision
    return formatting.one_line(f"{about.commit[:7]}{'+' * bool(about.dirty)}") if about.commit else ""


def run_label(past: PastRun) -> str:
    """Return "2026-01-02T030405Z (abc1234)"."""
    commit = revision(past)
    return f"{formatting.one_line(name_of(past.run))}{f' ({commit})' if commit else ''}"


def event_title(event: Event) -> str:
    """Return the two runs: the change lies between them, or came with the second."""
    return f"{run_label(event.before)} → {run_label(event.after)}"


def event_facts(event: Event) -> list[tuple[str, str, str]]:
    """Return name, before and after of what differs around the runs: versions, variables, the code of the harness."""
    return [(name, _short(before), _short(after)) for name, before, after in event.differences]


def _short(value: str) -> str:
    line = formatting.one_line(value)
    return line if len(line) <= LONGEST_FACT else f"{line[:LONGEST_FACT]}…"


def change_rows(event: Event, names: Mapping[str, str]) -> list[ChangeRow]:
    """Return the cells that changed, by their `names`: those beyond A/A first, the largest step first."""
    codes = event.changed_code
    ordered = sorted(event.changes, key=lambda found: (not found[1].is_beyond_noise, -abs(found[1].step)))
    return [_row(track, change, names[place_of(track)], codes) for track, change in ordered]


def _row(track: Track, change: Change, name: str, codes: set[str]) -> ChangeRow:
    at = levels(track.series, track.changes)
    before, after = math.exp(at[change.at - 1]), math.exp(at[change.at])
    return ChangeRow(
        place=place_of(track),
        name=name,
        levels=f"{formatting.ratio(before)} → {formatting.ratio(after)}",
        step=formatting.ratio_with_interval(*(math.exp(value) for value in (change.step, change.low, change.high))),
        word=word(change),
        own=formatting.ratio(track.moved(change, "work_per_second")),
        baseline=formatting.ratio(track.moved(change, "baseline_work_per_second")),
        code="changed" if track.variant in codes else "same",
    )


def word(change: Change) -> str:
    if not change.is_beyond_noise:
        return NOT_BEYOND
    return "faster" if change.step > 0 else "slower"


def cell_names(history: History) -> dict[str, str]:
    """Return "numpy_rows F 1000 · nielsen · float32 · 1 thread" by place, without what is the same in all cells."""
    tracks = history.tracks
    several = {name: len({getattr(track, name) for track in tracks}) > 1 for name in ("problem", "dtype", "threads")}
    names = {}
    for track in tracks:
        first = f"{track.implementation} {axis_values(track.variant)}".strip()
        parts = {"problem": track.problem, "dtype": track.dtype, "threads": formatting.plural(track.threads, "thread")}
        words = [f"{first} {formatting.size(track.size)}", *(part for name, part in parts.items() if several[name])]
        names[place_of(track)] = " · ".join(map(formatting.one_line, words))
    return names


def place_of(track: Track) -> str:
    """Return the id of a cell in the page: what it is called, with nothing that an address could not hold."""
    parts = (track.problem, track.variant, str(track.size), str(track.threads))
    return "-".join("".join(sign if sign.isascii() and sign.isalnum() else "-" for sign in part) for part in parts)


def left_out_sentences(history: History) -> list[str]:
    """Return a sentence for each reason to leave runs out, with their number and the newest of them."""
    counts = Counter(reason for _, reason in history.left_out)
    newest = {reason: name for name, reason in history.left_out}
    return [
        f"{formatting.plural(count, 'run')} left out: {formatting.one_line(reason)} "
        f"({'the newest: ' * (count > 1)}{formatting.one_line(newest[reason])})."
        for reason, count in counts.items()
    ]


def history_csv(history: History) -> str:
    """Return a row for every cell of every run: its numbers, the level, and the change that begins with it."""
    parts = [_numbers(track, history.runs) for track in history.tracks]
    return safe_csv(pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["run"]))


def _numbers(track: Track, runs: Sequence[PastRun]) -> pd.DataFrame:
    changes = {change.at: change for change in track.changes}
    about = {
        "run": [name_of(runs[place].run) for place in track.places],
        "created": [runs[place].run.plan.created for place in track.places],
        "commit": [runs[place].run.environment.revision.commit or "" for place in track.places],
    }
    of_cell = {
        name: getattr(track, name) for name in ("problem", "implementation", "variant", "dtype", "size", "threads")
    }
    order = range(len(track.places))
    return track.numbers[NUMBERS].assign(
        level=[math.exp(level) for level in levels(track.series, track.changes)],
        change=[word(changes[at]) if at in changes else "" for at in order],
        p=[changes[at].p if at in changes else math.nan for at in order],
        **about,
        **of_cell,
    )[[*about, *of_cell, *NUMBERS, "level", "change", "p"]]
