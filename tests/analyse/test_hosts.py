"""Which host made what; how much of the scatter lies between hosts; and intervals that know of it."""

import math

import numpy as np
import pandas as pd
import pytest

from paragone.analyse.hosts import share_between_hosts, speeds_of_hosts
from paragone.analyse.intervals import intervals
from paragone.analyse.statuses import CELL


def launches(of_hosts, spread=0.0, n_cells=1, seed=3):
    """Return a row per launch: `of_hosts` maps host → (its effect, its number of launches)."""
    random = np.random.Generator(np.random.PCG64(seed))
    rows = [
        ("p", "v", size, 1, host, effect + spread * random.standard_normal())
        for size in range(n_cells)
        for host, (effect, n) in of_hosts.items()
        for _ in range(n)
    ]
    frame = pd.DataFrame(rows, columns=[*CELL, "host", "log"])
    return frame.assign(enters=True, step_seconds=np.exp(frame["log"]))


def test_the_interval_is_over_hosts_however_many_launches_each_has():
    few, many = (launches({"a": (0.0, n), "b": (0.1, n), "c": (0.2, n)}) for n in (1, 50))

    for frame in (few, many):
        (row,) = intervals(frame).itertuples()
        assert row.mean == pytest.approx(0.1)
        assert row.high - row.mean == pytest.approx(4.3026527 * 0.1 / math.sqrt(3))
    assert intervals(many)["n_launches"].tolist() == [150]


def test_a_host_that_makes_fewer_launches_counts_for_no_less():
    (row,) = intervals(launches({"fast": (0.0, 9), "slow": (0.3, 1)})).itertuples()

    assert row.mean == pytest.approx(0.15)


def test_a_cell_that_one_host_alone_has_has_no_interval():
    frame = pd.concat([launches({"a": (0.0, 5)}).assign(size=7), launches({"a": (0.0, 5), "b": (0.0, 5)})])

    assert intervals(frame).set_index("size")["low"].isna().to_dict() == {0: False, 7: True}


@pytest.mark.parametrize(("between", "share"), [(0.0, 0.0), (0.01, 0.5), (0.03, 0.9)])
def test_the_share_between_hosts_is_that_of_their_variance(between, share):
    random = np.random.Generator(np.random.PCG64(1))
    cells = [
        launches({str(i): (effect, 4) for i, effect in enumerate(between * random.standard_normal(5))}, 0.01, seed=n)
        for n in range(300)
    ]
    frame = pd.concat([cell.assign(size=n) for n, cell in enumerate(cells)])

    assert share_between_hosts(frame, CELL) == pytest.approx(share, abs=0.05)


def test_one_launch_of_each_host_tells_nothing_of_the_share():
    assert math.isnan(share_between_hosts(launches({"a": (0.0, 1), "b": (0.1, 1)}), CELL))


def test_a_host_that_is_half_as_fast_is_seen():
    frame = launches({"a": (0.0, 2), "b": (0.0, 2), "slow": (math.log(2), 2)}, n_cells=3)

    assert speeds_of_hosts(frame, CELL) == pytest.approx({"a": 1.0, "b": 1.0, "slow": 0.5})
