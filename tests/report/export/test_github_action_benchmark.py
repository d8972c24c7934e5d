"""What `customSmallerIsBetter` of github-action-benchmark reads: an array of entries of five fields."""

import json

from made_up_run import BASE, CONTROL, OTHER, made_up_run, with_plan

from paragone.analyse.results import Results
from paragone.report.export.github_action_benchmark import github_action_benchmark_json

TIMES = {
    (BASE, 10): [[2e-5] * 3, [2.2e-5] * 3, [1.8e-5] * 3],
    (CONTROL, 10): [[2e-5] * 3] * 3,
    (OTHER, 10): [[1e-5] * 3] * 3,
}
# Its README: name, unit and value are needed, range and extra are not; its interface BenchmarkResult has their types.
NEEDED, ALLOWED = {"name": str, "unit": str, "value": float}, {"range": str, "extra": str}


def entries_of(run):
    written = json.dumps(github_action_benchmark_json(Results(run)), allow_nan=False)
    return json.loads(written)


def test_every_entry_has_the_fields_that_the_action_reads_and_no_other():
    entries = entries_of(made_up_run(None, TIMES))

    assert len(entries) == 2
    for entry in entries:
        assert NEEDED.keys() <= entry.keys() <= {*NEEDED, *ALLOWED}
        assert all(isinstance(value, (NEEDED | ALLOWED)[name]) for name, value in entry.items())


def test_the_value_is_the_time_of_one_step_in_the_unit_that_is_named():
    base, other = entries_of(made_up_run(None, TIMES))

    assert ("numpy_rows-float32-C-nielsen-B10", "ns per training step", 20_000) == (
        base["name"],
        base["unit"],
        base["value"],
    )
    assert ("numpy_tuned-float32-nielsen-B10", 10_000) == (other["name"], other["value"])


def test_the_range_is_the_interval_in_the_unit_of_the_value_and_absent_where_there_is_none():
    base, _ = entries_of(made_up_run(None, TIMES))
    low, high = map(float, base["range"].removeprefix("95 % interval ").split(" to "))
    assert low < base["value"] < high

    (quick, _) = entries_of(made_up_run(None, {key: launches[:1] for key, launches in TIMES.items()}))
    assert "range" not in quick


def test_the_ratio_within_the_run_its_verdict_and_the_machine_stand_beside_the_value():
    base, other = entries_of(made_up_run(None, TIMES))

    assert "500 k images/s\nthe baseline\n3 launches, run made-up\nTest CPU" == base["extra"]
    assert "1.99× [" in other["extra"]
    assert "] the speed of the baseline (faster)\n" in other["extra"]


def test_text_of_a_run_adds_no_line():
    run = with_plan(made_up_run(None, TIMES), run="a\nb\x1b[2J")

    assert all(4 == entry["extra"].count("\n") + 1 and "\x1b" not in entry["extra"] for entry in entries_of(run))
