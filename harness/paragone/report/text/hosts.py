"""The hosts of a run that was spread over a pool: what each did, and how much they differ."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from paragone.analyse.hosts import UNIT
from paragone.report.text import formatting, markdown

if TYPE_CHECKING:
    from paragone.analyse.results import Results

SLOW = 0.8  # of the speed of the typical host


def section(results: Results) -> str:
    """Return a sentence and a row for each host; "" where the run was made on one machine."""
    hosts = results.run.hosts
    if hosts.empty:
        return ""
    done = {*results.samples[UNIT].drop_duplicates().itertuples(index=False, name=None)}
    lines = []
    for host in sorted({*hosts["host"]}):
        rows = hosts[hosts["host"] == host]
        began = rows[rows["reason"].isna()]
        gave = sum(place in done for place in began[UNIT].itertuples(index=False, name=None))
        busy = began["busy_cpus"].astype(float).max()
        reasons = "; ".join(dict.fromkeys(rows["reason"].dropna()))
        lines.append(
            [
                markdown.code(host),
                str(len(began)),
                str(gave),
                "" if math.isnan(busy) else f"{busy:.1f}",
                formatting.ratio(results.speeds_of_hosts[host]) if host in results.speeds_of_hosts else "",
                markdown.escaped(reasons),
            ]
        )
    headings = ["host", "launches begun", "with samples", "CPUs that others kept busy, at most", "speed", "not begun"]
    return f"{_sentence(results)}\n\n{markdown.table(headings, lines)}"


def _slow_ones(results: Results) -> str:
    slow = [name for name, speed in results.speeds_of_hosts.items() if speed < SLOW]
    names = ", ".join(markdown.code(name) for name in slow)
    return f" Slower than {formatting.percent(SLOW)} of the typical host: {names}. Look at what disturbs there." * bool(
        slow
    )


def _sentence(results: Results) -> str:
    whole = "Each launch is whole on one host, with its baseline and its A/A."
    n_hosts = results.run.hosts.loc[results.run.hosts["reason"].isna(), "host"].nunique()
    if n_hosts < 2:
        return f"{whole} All are of one host: what hosts differ by is not known."
    share = results.share_between_hosts
    known = "not known" if math.isnan(share) else formatting.percent(share)
    return (
        f"{whole} Intervals are Student's t over the means of {n_hosts} hosts. The share of the variance of ratios "
        f"that lies between hosts: {known}.{_slow_ones(results)}"
    )
