"""What docs/history.md says of false alarms and of power, on fewer series."""

import pytest
from history_alarms import N_RUNS, alarms, detections, simulated, small_alarms

from paragone.selftest.coverage import NOISE_MODELS

MODELS = {model.name: model for model in NOISE_MODELS}


@pytest.fixture(scope="module", params=["quiet", "heavy tails"])
def found(request):
    """Thirty series of one kind of machine, without a change."""
    return request.param, simulated(MODELS[request.param], 30, N_RUNS, seed=3)


def test_no_series_without_a_change_has_a_verdict_and_at_most_one_has_a_small_step(found):
    assert 0 == alarms(found[1])
    assert small_alarms(found[1]) <= 1


def test_a_step_of_ten_per_cent_is_found_and_on_a_quiet_machine_one_of_five(found):
    name, series = found

    assert detections(series, N_RUNS // 2, 0.1) >= 28
    assert name != "quiet" or detections(series, N_RUNS // 2, 0.05) == 30
