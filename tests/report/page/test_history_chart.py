"""The chart of a cell: where its points lie, and that two charts can be read side by side."""

import re

import numpy as np
import pandas as pd

from paragone.comparison.change_points import Change
from paragone.comparison.history import NUMBERS, Track
from paragone.report.page.history_chart import HEIGHT, LEFT, RIGHT, WIDTH, chart


def track(logs, places=None, changes=(), reach=0.001, margin=0.01):
    ratios = np.exp(np.asarray(logs, dtype=float))
    numbers = pd.DataFrame(dict.fromkeys(NUMBERS, ratios)).assign(
        ratio_low=ratios * np.exp(-reach), ratio_high=ratios * np.exp(reach), margin=margin
    )
    return Track("p", "v", 1, 1, "v", "NumPy", "float64", places or range(len(ratios)), numbers, changes)


def points(drawn):
    return [(float(x), float(y)) for x, y in re.findall(r"M([\d.]+) ([\d.]+)h0", drawn["points"])]


def test_a_higher_ratio_lies_higher_and_a_later_run_further_right():
    first, second = points(chart(track([0.0, 0.3]), 2))

    assert first[0] < second[0]
    assert first[1] > second[1]


def test_a_run_has_the_same_place_in_every_chart_whichever_runs_a_cell_has():
    every = points(chart(track([0.0] * 10), 10))

    assert [every[3], every[9]] == [(x, every[0][1]) for x, _ in points(chart(track([0.0, 0.0], [3, 9]), 10))]


def test_all_that_is_drawn_lies_within_the_drawing():
    drawn = chart(track([0.0, 0.02, -0.03, 0.5], reach=0.2, margin=5.0), 4)
    ys = [
        float(y)
        for path in ("points", "intervals", "band")
        for y in re.findall(r"(?:M[\d.]+ |V)([-\d.]+)", drawn[path])
    ]

    assert all(LEFT <= x <= WIDTH - RIGHT for x, _ in points(drawn))
    assert 0 <= min(ys)
    assert max(ys) <= HEIGHT


def test_runs_that_agree_look_like_it():
    """The axis has six per cent at least, so that a tenth of a per cent is no cliff."""
    ys = [y for _, y in points(chart(track([0.0, 0.001]), 2))]

    assert abs(ys[0] - ys[1]) < 5


def test_a_mark_points_up_where_the_cell_got_faster_and_is_grey_within_noise():
    at = {"begin": 0, "at": 2, "end": 4, "p": 0.0, "stays": True}
    faster = Change(step=0.3, low=0.2, high=0.4, margin=0.1, **at)
    slower = Change(step=-0.3, low=-0.4, high=-0.2, margin=0.1, **at)
    small = Change(step=0.3, low=0.2, high=0.4, margin=0.5, **at)
    kinds = [
        chart(track([0, 0, 0.3, 0.3], changes=[change]), 4)["marks"][0]["kind"] for change in (faster, slower, small)
    ]

    assert ["faster", "slower", "within"] == kinds


def test_a_level_is_drawn_between_two_changes():
    change = Change(0, 2, 4, 0.3, 0.2, 0.4, 0.0, 0.1, True)

    assert 2 == chart(track([0, 0, 0.3, 0.3], changes=[change]), 4)["levels"].count("M")
    assert 1 == chart(track([0, 0, 0.3, 0.3]), 4)["levels"].count("M")
