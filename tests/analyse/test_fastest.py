"""Who leads at each batch size: the fastest, and all that cannot be told apart from it."""

import pytest
from made_up_run import BASE, CONTROL, OTHER, change_plan, made_up_run, outcome

from paragone.analyse.results import Results

THIRD = "numba_blas[dtype=float32]"
LUCK = (1.0, 1.002, 0.998, 1.003, 0.997)


def run_of(ratios, **others):
    """Return a run of one batch size in which each variant has this speed relative to the baseline."""
    times = {(name, 10): [[1e-5 / ratio * luck] * 3 for luck in LUCK] for name, ratio in ratios.items()}
    # The luck of the launches of the others differs, or nothing would be noise.
    times |= {(BASE, 10): [[1e-5 * luck] * 3 for luck in LUCK[::-1]], (CONTROL, 10): [[1e-5] * 3] * 5}
    return made_up_run(None, times, **others)


def led(run):
    return Results(run).fastest.set_index("variant")


def test_the_fastest_leads_and_whoever_is_surely_slower_is_told_apart():
    found = led(run_of({OTHER: 2, THIRD: 1.5}))

    assert {OTHER: "fastest", THIRD: "slower", BASE: "slower"} == found["verdict"].to_dict()
    assert {OTHER} == {*found["fastest"]}
    assert [1, 0.75, 0.5] == pytest.approx([found.loc[name, "ratio"] for name in (OTHER, THIRD, BASE)], rel=0.01)


def test_who_is_within_the_noise_of_the_leader_is_not_told_apart():
    found = led(run_of({OTHER: 2, THIRD: 1.996}))

    assert "fastest" == found.loc[OTHER, "verdict"]
    assert found.loc[THIRD, "verdict"].startswith("same within")


def test_the_control_leads_nothing_and_who_failed_is_not_there():
    run = run_of({OTHER: 2}, outcomes=[outcome(BASE), outcome(CONTROL), outcome(OTHER, "failed", reason="W1")])

    assert {BASE: "fastest"} == led(run)["verdict"].to_dict()


def test_each_dtype_has_a_leader_of_its_own():
    wide = {BASE.replace("float32", "float64"): 0.5, OTHER.replace("float32", "float64"): 0.8}
    found = led(run_of({OTHER: 2, **wide}))

    assert ["fastest", "fastest"] == [found.loc[name, "verdict"] for name in (OTHER, OTHER.replace("32", "64"))]
    assert "slower" == found.loc[BASE.replace("float32", "float64"), "verdict"]


def test_without_a_baseline_the_fastest_by_its_own_time_leads():
    run = run_of({OTHER: 2, THIRD: 1.5})
    change_plan(run, baseline="fortran_matmul")
    found = led(run)

    assert "fastest" == found.loc[OTHER, "verdict"]
