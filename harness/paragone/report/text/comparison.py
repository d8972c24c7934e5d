"""A comparison of runs as Markdown for a pull request, and the parts of it that the terminal shows too."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from paragone.analyse.statuses import was_finished
from paragone.comparison.across_time import AS_MEASURED, FALSE_DISCOVERY_RATE, UNCHANGED, Comparison
from paragone.comparison.comparable import environment_differences, name_of
from paragone.report.text import formatting, markdown
from paragone.report.text.comment import code, in_common, table_that_fits, where_columns, with_rows
from paragone.report.text.comparison_rows import CHANGED_TAG, GRID, comparison_rows
from paragone.report.text.rows import each_row

VERDICTS = ("slower", "faster", "same", "not enough data", "no interval")
CHANGED_TAG_MEANS = f"`{CHANGED_TAG}` after a name: its code is not the same in all runs."
# So that any comparison fits a comment: items of a list, and characters of texts from outside.
MOST_SLOWER, MOST_REASONS = 3, 8
LONGEST_NAME, LONGEST_VALUE, LONGEST_REASONS = 60, 100, 600
MOST_DIFFERENCES = 12_000  # characters of the table of what differs around the runs

HOW_TO_READ = f"""\
- **×** is how many times faster the later run is; below 1 it is slower. In brackets its 95 % interval, widened by the
  differences between two runs of the same code, which are known from cells with the same code in both.
- **{UNCHANGED}**: where machine, system, versions and variables are the same, each sample is divided by the speed of
  the unchanged code in the same round, the cell itself left out. So neither a slower hour of the machine nor a change
  common to all cells counts as a difference. **{AS_MEASURED}**: {{per_second}} over {{per_second}}.
