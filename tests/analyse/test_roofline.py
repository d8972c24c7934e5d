"""Cells on the roofline: a network so small that operations and bytes can be counted by head."""

from dataclasses import replace

import pytest
from made_up_run import BASE, CONTROL, OTHER, launch_row, made_up_run, outcome, row_of, with_plan
from msgspec import to_builtins

from paragone.analyse.attained import machine_limits
from paragone.analyse.results import Results
from paragone.analyse.roofline import beyond_limit, roofline
from paragone.task.mlp.problem_files import find_problem

NIELSEN = find_problem("nielsen")
WEIGHTS, BIASES = 784 * 30 + 30 * 10, 40
FLOPS = 10 * 95_880 + 2 * (WEIGHTS + BIASES)
TOUCHED = 4 * (10 * 784 + 2 * (WEIGHTS + BIASES))
ROOFS = {"gemm": 1e10, "read": 1e9, "cache": 4e9}


def limit_rows(**roofs):
    for launch in range(2):
        for what, per_second in {**ROOFS, **roofs}.items():
            yield {"problem": "nielsen", "dtype": "float32", "threads": 1, "launch": launch, "what": what,
                   "per_second": per_second}  # fmt: skip


def run_of(share=0.5, skips=(), nonzero=0.2, limits=None, **tables):
    """A run whose cells attain this share of the matrix product's speed; `skips` are those that leave out zeros."""
    seconds = FLOPS / ROOFS["gemm"] / share
    times = {(name, 10): [[seconds * luck] * 3 for luck in (1, 1.01, 0.99)] for name in (BASE, CONTROL, OTHER)}
    run = made_up_run(None, times, limits=list(limit_rows() if limits is None else limits), **tables)
    variants = [{**to_builtins(each), "skips_zeros": each.variant in skips} for each in run.plan.variants]
    return with_plan(run, variants=variants, data={**to_builtins(run.plan.data), "nonzero_share": nonzero})


def placed(run):
    return roofline(run, Results(run).summary)


def test_a_cell_lies_at_its_operations_per_byte_and_per_second():
    row = row_of(placed(run_of(share=0.5)), OTHER)

    assert row.flop_per_byte == pytest.approx(FLOPS / TOUCHED)
    assert row.flop_per_second == pytest.approx(0.5 * ROOFS["gemm"])
    assert {what: row[what] for what in ROOFS} == ROOFS


def test_the_control_what_failed_and_what_has_no_limit_have_no_place():
    assert set(placed(run_of())["variant"]) == {BASE, OTHER}
    failed = run_of(outcomes=[outcome(BASE), outcome(CONTROL), outcome(OTHER, "failed", reason="wrong")])
    assert set(placed(failed)["variant"]) == {BASE}
    device = [launch_row(OTHER, launch, build_info={"device": "a GPU"}) for launch in range(3)]
    assert set(placed(run_of(launches=device))["variant"]) == {BASE}
    assert placed(run_of(limits=[])).empty


def test_a_problem_that_counts_no_operations_has_no_cells(monkeypatch):
    monkeypatch.setattr(type(NIELSEN), "flops_per_step", lambda *_: 0.0)

    assert placed(run_of()).empty


def test_an_old_run_without_the_speed_of_a_cache_is_read():
    old = run_of(limits=[row for row in limit_rows() if row["what"] != "cache"])

    assert machine_limits(old)["cache"].isna().all()
    assert machine_limits(old)["n_launches"].tolist() == [2]
    assert row_of(placed(old), OTHER).flop_per_second == pytest.approx(0.5 * ROOFS["gemm"])


def test_what_an_implementation_declares_about_zeros_is_beside_its_cells():
    cells = placed(run_of(skips=(OTHER,))).set_index("variant")["skips_zeros"]

    assert cells.to_dict() == {BASE: False, OTHER: True}


def test_a_cell_is_beyond_the_limit_where_the_lower_end_of_its_interval_is():
    def found(share):
        run = run_of(share=share)
        return set(beyond_limit(run, Results(run).summary)["variant"])

    assert found(1.5) == {BASE, OTHER}
    assert found(1.005) == set()
    assert found(0.9) == set()


def test_a_step_without_zeros_has_fewer_operations_by_products_and_update_of_the_first_layer():
    run = run_of(share=1.5, nonzero=0.2)
    first, second = 784 * 30, 30 * 10
    needed = 10 * (4 * 0.2 * first + 6 * second) + 2 * (0.2 * first + second + BIASES)

    assert beyond_limit(run, Results(run).summary)["fewer"].tolist() == pytest.approx([FLOPS / needed] * 2)


def test_momentum_touches_the_previous_updates_too():
    parameters = WEIGHTS + BIASES
    with_momentum = replace(NIELSEN, momentum=0.9)

    assert NIELSEN.touched_bytes(10, "float64") == 2 * TOUCHED
    assert with_momentum.touched_bytes(10, "float32") - TOUCHED == 4 * 2 * parameters
