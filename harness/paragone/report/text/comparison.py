"""A comparison of runs as Markdown for a pull request, and the parts of it that the terminal shows too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from paragone.analyse.statuses import was_finished
from paragone.analyse.verdicts import POINT
from paragone.comparison.across_time import AS_MEASURED, FALSE_DISCOVERY_RATE, UNCHANGED, Comparison
from paragone.comparison.comparable import CHANGED, environment_differences, name_of
from paragone.report.text import formatting, markdown
from paragone.report.text.rows import axis_values, each_row

GRID = ["problem", "threads", "dtype"]
VERDICTS = ("slower", "faster", "same", "not enough data", "no interval")
CHANGED_TAG = "*"  # after a name: its code is not the same in all runs

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
        named = "; ".join(_cell(row, comparison) for row in each_row(slower))
        lines.append(f"{formatting.plural(len(slower), 'cell')} {beyond}: {named}.")
    lines += _basis_sentences(comparison)
    resolvable = comparison.cells.loc[~comparison.cells["control"], "resolvable"].dropna()
    if len(resolvable):
        typical, worst = formatting.percent(float(resolvable.median())), formatting.percent(float(resolvable.max()))
        lines.append(
            f"A typical cell would have shown a difference of {typical} in 95 of 100 cases, the noisiest {worst}."
        )
    if len(comparison.not_compared):
        counts = comparison.not_compared["why"].value_counts(sort=False)
        why = "; ".join(f"{count} {_short(str(reason), letter)}" for reason, count in counts.items())
        lines.append(f"{formatting.plural(len(comparison.not_compared), 'cell')} fell out: {why}.")
    if comparison.overridden:
        lines.append(f"**Compared all the same (--anyway)**: {markdown.escaped('; '.join(comparison.overridden))}.")
    return lines


def _short(reason: str, letter: str) -> str:
    """Return the reason with the letter of the run in place of "B", cut to one line."""
    status, middle, rest = reason.partition(" in B")
    text = f"{status} in {letter}{rest}" if middle else reason
    return markdown.escaped(text if len(text) <= 110 else f"{text[:109]}…")


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
    named, spoken = runs_of(comparisons), comparisons[0].a.plan.words_of()
    title = f"# {' and '.join(f'{markdown.escaped(name)} ({letter})' for letter, name in list(named.items())[1:])}"
    found = [markdown.bullets(sentences(one, letter, fail_slower)) for letter, one in _lettered(comparisons)]
    sections = [
        (f"{title} against {markdown.escaped(named['A'])} (A)", ""),
        ("## What differs around them", _differences(comparisons, list(named))),
        ("## What was found", "\n\n".join(found)),
        ("## Different cells", _cell_tables(comparisons, only_different=True) or "None."),
        ("## Every cell", f"<details><summary>All ratios</summary>\n\n{_cell_tables(comparisons)}\n\n</details>"),
        ("## How to read this", HOW_TO_READ.format(per_second=spoken.per_second)),
    ]
    return markdown.join_sections(sections)


def _lettered(comparisons: Sequence[Comparison]) -> Iterable[tuple[str, Comparison]]:
    return zip(formatting.letters(len(comparisons) + 1)[1:], comparisons, strict=True)


def _differences(comparisons: Sequence[Comparison], named: Sequence[str]) -> str:
    rows = [[markdown.escaped(name), *map(markdown.escaped, values)] for name, values in differing_rows(comparisons)]
    return markdown.table(["", *named], rows) if rows else "Nothing that is recorded."


def joined_cells(comparisons: Sequence[Comparison]) -> list[tuple[Any, list[Any]]]:
    """Return every cell except controls, sorted, with its row in each comparison or None."""
    keys = [*POINT, "variant"]
    rows = [{tuple(row[key] for key in keys): row for _, row in one.cells.iterrows()} for one in comparisons]
    union = pd.concat([one.cells for one in comparisons]).drop_duplicates(keys)
    union = union[~union["control"]].sort_values([*GRID, "variant", "size"], kind="stable")
    found = [tuple(row[key] for key in keys) for _, row in union.iterrows()]
    return [(row, [of.get(key) for of in rows]) for (_, row), key in zip(union.iterrows(), found, strict=True)]


def label(first: Any, rows: Sequence[Any]) -> str:
    """Return the name of a variant without its dtype, tagged where its code changed."""
    changed = any(row is not None and row["source"] == CHANGED for row in rows)
    return f"{first['implementation']} {axis_values(first['variant'])}".strip() + CHANGED_TAG * changed


def entry(row: Any) -> tuple[str, str]:
    """Return "0.91× [0.89, 0.93]" and the verdict of a cell in one comparison; a dash where it fell out."""
    if row is None:
        return formatting.MISSING, ""
    return formatting.ratio_with_interval(row["ratio"], row["ratio_low"], row["ratio_high"]), str(row["verdict"])


def _cell_tables(comparisons: Sequence[Comparison], only_different: bool = False) -> str:
    """Return a table for each problem, thread count and dtype, with a column for each run."""
    lines: dict[tuple[str, str], list[list[str]]] = {}
    has_changed = False
    for first, rows in joined_cells(comparisons):
        if only_different and not any(row is not None and row["verdict"] in ("faster", "slower") for row in rows):
            continue
        threads = formatting.plural(int(first["threads"]), "thread")
        heading = f"### {markdown.code(first['problem'])}, {first['dtype']}, {threads}"
        name = label(first, rows)
        has_changed |= name.endswith(CHANGED_TAG)
        columns = [
            markdown.code(name),
            formatting.size(first["size"]),
            formatting.rate_of(first["work_per_second_a"], comparisons[0].a.plan.words_of(first["problem"]).rate),
        ]
        lines.setdefault((heading, str(first["problem"])), []).append([*columns, *map(_markdown_entry, rows)])
    parts = [
        f"{heading}\n\n{markdown.table(_headings(comparisons, problem), rows)}"
        for (heading, problem), rows in lines.items()
    ]
    return "\n\n".join([*parts, *[f"{CHANGED_TAG} its code is not the same in all runs"] * has_changed])


def _headings(comparisons: Sequence[Comparison], problem: str) -> list[str]:
    spoken = comparisons[0].a.plan.words_of(problem)
    return ["implementation", spoken.size, f"A, {spoken.rate}", *formatting.letters(len(comparisons) + 1)[1:]]


def _markdown_entry(row: Any) -> str:
    ratio, verdict = entry(row)
    if row is None:
        return ratio
    bold = f"**{verdict}**" if verdict in ("faster", "slower") else verdict
    measured = f"<br>{AS_MEASURED} {formatting.ratio(row['ratio_as_measured'])}" if row["basis"] == UNCHANGED else ""
    return f"{ratio}<br>{bold}{measured}"
