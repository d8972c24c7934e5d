"""The parts of a step from phases and speeds, with numbers that can be checked by head."""

import pytest

from paragone.analyse.breakdown import Breakdown, Spread
from paragone.analyse.step_parts import (
    ARITHMETIC,
    EXP,
    GATHER,
    LOSS,
    PARTS,
    REST_OF_BACKWARD,
    REST_OF_FORWARD,
    Speeds,
    speeds_of,
    step_parts,
)
from paragone.store.records import Limit
from paragone.task.mlp.problem_files import find_problem

NIELSEN = find_problem("nielsen")  # 784-30-10, sigmoid everywhere
FORWARD, BACKWARD, UPDATE = 10 * 2 * 23_820, 10 * (2 * 23_820 + 2 * 300), 2 * 23_860
EXPONENTIALS = 10 * (30 + 10)
# In ten microseconds: the products of forward; one microsecond: all exponentials; two: the mini-batch gathered.
SPEEDS = Speeds(product=FORWARD / 10e-6, read=1e15, exp=EXPONENTIALS / 1e-6, gather=10 * 784 * 4 / 2e-6)
BEHIND = 10 * (BACKWARD + UPDATE) / FORWARD  # microseconds


def parts_of(speeds=SPEEDS, plain=100.0, **phases):
    found = {"gather": 4.0, "forward": 30.0, "loss": 2.0, "backward": 40.0, "update": 20.0, "other": 4.0} | phases
    spreads = {name: Spread(value, value, value) for name, value in found.items() if value is not None}
    cell = Breakdown(
        *("nielsen", "a[dtype=float32]", 10, 1, 3, spreads, {}),
        *(Spread(100.0, 100.0, 100.0), Spread(plain, plain, plain), 0.0, True),
    )
    return step_parts(cell, NIELSEN, "float32", speeds)


def test_a_step_is_divided_by_counts_and_speeds_and_its_parts_add_up_to_its_phases():
    step = parts_of()

    assert step.parts == pytest.approx(
        {ARITHMETIC: 10 + BEHIND, EXP: 1, GATHER: 4, REST_OF_FORWARD: 19, LOSS: 2, REST_OF_BACKWARD: 60 - BEHIND}
        | {"other": 4}
    )
    assert tuple(step.parts) == PARTS
    assert step.whole == pytest.approx(100)
    assert step.share(REST_OF_FORWARD) == pytest.approx(0.19)
    assert (step.of_forward, step.of_behind) == pytest.approx((10, BEHIND))


def test_backward_and_update_are_taken_together_because_some_make_the_gradient_in_the_update():
    apart, within = parts_of(), parts_of(backward=1.0, update=59.0)

    assert within.parts == pytest.approx(apart.parts)


def test_code_that_is_faster_than_the_machines_product_and_exp_has_no_rest():
    step = parts_of(forward=6.0, backward=5.0, update=1.0)

    assert step.parts[ARITHMETIC] == pytest.approx(12)
    assert (step.parts[EXP], step.parts[REST_OF_FORWARD], step.parts[REST_OF_BACKWARD]) == (0, 0, 0)
    assert parts_of(forward=10.5).parts[EXP] == pytest.approx(0.5)


def test_phases_that_a_problem_does_not_have_are_0_and_a_negative_other_counts_as_0():
    step = parts_of(loss=None, gather=None, other=-3.0)

    assert (step.parts[LOSS], step.parts[GATHER], step.parts["other"]) == (0, 0, 0)


def test_the_largest_loss_is_the_largest_part_that_is_no_arithmetic():
    assert parts_of().largest_loss == REST_OF_BACKWARD
    assert parts_of(gather=90.0).largest_loss == GATHER
    assert parts_of(forward=11.0, backward=BEHIND, update=0.0, loss=1.0, gather=0.0, other=9.0).largest_loss == "other"


def test_the_share_of_the_limit_is_that_of_the_step_without_clocks():
    assert parts_of(plain=50.0).share_of_limit == pytest.approx((10 + BEHIND) / 50)
    slow_memory = Speeds(SPEEDS.product, 10 * 784 * 4 / 25e-6, SPEEDS.exp, SPEEDS.gather)
    assert parts_of(slow_memory, plain=50.0).share_of_limit == pytest.approx(0.5)


def test_the_usual_gather_is_the_mini_batch_at_the_speed_of_rows_at_random():
    assert parts_of().usual_gather == pytest.approx(2)


def limit(what, per_second, launch=0, dtype="float32"):
    return Limit(problem="nielsen", dtype=dtype, threads=1, launch=launch, what=what, per_second=per_second)


def test_speeds_are_medians_over_launches_and_gather_is_in_bytes():
    rates = {"gemm": (1.0, 2.0, 9.0), "read": (3.0,) * 3, "exp": (4.0,) * 3, "gather": (5.0,) * 3, "cache": (6.0,) * 3}
    rows = [
        limit(what, rate, launch, dtype)
        for dtype in ("float32", "float64")
        for what, of_launches in rates.items()
        for launch, rate in enumerate(of_launches)
    ]

    assert speeds_of(rows) == {
        ("nielsen", "float32", 1): Speeds(2.0, 3.0, 4.0, 20.0),
        ("nielsen", "float64", 1): Speeds(2.0, 3.0, 4.0, 40.0),
    }


def test_where_one_speed_is_missing_none_is_given():
    assert speeds_of([limit(what, 1.0) for what in ("gemm", "read", "exp")]) == {}
