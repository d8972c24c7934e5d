"""The limit of a cell and the share of it: numbers small enough to check by head."""

import math
from dataclasses import replace

import pytest
from made_up_run import BASE, OTHER, made_up_run, row_of

from paragone.analyse.attained import limits_of_grid, machine_limits, step_seconds_at_least
from paragone.analyse.results import Results
from paragone.task.mlp.problem_files import find_problem

NIELSEN = find_problem("nielsen")
FLOPS_AT_10 = 10 * 95_880 + 2 * 23_860  # products of ten images, one update of the 23,860 parameters


def limit_rows(gemm=(1e9, 3e9, 2e9), read=1e12, size=10):
    where = {"problem": "nielsen", "dtype": "float32", "threads": 1}
    for launch, flops in enumerate(gemm):
        yield {**where, "launch": launch, "what": "gemm", "per_second": flops}
        yield {**where, "launch": launch, "what": "read", "per_second": read}
        yield {**where, "launch": launch, "what": "products", "size": size, "per_second": 1e4}


def test_limits_are_medians_over_launches(tmp_path):
    run = made_up_run(tmp_path, {(BASE, 10): [[1e-4]]}, limits=list(limit_rows()))
    (row,) = machine_limits(run).to_dict("records")

    assert (row["gemm"], row["read"], row["n_launches"]) == (2e9, 1e12, 3)


def test_the_limit_is_the_arithmetic_of_a_step_at_the_speed_of_the_product(tmp_path):
    run = made_up_run(tmp_path, {(BASE, 10): [[1e-4]]}, limits=list(limit_rows()))
    (row,) = limits_of_grid(run).to_dict("records")

    assert row["limit_work_per_second"] == pytest.approx(10 * 2e9 / FLOPS_AT_10)
    assert row["products_work_per_second"] == 1e4


def test_where_memory_is_slower_it_sets_the_limit():
    assert step_seconds_at_least(NIELSEN, "float64", 100, 1e15, 1e6) == 100 * 784 * 8 / 1e6


def test_the_share_is_the_rate_over_the_limit(tmp_path):
    step_seconds = 2 * FLOPS_AT_10 / 2e9  # twice as long as it need take
    run = made_up_run(tmp_path, {(BASE, 10): [[step_seconds]] * 2}, limits=list(limit_rows()))

    assert row_of(Results(run).summary, BASE)["share_of_limit"] == pytest.approx(0.5)


def test_a_run_without_limits_has_no_shares(tmp_path):
    summary = Results(made_up_run(tmp_path, {(BASE, 10): [[1e-4]], (OTHER, 10): [[1e-4]]})).summary

    assert all(math.isnan(share) for share in summary["share_of_limit"])


@pytest.mark.parametrize(
    ("layers", "products"),
    [((784, 30, 10), 95_880), ((784, 70, 30, 10), 233_920), ((784, 64, 32, 10), 214_912)],
)
def test_the_operations_of_an_image_are_those_of_its_products(layers, products):
    problem = replace(NIELSEN, layers=layers)

    assert problem.flops_per_step(7) - problem.flops_per_step(6) == products


def test_each_term_of_the_update_is_an_operation_of_each_kind_per_parameter():
    problem = replace(NIELSEN, layers=(3, 2))  # 6 weights, 2 biases
    plain = problem.flops_per_step(1)

    assert plain == 4 * 6 + 2 * (6 + 2)
    assert replace(problem, l2=0.1).flops_per_step(1) - plain == 2 * 6
    assert replace(problem, l1=0.1, l2=0.1).flops_per_step(1) - plain == 2 * 2 * 6
    assert replace(problem, momentum=0.1).flops_per_step(1) - plain == 2 * (6 + 2)
