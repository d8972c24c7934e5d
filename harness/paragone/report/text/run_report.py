"""report.md: the answer first, then the numbers, then all that is needed to doubt or repeat them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from paragone.analyse.intervals import CONFIDENCE
from paragone.analyse.statuses import was_finished
from paragone.report.text import (
    call_cost,
    claims,
    crossovers,
    exactness,
    formatting,
    gaps,
    hosts,
    limit,
    markdown,
    memory,
    noise,
    plain_loops,
    provenance,
    result_tables,
    side_by_side,
    time_spent,
)
from paragone.report.text.answer import answer
from paragone.report.text.findings import findings
from paragone.report.text.markdown import Sections
from paragone.report.text.repro import sure_commands

if TYPE_CHECKING:
    from paragone.analyse.results import Results
    from paragone.report.figures.drawing import Drawing
    from paragone.store.reader import Run

# report.html shows these sections in its own way.
RESULTS, FIGURES, WARNINGS = "## Results", "## Figures", "## Warnings"
HOW_TO_READ, PLAN, MACHINE = "## How to read this", "## Plan", "## Machine"

READING = f"""\
- **{{per_second}}** is the median over launches (fresh processes) of the median within a launch; in brackets, in
  the same unit, its {formatting.percent(CONFIDENCE)} interval over launches.
- **×** is the speed relative to the baseline of the same dtype, {{size}} and number of threads, from samples of the
  same round; above 1 is faster. Its interval is Student's t on one log-ratio per launch.
{{verdicts}}
- **failed**: the result differs from the float64 reference, or the process did not survive. A failed cell has no time.
  **too fast**: the cell passed its checks, and took less time than this machine needs for its work. It has no time.
  **not verified**: the cell was timed, but a check was not possible, or the implementation only approximates the
  problem; it is compared with nothing. The reason stands under *{gaps.HEADING}*.
- Warm-ups and first calls are in no average. Every sample is in `samples.jsonl`, every cell with more columns in
  `summary.csv`."""

VERDICTS = """\
- **faster**, **slower**: the interval lies wholly beyond the margin, the larger of 1 % and what A/A shows at the
  same dtype, {size} and number of threads.
  **same within x %**: it lies wholly within x %, 5 at most. **not enough data**: neither; more launches would tell."""
OF_ONE_LAUNCH = """\
- **≈**: one launch has no intervals and no verdicts. A ratio with this sign lies within A/A, the farthest that the
  baseline was from itself on the same problem with as many threads, 1 % at least: it is not told apart from the
  baseline."""
NOT_DRAWN = "Not drawn: this was a first look. To draw them: {command}"


def run_report(results: Results, figures: Sequence[Drawing], left_out: Sequence[str]) -> str:
    return markdown.join_sections(report_sections(results, figures, left_out))


def report_sections(results: Results, figures: Sequence[Drawing], left_out: Sequence[str]) -> Sections:
    """Return the sections of the report; those without text are left out.

    The first is the title with the answer; the second, without a heading, the findings. `left_out` holds a sentence
    for each figure without data. Where there is neither, the figures were not drawn.
    """
    run, spoken = results.run, results.run.plan.words_of()
    verdicts = (OF_ONE_LAUNCH if run.plan.launches == 1 else VERDICTS).format(size=spoken.size)
    per_second = formatting.capitalised(spoken.per_second)
    how_to_read = READING.format(size=spoken.size, per_second=per_second, verdicts=verdicts)
    quick = " — quick: one launch, no intervals" if run.plan.quick else ""
    unfinished = "" if was_finished(run) else " — interrupted"
    sections = [
        (f"# paragone: {markdown.escaped(run.plan.run)}{quick}{unfinished}", answer(results)),
        ("", markdown.bullets(findings(results))),
        *side_by_side.sections(results),
        (WARNINGS, markdown.bullets(markdown.escaped(text) for text in results.warnings)),
        (RESULTS, result_tables.section(results.summary, run.plan)),
        (f"## {plain_loops.HEADING}", plain_loops.section(results)),
        (f"## {exactness.HEADING}", exactness.section(results)),
        (f"## Who overtakes whom along {spoken.size}", crossovers.section(results)),
        ("## Claims of the sources", claims.section(results)),
        (HOW_TO_READ, how_to_read),
        (FIGURES, _figures(run, figures, left_out)),
        ("## The machine's limit", limit.section(results)),
        ("## Memory", memory.section(results)),
        ("## Noise: the baseline against itself (A/A)", noise.section(results)),
        ("## Hosts", hosts.section(results)),
        (f"## {gaps.HEADING}", gaps.section(results)),
        ("## Implementations", provenance.implementations(run)),
        ("## The cost of a call", call_cost.section(results)),
        (PLAN, markdown.pairs(provenance.plan_pairs(run))),
        ("## Data", markdown.pairs(provenance.data_pairs(run))),
        (MACHINE, markdown.pairs(provenance.environment_pairs(run))),
        ("## Where the time went", time_spent.section(run)),
        ("## To repeat it", _commands(run)),
    ]
    return [(heading, text) for heading, text in sections if text]


def _figures(run: Run, figures: Sequence[Drawing], left_out: Sequence[str]) -> str:
    if not figures and not left_out:
        return NOT_DRAWN.format(command=markdown.code(f"paragone report {run.plan.run} --figures"))
    absent = markdown.bullets(markdown.escaped(sentence) for sentence in left_out)
    return "\n\n".join(filter(None, [markdown.figure_links(figures), absent and f"Figures without data:\n\n{absent}"]))


def _commands(run: Run) -> str:
    sure = [(command, f"sure numbers{of and f': {of}'}") for command, of in sure_commands(run.plan)]
    return markdown.code_block(
        [
            (run.plan.command, "the command that made it"),
            *sure,
            (f"paragone report {run.plan.run}", "makes this report again from the run's folder"),
        ]
    )
