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


def beside_the_fastest(run):
    return Results(run).fastest.set_index("variant")


def test_slower_variants_are_slower_than_the_fastest():
    found = beside_the_fastest(run_of({OTHER: 2, THIRD: 1.5}))

    assert {OTHER: "fastest", THIRD: "slower", BASE: "slower"} == found["verdict"].to_dict()
    assert {OTHER} == {*found["fastest"]}
    assert [1, 0.75, 0.5] == pytest.approx([found.loc[name, "ratio"] for name in (OTHER, THIRD, BASE)], rel=0.01)


def test_a_variant_within_the_margin_of_the_fastest_is_not_slower():
    found = beside_the_fastest(run_of({OTHER: 2, THIRD: 1.996}))

    assert "fastest" == found.loc[OTHER, "verdict"]
    assert found.loc[THIRD, "verdict"].startswith("same within")


def test_the_control_and_failed_variants_are_never_the_fastest():
    run = run_of({OTHER: 2}, outcomes=[outcome(BASE), outcome(CONTROL), outcome(OTHER, "failed", reason="W1")])

    assert {BASE: "fastest"} == beside_the_fastest(run)["verdict"].to_dict()


def test_each_dtype_has_its_own_fastest_variant():
    wide = {BASE.replace("float32", "float64"): 0.5, OTHER.replace("float32", "float64"): 0.8}
    found = beside_the_fastest(run_of({OTHER: 2, **wide}))

    assert ["fastest", "fastest"] == [found.loc[name, "verdict"] for name in (OTHER, OTHER.replace("32", "64"))]
    assert "slower" == found.loc[BASE.replace("float32", "float64"), "verdict"]


def test_without_a_baseline_the_shortest_time_decides():
    run = run_of({OTHER: 2, THIRD: 1.5})
    change_plan(run, baseline="fortran_matmul")
    found = beside_the_fastest(run)

    assert "fastest" == found.loc[OTHER, "verdict"]