- **faster**, **slower**: the interval lies wholly beyond the margin, the larger of 1 % and what A/A shows in either
  run; and p is below {FALSE_DISCOVERY_RATE:.0%}, adjusted by Benjamini and Hochberg over the cells with changed code,
  and separately over the others. So at most one in twenty of the cells called different is expected to be the same.
  **same within x %**: the interval lies wholly within x %, 5 at most. **not enough data**: neither."""


def runs_of(comparisons: Sequence[Comparison]) -> dict[str, str]:
    """Return the names of the runs by letter; an interrupted run says so."""
    runs = [comparisons[0].a, *(one.b for one in comparisons)]
    names = [name_of(run) if was_finished(run) else f"{name_of(run)}, interrupted" for run in runs]
    return dict(zip(formatting.letters(len(runs)), names, strict=True))


def differing_rows(comparisons: Sequence[Comparison]) -> list[tuple[str, list[str]]]:
    """Return the differences between the environments of the runs: a name, and the value in each run."""
    return environment_differences([comparisons[0].a, *(one.b for one in comparisons)])


def counted(comparison: Comparison) -> str:
    """Return the number of cells with each verdict: "1 slower, 8 same within 5 %, 2 not enough data"."""
    words = comparison.cells.loc[~comparison.cells["control"], "verdict"].str.replace(r"^same .*", "same", regex=True)
    counts = words.value_counts()
    parts = [f"{counts[word]} {'same within 5 %' if word == 'same' else word}" for word in VERDICTS if word in counts]
    return ", ".join(parts) or "no cells"


def sentences(comparison: Comparison, letter: str, fail_slower: float) -> list[str]:
    """Return the result of comparing A with another run: verdicts, slower cells, the basis, cells that fell out."""
    lines = [f"**{letter} against A**: {counted(comparison)}."]
    slower = comparison.slower_beyond(fail_slower)
    beyond = f"surely slower beyond {formatting.percent(fail_slower)}"
    if slower.empty:
        lines.append(f"No cell is {beyond}.")
    else:
        slowest = slower.sort_values("ratio", kind="stable").iloc[:MOST_SLOWER]
        named = "; ".join(_cell(row, comparison) for row in each_row(slowest))
        lines.append(
            f"{formatting.plural(len(slower), 'cell')} {beyond}: {named}{_and_more(len(slower) - MOST_SLOWER)}."
        )
    if failed := len(comparison.newly_failed):
        lines.append(f"{formatting.plural(failed, 'cell')} passed in A and failed in {letter}.")
    lines += _basis_sentences(comparison)
    resolvable = comparison.cells.loc[~comparison.cells["control"], "resolvable"].dropna()
    if len(resolvable):
        typical, worst = formatting.percent(float(resolvable.median())), formatting.percent(float(resolvable.max()))
        lines.append(
            f"A typical cell would have shown a difference of {typical} in 95 of 100 cases, the noisiest {worst}."
        )
    if len(comparison.not_compared):
        counts = comparison.not_compared["why"].value_counts(sort=False)
        why = "; ".join(f"{n} {_short(str(reason), letter)}" for reason, n in list(counts.items())[:MOST_REASONS])
        fell_out = formatting.plural(len(comparison.not_compared), "cell")
        lines.append(f"{fell_out} fell out: {why}{_and_more(len(counts) - MOST_REASONS)}.")
    if comparison.overridden:
        reasons = formatting.shortened("; ".join(comparison.overridden), LONGEST_REASONS)
        lines.append(f"**Compared all the same (--anyway)**: {markdown.escaped(reasons)}.")
    return lines


def _and_more(count: int) -> str:
    return f"; and {count} more" if count > 0 else ""


def _short(reason: str, letter: str) -> str:
    """Return the reason with the letter of the run in place of "B", and what a run says of it as code."""
    head, colon, said = reason.partition(": ")
    head = re.sub(r" in B$", f" in {letter}", head)
    return f"{head}: {code(said, LONGEST_VALUE)}" if colon else head


def _cell(row: Any, comparison: Comparison) -> str:
    ratio = formatting.ratio_with_interval(row.ratio, row.ratio_low, row.ratio_high)
    threads = "" if row.threads == 1 else f", {formatting.plural(row.threads, 'thread')}"
    what = f"{markdown.code(row.variant)} on {markdown.code(row.problem)}"
    return f"{what}, {comparison.a.plan.words_of(row.problem).at_size} {formatting.size(row.size)}{threads}: {ratio}"


def _basis_sentences(comparison: Comparison) -> list[str]:
    """Return the basis of the ratios, and how far runs of the same code differ."""
    cells = comparison.cells
    relative = cells[cells["basis"] == UNCHANGED]
    lines = []
    if len(relative):
        apart = formatting.percent(float(relative["deviation_between"].median()))
        drift = float((relative["ratio_as_measured"] / relative["ratio"]).median())
        lines.append(
            f"Ratios are {UNCHANGED}, which ran {formatting.ratio(drift)} as fast as in A. Two runs of the same code "
            f"are taken to differ by {apart} in a typical cell beyond what their launches explain."
        )
    if len(relative) < len(cells):
        where = "" if relative.empty else f" in {formatting.plural(len(cells) - len(relative), 'cell')}"
        lines.append(
            f"Ratios are {AS_MEASURED}{where}: no other cell is known to have the same code and environment, so "
            "differences of the machine are not divided out."
        )
    return lines


def comparison_report(comparisons: Sequence[Comparison], fail_slower: float) -> str:
    """Return the comparison in Markdown, in at most 65,536 characters: it fits the comment of a pull request."""
    named, cells = runs_of(comparisons), pd.concat([one.cells for one in comparisons])
    names = {letter: markdown.escaped(formatting.shortened(name, LONGEST_NAME)) for letter, name in named.items()}
    title = f"# {' and '.join(f'{name} ({letter})' for letter, name in list(names.items())[1:])}"
    found = [markdown.bullets(sentences(one, letter, fail_slower)) for letter, one in _lettered(comparisons)]
    before = [
        (f"{title} against {names['A']} (A)", markdown.bullets(_revisions(comparisons))),
        ("## What differs around them", _differences(comparisons, list(named))),
        ("## What was found", "\n\n".join([*found, _noise(cells)])),
        ("## The cells", f"{in_common(cells, GRID)} {CHANGED_TAG_MEANS}".strip()),
    ]
    after = [("## How to read this", HOW_TO_READ.format(per_second=comparisons[0].a.plan.words_of().per_second))]
    columns = where_columns(cells, GRID)
    rows = comparison_rows(comparisons, columns)
    return with_rows(
        markdown.join_sections(before).rstrip(),
        _headings(comparisons, columns),
        rows,
        markdown.join_sections(after).rstrip(),
    )


def _revisions(comparisons: Sequence[Comparison]) -> list[str]:
    """Return the commit of each run, as far as it is known."""
    runs = [comparisons[0].a, *(one.b for one in comparisons)]
    facts = [(run.environment.revision, run.plan.created) for run in runs]
    return [
        f"**{letter}**: revision {markdown.escaped(formatting.shortened(revision.commit or 'unknown', 40))}"
        f"{' with changes' * bool(revision.dirty)}, measured {markdown.escaped(formatting.shortened(created, 25))}"
        for letter, (revision, created) in zip(formatting.letters(len(runs)), facts, strict=True)
    ]


def _noise(cells: pd.DataFrame) -> str:
    """Return what A/A shows: a sentence on the margins of the cells."""
    margins = cells.loc[~cells["control"], "margin"].dropna()
    if margins.empty:
        return "Noise unknown, hence no verdicts: there is no A/A interval."
    typical, largest = formatting.percent(float(margins.median())), formatting.percent(float(margins.max()))
    return f"Noise: A/A of either run, or 1 %, is ±{typical} at most in half of the cells, ±{largest} in the worst."


def _lettered(comparisons: Sequence[Comparison]) -> Iterable[tuple[str, Comparison]]:
    return zip(formatting.letters(len(comparisons) + 1)[1:], comparisons, strict=True)


def _differences(comparisons: Sequence[Comparison], named: Sequence[str]) -> str:
    rows = [
        [markdown.escaped(formatting.shortened(value, LONGEST_VALUE)) for value in (name, *values)]
        for name, values in differing_rows(comparisons)
    ]
    return table_that_fits(["", *named], rows, MOST_DIFFERENCES) if rows else "Nothing that is recorded."


def _headings(comparisons: Sequence[Comparison], columns: Sequence[str]) -> list[str]:
    spoken = comparisons[0].a.plan.words_of(*comparisons[0].cells["problem"].unique())
    letters = formatting.letters(len(comparisons) + 1)[1:]
    return ["implementation", *columns, spoken.size, f"A, {spoken.rate}", *letters]
