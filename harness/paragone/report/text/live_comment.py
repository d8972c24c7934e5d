"""A live comparison as the comment of a pull request: the two commits, the answer, the noise, and the cells."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from paragone.analyse.statuses import was_finished
from paragone.analyse.verdicts import surely_slower
from paragone.comparison.live import SAME
from paragone.comparison.side_by_side import counted, newly_failed, side_by_side, why_not_compared
from paragone.report.text import formatting, markdown
from paragone.report.text.comment import Row, code, in_common, kind_of, table_that_fits, where, where_columns, with_rows
from paragone.report.text.noise import noise_sentence
from paragone.report.text.rows import each_row
from paragone.report.text.side_by_side import HOW, left_out_by_reason, speed

if TYPE_CHECKING:
    from paragone.analyse.results import Results
    from paragone.store.plan_records import Plan
    from paragone.store.reader import Run

PLACE = ("problem", "threads")
MOST_LEFT_OUT = 4_000  # characters of what was not measured
MOST_NAMES = 20  # of implementations that were left out for one reason


def live_comment(results: Results) -> str:
    """Return B against A in Markdown, in at most 65,536 characters."""
    run, cells = results.run, side_by_side(results)
    before = [_title(run), _sides(run), _answer(cells, run), _noise(results), _left_out(run), in_common(cells, PLACE)]
    after = f"<details><summary>How to read this</summary>\n\n{HOW}\n\n</details>"
    failed = {*newly_failed(cells).index}
    columns = where_columns(cells, PLACE)
    rows = [
        _row(row, run.plan, columns, number in failed) for number, row in zip(cells.index, each_row(cells), strict=True)
    ]
    spoken = run.plan.words_of(*cells["problem"].unique())
    speeds = [f"{letter}, {spoken.rate}" for letter in "AB"]
    headings = ["implementation", *columns, spoken.size, *speeds, "speed of B relative to A", "verdict"]
    return with_rows("\n\n".join(filter(None, before)), headings, rows, after)


def _title(run: Run) -> str:
    interrupted = "" if was_finished(run) else ", interrupted"
    return f"## B against A{interrupted}"


def _sides(run: Run) -> str:
    live = run.plan.live
    assert live is not None
    return markdown.bullets(
        f"**{name}**, {markdown.escaped(formatting.shortened(side.label, 60))}: {code(side.words)}"
        for name, side in (("A", live.a), ("B", live.b))
    )


def _answer(cells: pd.DataFrame, run: Run) -> str:
    """Return the number of cells with each verdict, and how many B made worse; the table names them."""
    live = run.plan.live
    assert live is not None
    counts = ", ".join(f"{n} {word}" for word, n in counted(cells).items())
    worse, failed = len(surely_slower(cells, live.fail_slower)), len(newly_failed(cells))
    beyond = f"more than {100 * live.fail_slower:g} % longer for a step"
    sentences = [f"**{formatting.plural(len(cells), 'cell')}: {counts or 'nothing was measured'}.**"]
    if failed:
        sentences.append(f"B fails where A passes in {formatting.plural(failed, 'cell')}.")
    in_cells = f"B surely takes {beyond} in {formatting.plural(worse, 'cell')}."
    sentences.append(in_cells if worse else f"No cell surely takes {beyond}.")
    return " ".join(sentences)


def _noise(results: Results) -> str:
    """Return what A/A shows, of each problem."""
    problems = list(map(str, results.summary["problem"].unique()))
    named = [f"{code(problem)}: " if len(problems) > 1 else "" for problem in problems]
    sentences = [f"{name}{noise_sentence(results, problem)}" for name, problem in zip(named, problems, strict=True)]
    return markdown.bullets(sentences) if len(problems) > 1 else "".join(sentences)


def _row(row: Any, plan: Plan, columns: list[str], failed: bool) -> Row:
    """Return the row of a cell; `failed` where it passed in A and no more in B."""
    spoken = plan.words_of(row.problem)
    first = [code(row.compared), *where(row._asdict(), columns), formatting.size(row.size)]
    speeds = [
        speed(row.status_a, row.work_per_second_a, spoken.rate),
        speed(row.status_b, row.work_per_second_b, spoken.rate),
    ]
    if math.isnan(row.ratio):
        why = code(why_not_compared(row))
        return Row("failed" if failed else "not compared", (*first, *speeds, "", why))
    kind = kind_of(row.verdict)
    ratio = f"{formatting.ratio(row.ratio)} {formatting.ratio_interval(row.ratio_low, row.ratio_high)}".strip()
    verdict = f"**{row.verdict}**" if kind in ("slower", "faster") else row.verdict
    return Row(kind, (*first, *speeds, ratio, verdict), {"slower": -row.ratio, "faster": row.ratio}.get(kind, 0.0))


def _left_out(run: Run) -> str:
    """Return the implementations that were not measured, grouped by reason; those of the same source as a number."""
    live = run.plan.live
    assert live is not None
    by_reason = left_out_by_reason(live.left_out)
    same = len(by_reason.pop(SAME, []))
    rows = []
    for reason, names in by_reason.items():
        more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
        rows.append((code(reason), ", ".join(map(code, names[:MOST_NAMES])) + more))
    parts = [
        f"Not measured, as their source is the same: {formatting.plural(same, 'implementation')}." if same else "",
        table_that_fits(["not measured, because", "implementations"], rows, MOST_LEFT_OUT) if rows else "",
    ]
    return "\n\n".join(filter(None, parts))
