"""report.md: the answer first, then the numbers, then everything a reader needs to doubt or repeat them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from paragone.analyse.statuses import was_finished
from paragone.analyse.summary import CONFIDENCE
from paragone.analyse.warnings import smallest_resolvable, time_shares, warnings
from paragone.report.figures import memory
from paragone.report.text import call_cost, claims, crossovers, formatting, limit, side_by_side, tables
from paragone.report.text.findings import answer, findings
from paragone.report.text.provenance import data_pairs, environment_pairs, plan_pairs
from paragone.report.text.sections import Sections, bullets, joined, pictures

if TYPE_CHECKING:
    from paragone.analyse.results import Results
    from paragone.report.figures.figure import Drawn
    from paragone.store.reader import Run

# The sections that report.html shows in ways of its own.
RESULTS, FIGURES, WARNINGS = "## Results", "## Figures", "## Warnings"
GAPS = "Failed, skipped, not measured, not checked"

HOW_TO_READ = f"""\
- **Images per second** is the median over launches (fresh processes) of the median within a launch; in brackets, in
  the same unit, its {formatting.percent(CONFIDENCE)} interval over launches.
- **×** is the speed relative to the baseline of the same dtype, batch size and number of threads, from samples of the
  same round; above 1 is faster. Its interval is Student's t on one log-ratio per launch.
- **faster**, **slower**: the interval lies wholly beyond the margin, the larger of 1 % and what A/A shows at the
  same dtype, batch size and number of threads.
  **same within x %**: it lies wholly within x %, 5 at most. **not enough data**: neither; more launches would tell.
- **failed**: the result differs from the float64 reference, or the process did not survive; what failed has no time.
  **not verified**: it was timed, but a check was not possible, or it only comes near the problem; so it is compared
  with nothing. The reason stands under *{GAPS}*.
