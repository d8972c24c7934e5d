"""The hosts of a run that was spread over several: which launch was made where, and how much they differ."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from paragone.store.reader import Run

UNIT = ["wave", "launch", "attempt"]


def hosts_of(run: Run) -> pd.DataFrame:
    """`wave`, `launch`, `attempt` and `host` of every attempt that began; empty where all is of one host."""
    began = run.hosts[run.hosts["reason"].isna()]
    return began[[*UNIT, "host"]] if began["host"].nunique() > 1 else began[:0]


def with_hosts(samples: pd.DataFrame, run: Run) -> pd.DataFrame:
    """The samples with the `host` of each; unchanged where all is of one."""
    hosts = hosts_of(run)
    if hosts.empty:
        return samples
    named = samples[UNIT].merge(hosts, on=UNIT, how="left")["host"]
    return samples.assign(host=named.fillna("").to_numpy())


def speeds_of_hosts(launches: pd.DataFrame, keys: list[str]) -> dict[str, float]:
    """Host → its speed over that of the typical host, 0.5 for half as fast; of all cells that every host has.

    `launches` are those of `Results`. The typical host is the median one.
    """
    logs = np.log(launches["step_seconds"]).groupby([launches[key] for key in [*keys, "host"]]).mean()
    of_hosts = logs.unstack("host").dropna()
    slower = of_hosts.sub(of_hosts.median(axis=1), axis=0).mean()
    return {str(host): math.exp(-log) for host, log in slower.items() if not math.isnan(log)}


def share_between_hosts(launches: pd.DataFrame, keys: list[str]) -> float:
    """The share of the variance of `log` that lies between hosts, over all cells; 0 to 1, NaN where nothing tells.

    One-way analysis of variance in every cell: with m launches of a host, the mean square between hosts estimates
    m σ_h² + σ², that within hosts σ². Both are added up over the cells before they are compared.
    """
    between = within = 0.0
    for _, cell in launches.groupby(keys):
        sizes = cell.groupby("host")["log"].size()
        n_hosts, n = len(sizes), int(sizes.sum())
        if n_hosts < 2 or n == n_hosts:
            continue
        means = cell.groupby("host")["log"].transform("mean")
        inside = float(((cell["log"] - means) ** 2).sum()) / (n - n_hosts)
        outside = float(((means - cell["log"].mean()) ** 2).sum()) / (n_hosts - 1)
        typical = (n - float((sizes**2).sum()) / n) / (n_hosts - 1)
        between, within = between + (outside - inside) / typical, within + inside
    total = max(0.0, between) + within
    return max(0.0, between) / total if total > 0 else math.nan
