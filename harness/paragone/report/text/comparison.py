"""A comparison of runs in words and tables: Markdown for a pull request, and the same for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from paragone.analyse.statuses import was_finished
from paragone.analyse.verdicts import POINT
from paragone.compare.across_time import AS_MEASURED, FALSE_DISCOVERY_RATE, UNCHANGED, Comparison
from paragone.compare.comparable import CHANGED, environment_differences, name_of
from paragone.report.text import formatting, tables
from paragone.report.text.sections import bullets, joined

GRID = ["problem", "threads", "dtype"]
VERDICTS = ("slower", "faster", "same", "not enough data", "no interval")
TAG = "*"  # behind a name: its code is not the same in all runs

HOW_TO_READ = f"""\
- **×** is how many times faster the later run is; below 1 it is slower. In brackets its 95 % interval, widened by what
  lies between two runs of the same code, as cells show whose code is the same in both.
- **{UNCHANGED}**: where machine, system, versions and variables are the same, each sample is divided by what the
  unchanged code made of the same round, the cell itself left out: a slower hour of the machine is no difference, and
  neither is what all cells have in common. **{AS_MEASURED}**: images per second over images per second.
- **faster**, **slower**: the interval lies wholly beyond the margin, the larger of 1 % and what A/A shows in either
  run, and p, adjusted by Benjamini and Hochberg over the cells of the pair whose code changed, or over those whose code
  did not, is below {FALSE_DISCOVERY_RATE:.0%}: of those called different at most one in twenty is expected to be none.
  **same within x %**: the interval lies wholly within x %, 5 at most. **not enough data**: neither."""


def letters(count: int) -> list[str]:
    """Return the names A, B, C … that the runs of a comparison go by."""
    return [chr(ord("A") + number) for number in range(count)]


def runs_of(comparisons: Sequence[Comparison]) -> dict[str, str]:
    """Return the letters of the runs and their names; one that did not come to its end says so."""
    runs = [comparisons[0].a, *(one.b for one in comparisons)]
    names = [name_of(run) if was_finished(run) else f"{name_of(run)}, interrupted" for run in runs]
    return dict(zip(letters(len(runs)), names, strict=True))


def differing_rows(comparisons: Sequence[Comparison]) -> list[tuple[str, list[str]]]:
    """Return in what the surroundings of the runs differ: a name, and what each run says."""
    return environment_differences([comparisons[0].a, *(one.b for one in comparisons)])


def counted(comparison: Comparison) -> str:
    """Return how often each verdict was given: "1 slower, 8 same within 5 %, 2 not enough data"."""
    words = comparison.cells.loc[~comparison.cells["control"], "verdict"].str.replace(r"^same .*", "same", regex=True)
    counts = words.value_counts()
    said = [f"{counts[word]} {'same within 5 %' if word == 'same' else word}" for word in VERDICTS if word in counts]
    return ", ".join(said) or "no cells"


def sentences(comparison: Comparison, letter: str, fail_slower: float) -> list[str]:
    """Return what was found between A and another run: verdicts, what counts as slower, how, what fell out."""
    said = [f"**{letter} against A**: {counted(comparison)}."]
    slower = comparison.slower_beyond(fail_slower)
    beyond = f"surely slower beyond {formatting.percent(fail_slower)}"
    if slower.empty:
        said.append(f"No cell is {beyond}.")
    else:
        said.append(
            f"{formatting.plural(len(slower), 'cell')} {beyond}: {'; '.join(map(_cell, formatting.rows(slower)))}."
        )
    said += _basis_sentences(comparison)
    found = comparison.cells.loc[~comparison.cells["control"], "resolvable"].dropna()
    if len(found):
        typical, worst = formatting.percent(float(found.median())), formatting.percent(float(found.max()))
        said.append(
            f"A typical cell would have shown a difference of {typical} in 95 of 100 cases, the noisiest {worst}."
        )
    if len(comparison.fallen):
        counts = comparison.fallen["why"].value_counts(sort=False)
        why = "; ".join(f"{count} {_short(str(reason), letter)}" for reason, count in counts.items())
        said.append(f"{formatting.plural(len(comparison.fallen), 'cell')} fell out: {why}.")
    if comparison.overridden:
        said.append(f"**Compared all the same (--anyway)**: {formatting.escaped('; '.join(comparison.overridden))}.")
    return said


def _short(reason: str, letter: str) -> str:
    """Return why a cell fell out, with the letter of its run, and not longer than a line."""
    status, middle, rest = reason.partition(" in B")
    text = f"{status} in {letter}{rest}" if middle else reason
    return formatting.escaped(text if len(text) <= 110 else f"{text[:109]}…")


def _cell(row: Any) -> str:
    ratio = formatting.ratio_with_interval(row.ratio, row.ratio_low, row.ratio_high)
    threads = "" if row.threads == 1 else f", {formatting.plural(row.threads, 'thread')}"
    what = f"{formatting.code(row.variant)} on {formatting.code(row.problem)}"
    return f"{what}, batch {formatting.batch(row.batch_size)}{threads}: {ratio}"


def _basis_sentences(comparison: Comparison) -> list[str]:
    """Return what the ratios are relative to, and how far runs of the same code lie apart."""
    cells = comparison.cells
    relative = cells[cells["basis"] == UNCHANGED]
    said = []
    if len(relative):
        apart = formatting.percent(float(relative["deviation_between"].median()))
        drift = float((relative["ratio_as_measured"] / relative["ratio"]).median())
        said.append(
            f"Ratios are {UNCHANGED}: as measured, that ran {formatting.ratio(drift)} as fast as in A. Runs of the same "
            f"code are taken to lie {apart} apart in a typical cell beyond what their launches explain."
        )
    if len(relative) < len(cells):
        where = "" if relative.empty else f" in {formatting.plural(len(cells) - len(relative), 'cell')}"
        said.append(
            f"Ratios are {AS_MEASURED}{where}: no other cell is known to be unchanged, code and surroundings, so what "
            "the machine did differently is not divided out."
        )
    return said


def markdown(comparisons: Sequence[Comparison], fail_slower: float) -> str:
    """Return the comparison of A with each other run as Markdown: what differs around them first, every cell last."""
    named = runs_of(comparisons)
    title = f"# {' and '.join(f'{formatting.escaped(name)} ({letter})' for letter, name in list(named.items())[1:])}"
    found = [bullets(sentences(one, letter, fail_slower)) for letter, one in _lettered(comparisons)]
    sections = [
        (f"{title} against {formatting.escaped(named['A'])} (A)", ""),
        ("## What differs around them", _differences(comparisons, list(named))),
        ("## What was found", "\n\n".join(found)),
        ("## Different cells", _cell_tables(comparisons, only_different=True) or "None."),
        ("## Every cell", f"<details><summary>All ratios</summary>\n\n{_cell_tables(comparisons)}\n\n</details>"),
        ("## How to read this", HOW_TO_READ),
    ]
    return joined(sections)


def _lettered(comparisons: Sequence[Comparison]) -> Iterable[tuple[str, Comparison]]:
    return zip(letters(len(comparisons) + 1)[1:], comparisons, strict=True)


def _differences(comparisons: Sequence[Comparison], named: Sequence[str]) -> str:
    rows = [
        [formatting.escaped(name), *map(formatting.escaped, values)] for name, values in differing_rows(comparisons)
    ]
    return tables.table(["", *named], rows) if rows else "Nothing that is recorded."


def joined_cells(comparisons: Sequence[Comparison]) -> list[tuple[Any, list[Any]]]:
    """Return every cell of any comparison once, controls left out, with its row in each of them or None, in order."""
    keys = [*POINT, "variant"]
    rows = [{tuple(row[key] for key in keys): row for _, row in one.cells.iterrows()} for one in comparisons]
    union = pd.concat([one.cells for one in comparisons]).drop_duplicates(keys)
    union = union[~union["control"]].sort_values([*GRID, "variant", "batch_size"], kind="stable")
    found = [tuple(row[key] for key in keys) for _, row in union.iterrows()]
    return [(row, [of.get(key) for of in rows]) for (_, row), key in zip(union.iterrows(), found, strict=True)]


def label(first: Any, rows: Sequence[Any]) -> str:
    """Return the name of a cell's variant without its dtype, marked where its code changed."""
    changed = any(row is not None and row["source"] == CHANGED for row in rows)
    return f"{first['implementation']} {formatting.axis_values(first['variant'])}".strip() + TAG * changed


