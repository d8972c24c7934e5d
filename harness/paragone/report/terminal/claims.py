"""The claims of the sources in a terminal, one after the other: the sentence, what is compared, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from paragone.report.terminal.styles import GREY
from paragone.report.text.claims import here, of, tally

if TYPE_CHECKING:
    from paragone.claims.judge_claims import JudgedClaim

STYLES = {"reproduced": "green", "not reproduced": "red", "cannot be told": "yellow"}
INDENT = (0, 0, 0, 4)


def print_claims(judged_claims: Sequence[JudgedClaim], console: Console) -> None:
    """Print a paragraph for each claim, and how many were reproduced."""
    for judged in judged_claims:
        console.print(Text(f"{judged.claim.source}: {judged.claim.says}"))
        for line in _below(judged):
            console.print(Padding(line, INDENT))
        console.print()
    console.print(Text(tally(judged_claims)))


def _below(judged: JudgedClaim) -> list[Text]:
    """What is compared, how, and the claimed and the measured ratio with the verdict."""
    place, *variants = of(judged)
    lines = [Text(": ".join(filter(None, [judged.claim.id, place])), style=GREY)]
    if variants:
        lines.append(Text(" against ".join(variants), style=GREY))
    found = Text()
    if judged.claim.expected:
        found.append(f"claimed {judged.claim.expected} · ")
    if measured := here(judged):
        found.append(f"here {measured} · ")
    found.append(judged.verdict, style=STYLES.get(judged.verdict, ""))
    found.append(f": {judged.why}" if judged.why else "", style=GREY)
    return [*lines, found]
