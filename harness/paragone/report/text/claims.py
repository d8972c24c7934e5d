"""The claims of the sources beside what was measured: a section of the report, and its words."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from paragone.claims.claim import NETWORKS, shipped_claims
from paragone.claims.judge_claims import JudgedClaim, judge_claims
from paragone.report.text import formatting, markdown
from paragone.task.mlp.fitting import DATASET
from paragone.task.mlp.problem import NetworkProblem

if TYPE_CHECKING:
    from paragone.analyse.results import Results

OTHER_DATA = "The claims of the sources are about MNIST, and not about this data."
HEADINGS = ["claim", "source", "of", "claimed", "here", "verdict"]
HOW = (
    "Each claim is tested on the quantity it names. **reproduced**: the interval, made at least as wide as the "
    "margin of this run, lies wholly within what is claimed; **not reproduced**: wholly outside of it; **cannot be "
    "told**: neither. Ratios of one {size} are formed within rounds, those of {over_launches}two {sizes} over "
    "launches. A figure of another machine that comes out larger here is a finding, not a fault."
)


def section(results: Results) -> str:
    """Return the claims that the cells of this run settle; "" where they settle none."""
    if any(
        isinstance(problem, NetworkProblem) and problem.dataset != DATASET
        for problem in results.run.plan.problems.values()
    ):
        return OTHER_DATA
    families = {problem.family for problem in results.run.plan.problems.values()}
    claims = [claim for claim in shipped_claims() if not claim.cannot and claim.family in families]
    judged_claims = list(judge_claims(results, claims))
    if not judged_claims:
        return ""
    left = len(claims) - len(judged_claims)
    spoken = results.run.plan.words_of()
    over_launches = f"{spoken.all_data}s with evaluation and of " * bool(spoken.all_data)
    how = HOW.format(size=spoken.size, sizes=spoken.sizes, over_launches=over_launches)
    needing = "1 more claim needs" if left == 1 else f"{left} more claims need"
    command = f"paragone claims{''.join(f' -k {name}' for name in families - {NETWORKS})}"
    more = f"{needing} other cells: {markdown.code(command)}." if left else ""
    return "\n\n".join(part for part in (f"{tally(judged_claims)} {how}", claims_table(judged_claims), more) if part)


def tally(judged_claims: Sequence[JudgedClaim]) -> str:
    """Return "3 reproduced, 2 not reproduced, 1 cannot be told."."""
    counts = Counter(judged.verdict for judged in judged_claims)
    return ", ".join(f"{count} {verdict}" for verdict, count in counts.items()) + "."


def claims_table(judged_claims: Sequence[JudgedClaim]) -> str:
    return markdown.table(HEADINGS, [_line(judged) for judged in judged_claims])


def _line(judged: JudgedClaim) -> list[str]:
    claim = judged.claim
    verdict = f"**{judged.verdict}**" + (f": {markdown.escaped(judged.why)}" if judged.why else "")
    return [
        f"{markdown.escaped(claim.says)}<br>{markdown.code(claim.id)}",
        markdown.escaped(claim.source),
        "<br>".join(
            markdown.code(words) if place else markdown.escaped(words) for place, words in enumerate(of(judged))
        ),
        markdown.escaped(claim.expected),
        here(judged),
        verdict,
    ]


def of(judged: JudgedClaim) -> list[str]:
    """Return what a claim compares: its problem, quantity and size, then the two variants."""
    claim = judged.claim
    if claim.problem is None:
        return [""]
    sizes = " and ".join(formatting.size(size) for size in dict.fromkeys((claim.size, claim.than_size)))
    quantity = f"{claim.quantity} in the case {claim.case}" if claim.case else claim.quantity
    place = f"{claim.problem.name}, {quantity}, {claim.problem.words.at_size} {sizes}"
    if claim.threads > 1:
        place += f", {claim.threads} threads"
    return [place, judged.variant or claim.variant[0], judged.than or claim.than[0]]


def here(judged: JudgedClaim) -> str:
    """Return the measured ratio with its interval, and the difference in seconds for a claim of seconds.

    A ratio of errors is infinite where one result is not finite.
    """
    if math.isnan(judged.ratio):
        return ""
    if math.isinf(judged.ratio):
        return "∞×"
    ratio = formatting.ratio_with_interval(judged.ratio, judged.low, judged.high)
    claim, total = judged.claim, judged.claim.epochs * judged.epoch_seconds
    if not claim.within_seconds or math.isnan(total) or math.isnan(judged.low):
        return ratio
    seconds, least, most = (total / speed - total for speed in (judged.ratio, judged.high, judged.low))
    return f"{ratio}: {seconds:+.2f} s [{least:+.2f}, {most:+.2f}] over {formatting.plural(claim.epochs, 'epoch')}"
