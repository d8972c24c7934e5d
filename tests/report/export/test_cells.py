"""What every other tool gets of a run: the cells that passed, under names that stay."""

import math

import pytest
from made_up_run import BASE, CONTROL, OTHER, made_up_run, outcome

from paragone.analyse.results import Results
from paragone.report.export.cells import cell_id, id_of, passed_cells, step_ns
from paragone.report.text.rows import each_row

TIMES = {
    (BASE, 10): [[2e-5] * 3, [2.2e-5] * 3, [1.8e-5] * 3],
    (CONTROL, 10): [[2e-5] * 3] * 3,
    (OTHER, 10): [[1e-5] * 3] * 3,
}


def rows_of(run):
    return list(each_row(passed_cells(Results(run))))


def test_a_cell_has_the_id_of_its_test_in_benchmarks():
    assert "numpy_rows-float32-C-nielsen-B100" == cell_id("numpy_rows[dtype=float32,order=C]", "nielsen", 100, 1)
    assert "python_lists-float64-mlp4-B1-T2" == cell_id("python_lists[dtype=float64]", "mlp4", 1, 2)


def test_neither_the_control_nor_what_failed_or_was_not_checked_is_a_cell_that_passed():
    run = made_up_run(None, TIMES, outcomes=[outcome(BASE), outcome(CONTROL), outcome(OTHER, "not checked")])

    assert ["numpy_rows-float32-C-nielsen-B10"] == [id_of(row, run) for row in rows_of(run)]


def test_the_time_of_a_step_stands_in_nanoseconds_between_the_ends_of_its_interval():
    (row, _) = rows_of(made_up_run(None, TIMES))
    value, low, high = step_ns(row)

    assert pytest.approx(20_000) == value
    assert low < value < high
    assert pytest.approx(10 / row.work_per_second_high * 1e9, rel=1e-5) == low


def test_without_an_interval_its_ends_are_nan():
    (row, _) = rows_of(made_up_run(None, {key: launches[:1] for key, launches in TIMES.items()}))

    assert all(math.isnan(end) for end in step_ns(row)[1:])
