"""Where the time of a step goes: numbers small enough to check by head."""

import pytest

from paragone.analyse.breakdown import breakdowns, spread
from paragone.store.records import Pair


def row(phases, clocked_ns, plain_ns=90_000, n_steps=10, parts=None, **other):
    """A pair of 10 steps, so that 10,000 ns are 1 µs a step."""
    where = {"problem": "nielsen", "variant": "rows", "size": 10, "threads": 1}
    return Pair(
        **{
            **{**where, "round": 0, "n_steps": n_steps, "plain_ns": plain_ns, "clocked_ns": clocked_ns},
            **{"phases": phases, "parts": parts or {}, "is_same": True, **other},
        }
    )


def only(*rows):
    (cell,) = breakdowns(rows)
    return cell


def medians(cell):
    return {phase: spread.median for phase, spread in cell.phases.items()}


def test_other_is_the_whole_less_the_sum_of_the_phases():
    cell = only(row({"gather": 20_000, "forward": 40_000, "update": 10_000}, 100_000))

    assert {"gather": 2, "forward": 4, "update": 1, "other": 3} == medians(cell)
    assert (10, 3) == (cell.clocked.median, cell.other)


def test_other_is_taken_round_by_round_and_then_its_median():
    rounds = [row({"forward": 40_000}, 50_000), row({"forward": 90_000}, 95_000), row({"forward": 30_000}, 60_000)]

    assert {"forward": 4, "other": 1} == medians(only(*rounds))


def test_phases_come_in_the_order_of_the_step_and_only_those_there_are():
    cell = only(row({"update": 1, "backward": 1, "gather": 1}, 100_000))

    assert ["gather", "backward", "update", "other"] == list(cell.phases)


def test_shares_are_of_everything_that_is_drawn():
    cell = only(row({"gather": 20_000, "forward": 60_000}, 100_000))

    assert [0.2, 0.6, 0.2] == [pytest.approx(cell.share(phase)) for phase in ("gather", "forward", "other")]


def test_the_cost_of_the_clocks_is_the_median_ratio_within_rounds():
    cell = only(
        *(row({"forward": 1}, clocked, plain_ns=plain) for clocked, plain in ((110, 100), (300, 200), (90, 90)))
    )

    assert pytest.approx(0.10) == cell.cost


def test_phases_beyond_the_whole_step_are_a_warning_only_beyond_noise():
    within, beyond = (only(row({"forward": ns}, 100_000)) for ns in (100_900, 103_000))

    assert "" == within.warning("n =")
    assert pytest.approx(-0.09) == within.other
    assert "its phases add up to 3.0% more than the whole, beyond the 1% of noise" in beyond.warning("n =")
    assert 0 == beyond.share("other")


def test_parts_of_backward_are_medians_per_call_and_step():
    rounds = [row({"backward": 1}, 100_000, parts={"t5": [ns, 2 * ns]}) for ns in (10_000, 70_000, 20_000)]

    assert {"t5": (2, 4)} == only(*rounds).parts


def test_a_cell_is_the_same_only_if_every_round_was():
    assert not only(row({"forward": 1}, 10), row({"forward": 1}, 10, is_same=False)).is_same


def test_cells_are_sorted_by_problem_threads_and_batch_size():
    cells = breakdowns(
        row({"forward": 1}, 10, size=size, variant=variant) for variant in ("b", "a") for size in (1000, 10)
    )

    assert [("b", 10), ("a", 10), ("b", 1000), ("a", 1000)] == [(cell.variant, cell.size) for cell in cells]


def test_the_spread_is_that_of_the_quartiles():
    of_five = spread([5.0, 1.0, 2.0, 4.0, 3.0])

    assert (3, 2, 4) == (of_five.median, of_five.low, of_five.high)
    assert pytest.approx(1 / 3) == of_five.share
    assert (7, 7, 7, 0) == (*vars(spread([7.0])).values(), spread([7.0]).share)
