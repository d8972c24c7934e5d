"""What Bencher reads: its schema bmf.json asks for objects of objects of numbers, of which `value` is needed."""

import json

import pytest
from made_up_run import BASE, CONTROL, OTHER, made_up_run

from paragone.analyse.results import Results
from paragone.report.export.bencher import bencher_json

TIMES = {
    (BASE, 10): [[2e-5] * 3, [2.2e-5] * 3, [1.8e-5] * 3],
    (CONTROL, 10): [[2e-5] * 3] * 3,
    (OTHER, 10): [[1e-5] * 3, [1.1e-5] * 3, [1e-5] * 3],
}
B, O = "numpy_rows-float32-C-nielsen-B10", "numpy_tuned-float32-nielsen-B10"
LONGEST = {"benchmark": 1024, "measure": 64}  # of a name, by Bencher's reference


def metrics_of(run):
    return json.loads(json.dumps(bencher_json(Results(run)), allow_nan=False))


def one_launch():
    return made_up_run(None, {key: launches[:1] for key, launches in TIMES.items()})


@pytest.mark.parametrize("run", [made_up_run(None, TIMES), one_launch()], ids=["intervals", "one launch"])
def test_every_metric_has_a_value_and_no_field_but_the_ends_of_its_interval(run):
    found = metrics_of(run)

    assert {B, O} == found.keys()
    for name, measures in found.items():
        assert len(name) <= LONGEST["benchmark"]
        for measure, metric in measures.items():
            assert len(measure) <= LONGEST["measure"]
            assert {"value"} <= metric.keys() <= {"value", "lower_value", "upper_value"}
            assert all(isinstance(number, int | float) for number in metric.values())
            assert metric.get("lower_value", -1) <= metric["value"] <= metric.get("upper_value", 1e300)


def test_the_latency_is_that_of_a_step_in_nanoseconds_and_the_throughput_is_work_per_second():
    found = metrics_of(made_up_run(None, TIMES))[B]

    assert 20_000 == found["latency"]["value"]
    assert 500_000 == found["throughput"]["value"]


def test_the_ratio_to_the_baseline_is_a_measure_of_all_but_the_baseline():
    found = metrics_of(made_up_run(None, TIMES))

    assert {"latency", "throughput"} == found[B].keys()
    assert pytest.approx(1.94, rel=0.02) == found[O]["ratio-to-baseline"]["value"]


def test_one_launch_has_no_ends():
    assert {"value"} == {name for metric in metrics_of(one_launch())[O].values() for name in metric}