- Warm-ups and first calls are in no average. Every sample is in `samples.jsonl`, every cell with more columns in
  `summary.csv`."""


def report(results: Results, drawn: Sequence[Drawn], left_out: Sequence[str]) -> str:
    """Return the report of a run in Markdown; `drawn` are its figures, `left_out` says which have no data."""
    return joined(sections_of(results, drawn, left_out))


def sections_of(results: Results, drawn: Sequence[Drawn], left_out: Sequence[str]) -> Sections:
    """Return heading and text of every part of the report, in Markdown; those without a word are left out.

    The first is the title with the answer, the second, without a heading, the findings.
    """
    run = results.run
    quick = " — quick: one launch, no intervals" if run.plan.quick else ""
    unfinished = "" if was_finished(run) else " — interrupted"
    sections = [
        (f"# paragone: {formatting.escaped(run.plan.run)}{quick}{unfinished}", answer(results)),
        ("", bullets(findings(results))),
        *side_by_side.sections(results),
        (WARNINGS, bullets(formatting.escaped(text) for text in warnings(results))),
        (RESULTS, tables.summary_tables(results.summary)),
        ("## Who overtakes whom along batch size", crossovers.section(results)),
        ("## Claims of the sources", claims.section(results)),
        ("## How to read this", HOW_TO_READ),
        (FIGURES, _figures(drawn, left_out)),
        ("## The machine's limit", limit.section(run)),
        ("## Memory", memory.section(results)),
        ("## Noise: the baseline against itself (A/A)", _noise(results)),
        (f"## {GAPS}", _gaps(results)),
        ("## Implementations", _implementations(run)),
        ("## Other languages", call_cost.section(run)),
        ("## Plan", tables.pairs(plan_pairs(run))),
        ("## Data", tables.pairs(data_pairs(run))),
        ("## Machine", tables.pairs(environment_pairs(run))),
        ("## Where the time went", _shares(run)),
        ("## To repeat it", _commands(run)),
    ]
    return [(heading, text) for heading, text in sections if text]


def _figures(drawn: Sequence[Drawn], left_out: Sequence[str]) -> str:
    absent = bullets(formatting.escaped(sentence) for sentence in left_out)
    return "\n\n".join(filter(None, [pictures(drawn), absent and f"Figures without data:\n\n{absent}"]))


def _noise(results: Results) -> str:
    """Return the margin of every problem, what a typical cell could resolve, and the A/A cells."""
    run, frame = results.run, results.summary
    shown = tables.control_table(frame)
    if not shown:
        return "There was no A/A control."
    resolvable = smallest_resolvable(frame)
    sentences = [
        f"{formatting.code(problem)}: a typical cell gets a verdict for differences above {formatting.percent(difference)}."
        for problem, difference in resolvable.items()
        if run.plan.launches > 1 and not math.isnan(difference)
    ]
    said = "The same code ran under two names; what differs here is noise."
    return "\n\n".join(part for part in (said, bullets(sentences), shown) if part)


def _gaps(results: Results) -> str:
    run = results.run
    absent = [
        [formatting.code(entry.name), "cannot be used", formatting.escaped(entry.reason)] for entry in run.plan.unusable
    ]
    untrained = run.outcomes[(run.outcomes["stage"] == "accuracy") & (run.outcomes["status"] != "passed")]
    unstressed = run.outcomes[(run.outcomes["stage"] == "stress") & (run.outcomes["status"] == "not checked")]
    parts = [
        tables.gaps_table(results.summary, run.plan),
        tables.table(["implementation", "", "why"], absent) if absent else "",
        bullets(
            f"accuracy of {formatting.code(row.variant)}: {formatting.escaped(row.reason)}"
            for row in formatting.rows(untrained)
        ),
        bullets(
            f"stress problem of {formatting.code(cells['variant'].iloc[0])} at batch "
            f"{', '.join(map(formatting.batch, sorted(cells['batch_size'].astype(int).unique())))}: "
            f"{formatting.escaped(cells['reason'].iloc[0])}"
            for _, cells in unstressed.groupby(["problem", "variant", "reason"], sort=False)
        ),
    ]
    return "\n\n".join(part for part in parts if part) or "Nothing: every planned cell was measured and checked."


def _implementations(run: Run) -> str:
    seen = {variant.implementation: variant for variant in run.plan.variants}
    lines = [
        [
            formatting.code(name),
            formatting.escaped(about.language),
            formatting.escaped(about.layout),
            formatting.escaped(about.source),
            formatting.escaped(about.idea),
            str(about.maths_lines),
        ]
        for name, about in sorted(seen.items())
    ]
    return tables.table(["", "language", "layout", "source", "idea", "lines of maths"], lines) if lines else ""


def _shares(run: Run) -> str:
    shares = time_shares(run)
    inside = [
        ("rounds", formatting.seconds(shares["rounds_seconds"])),
        (
            "of these inside timed samples",
            f"{formatting.seconds(shares['timed_seconds'])}, {formatting.percent(shares['timed_share'])}",
        ),
    ]
    beside = [
        (words, formatting.seconds(shares[f"{part}_seconds"]))
        for part, words in (
            ("start", "starting processes"),
            ("load", "loading data, compiling"),
            ("warmup", "first calls and warm-ups"),
            ("verify", "verification within the launches"),
        )
    ]
    pilot = shares["before_plan_seconds"]
    before = "" if math.isnan(pilot) else formatting.seconds(pilot)
    memory = formatting.seconds(shares["memory_seconds"]) if shares["memory_seconds"] else ""
    beside.append(("peak memory, a process per cell", memory))
    return tables.pairs([*inside, *beside, ("before the plan: verification, costs, A/A pilot", before)])


def _commands(run: Run) -> str:
    return formatting.code_block(
        [
            (run.plan.command, "the command that made it"),
            (f"paragone report {run.plan.run}", "makes this report again from the run's folder"),
        ]
    )
