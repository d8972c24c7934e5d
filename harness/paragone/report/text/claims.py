"""Claims and what was found: a table in words, the same in a run's report and on the terminal."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from paragone.claims.claim import shipped_claims
from paragone.claims.judge_claims import Finding, settled
from paragone.report.text import formatting, tables

if TYPE_CHECKING:
    from paragone.analyse.results import Results

HEADINGS = ["claim", "source", "of", "claimed", "here", "verdict"]
HOW = (
    "Each claim is tested on the quantity it speaks of. **reproduced**: the interval, made at least as wide as the "
    "margin of this run, lies wholly within what is claimed; **not reproduced**: wholly outside of it; **cannot be "
    "told**: neither. Ratios of one batch size are formed within rounds, those of epochs with evaluation and of two "
    "batch sizes over launches. A figure of another machine that comes out larger here is a finding, not a fault."
)


def section(results: Results) -> str:
    """Return the claims that the cells of a run settle, and how many need others; nothing where it settles none."""
    claims = [claim for claim in shipped_claims() if not claim.cannot]
    findings = list(settled(results, claims))
    if not findings:
        return ""
    left = len(claims) - len(findings)
    needing = "1 more claim needs" if left == 1 else f"{left} more claims need"
    more = f"{needing} other cells: `paragone claims`." if left else ""
    return "\n\n".join(part for part in (f"{tally(findings)} {HOW}", markdown(findings), more) if part)


def tally(findings: Sequence[Finding]) -> str:
    """Return "3 reproduced, 2 not reproduced, 1 cannot be told."."""
    counts = Counter(finding.verdict for finding in findings)
    return ", ".join(f"{count} {verdict}" for verdict, count in counts.items()) + "."


def markdown(findings: Sequence[Finding]) -> str:
    """Return the table of findings; where the claimed figure comes out on another side, the verdict says which."""
    return tables.table(HEADINGS, [_line(finding) for finding in findings])


def _line(finding: Finding) -> list[str]:
    claim = finding.claim
    verdict = f"**{finding.verdict}**" + (f": {formatting.escaped(finding.why)}" if finding.why else "")
    return [
        f"{formatting.escaped(claim.says)}<br>{formatting.code(claim.id)}",
        formatting.escaped(claim.source),
        "<br>".join(
            formatting.code(words) if place else formatting.escaped(words) for place, words in enumerate(of(finding))
        ),
        formatting.escaped(claim.expected),
        here(finding),
        verdict,
    ]


def of(finding: Finding) -> list[str]:
    """Return the problem, quantity and batch size, then the two variants; nothing where the claim has no cells."""
    claim = finding.claim
    if claim.problem is None:
        return [""]
    sizes = " and ".join(formatting.batch(size) for size in dict.fromkeys((claim.batch_size, claim.than_batch_size)))
    place = f"{claim.problem.name}, {claim.quantity}, batch {sizes}"
    if claim.threads > 1:
        place += f", {claim.threads} threads"
    return [place, finding.variant or claim.variant[0], finding.than or claim.than[0]]


def here(finding: Finding) -> str:
    """Return the ratio found with its interval, of a claim of seconds these too; "" where there is none."""
    if math.isnan(finding.ratio):
        return ""
    ratio = formatting.ratio_with_interval(finding.ratio, finding.low, finding.high)
    claim, total = finding.claim, finding.claim.epochs * finding.epoch_seconds
    if not claim.within_seconds or math.isnan(total) or math.isnan(finding.low):
        return ratio
    seconds, least, most = (total / speed - total for speed in (finding.ratio, finding.high, finding.low))
    return f"{ratio}: {seconds:+.2f} s [{least:+.2f}, {most:+.2f}] over {formatting.plural(claim.epochs, 'epoch')}"