def entry(row: Any) -> tuple[str, str]:
    """Return "0.91× [0.89, 0.93]" and the verdict of a cell in one comparison; dashes where it fell out."""
    if row is None:
        return formatting.MISSING, ""
    return formatting.ratio_with_interval(row["ratio"], row["ratio_low"], row["ratio_high"]), str(row["verdict"])


def _cell_tables(comparisons: Sequence[Comparison], only_different: bool = False) -> str:
    """Return a table per problem, threads and dtype, a column per run: ratio, verdict, ratio as measured."""
    lines: dict[str, list[list[str]]] = {}
    has_changed = False
    for first, rows in joined_cells(comparisons):
        if only_different and not any(row is not None and row["verdict"] in ("faster", "slower") for row in rows):
            continue
        heading = f"### {formatting.code(first['problem'])}, {first['dtype']}, {formatting.plural(int(first['threads']), 'thread')}"
        name = label(first, rows)
        has_changed |= name.endswith(TAG)
        columns = [
            formatting.code(name),
            formatting.batch(first["batch_size"]),
            formatting.rate(first["images_per_second_a"]),
        ]
        lines.setdefault(heading, []).append([*columns, *map(_markdown_entry, rows)])
    headings = ["implementation", "batch size", "A, images/s", *letters(len(comparisons) + 1)[1:]]
    parts = [f"{heading}\n\n{tables.table(headings, rows)}" for heading, rows in lines.items()]
    return "\n\n".join([*parts, *[f"{TAG} its code is not the same in all runs"] * has_changed])


def _markdown_entry(row: Any) -> str:
    ratio, verdict = entry(row)
    if row is None:
        return ratio
    bold = f"**{verdict}**" if verdict in ("faster", "slower") else verdict
    measured = f"<br>{AS_MEASURED} {formatting.ratio(row['ratio_as_measured'])}" if row["basis"] == UNCHANGED else ""
    return f"{ratio}<br>{bold}{measured}"
