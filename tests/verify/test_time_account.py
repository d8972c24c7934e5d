"""The account of the time of samples: who is refused, and who is not, by times that the test makes up."""

from dataclasses import replace as replace_account
from types import SimpleNamespace

import pytest

from paragone.errors import MeasurementFailed
from paragone.verify.time_account import (
    CLOSE_LOOKS,
    TimeAccount,
    refuse_false_account,
    time_fault,
)
from paragone.worker.replies import Timing

MS = 1_000_000
WORKER = SimpleNamespace(holds_accelerator=lambda: False)
ON_A_DEVICE = SimpleNamespace(holds_accelerator=lambda: True)


def account(
    elapsed=40, outside=None, params=1, cpu=None, withheld=0, n_numbers=24_000, reset=1, cpu_outside=0
) -> TimeAccount:
    """The account of a sample; times in milliseconds."""
    timing = Timing(n_steps=40, elapsed_ns=elapsed * MS, cpu_ns=int((elapsed if cpu is None else cpu) * MS))
    outside = elapsed + 1 if outside is None else outside
    times = [int(each * MS) for each in (outside, reset, params)]
    return TimeAccount(timing, *times, n_numbers, withheld * MS, cpu_outside * MS)


def fault(*accounts, worker=WORKER) -> str:
    return time_fault(accounts, worker, "train") or ""


def test_an_honest_account_has_no_fault():
    assert "" == fault(*[account()] * 5)
    assert "" == fault(*[account(elapsed=400, outside=420)] * 5)
    assert "" == fault(*[account(elapsed=1, outside=6, cpu=0)] * 5)


@pytest.mark.parametrize("elapsed", [4, 28, 36, 400])
def test_a_clock_that_shows_less_than_the_harness_waited_is_a_fault(elapsed):
    outside = elapsed + max(7, 0.12 * elapsed)

    assert "by the worker's clock" in fault(*[account(elapsed, outside)] * 3)


def test_each_part_of_a_sample_may_take_the_time_of_an_order():
    in_parts = [replace_account(account(40, 55), n_parts=8)] * 3

    assert "" == fault(*in_parts)
    assert "by the worker's clock" in fault(*[account(40, 55)] * 3)
    assert "by the worker's clock" in fault(*[replace_account(account(40, 60), n_parts=8)] * 3)


def test_params_that_take_longer_than_copying_are_work_put_off():
    assert "what train puts off is not timed" in fault(*[account(params=11)] * 3)
    assert "" == fault(*[account(params=11, n_numbers=100_000)] * 3)


def test_a_reset_that_takes_longer_than_copying_has_done_the_work_of_train():
    assert "what it does beyond taking the state is not timed" in fault(*[account(reset=11)] * 3)
    assert "" == fault(*[account(reset=11, n_numbers=100_000)] * 3)


def test_a_reset_that_copies_inputs_may_take_as_long_as_that_and_is_judged_by_what_it_takes():
    plain = account(reset=11)
    copies, takes_little = replace_account(plain, copied_bytes=3_000_000), replace_account(plain, n_given=100)

    assert "" == fault(*[copies] * 3)
    assert "" != fault(*[replace_account(takes_little, copied_bytes=1_000_000)] * 3)


def test_a_sample_that_leaves_its_cpu_idle_is_trained_elsewhere():
    assert "a process that the harness does not see" in fault(*[account(cpu=0.4)] * 3)
    assert "" == fault(*[account(cpu=0.4)] * 3, worker=ON_A_DEVICE)


def test_time_without_a_cpu_is_not_idle():
    assert "" == fault(*[account(elapsed=100, cpu=30, withheld=65)] * 3)


def test_a_clock_that_shows_less_shows_in_cpu_time_where_waits_would_hide_it():
    waiting = {"outside": 41, "withheld": 40}

    assert "56.0 ms by the worker's clock and 81.0 ms" in fault(account(56, cpu=28, cpu_outside=41, **waiting))
    assert "" == fault(account(80, cpu=40, cpu_outside=41, **waiting))


def test_neither_waits_alone_nor_cpu_time_alone_beside_a_sample_is_a_fault():
    waiting = {"outside": 41, "withheld": 40}

    assert "" == fault(account(40, cpu=40, cpu_outside=41, **waiting))
    assert "" == fault(account(80, cpu=28, cpu_outside=41, **waiting))


def test_the_medians_decide_not_single_samples():
    assert "" == fault(*[account(outside=90)] * 2, *[account()] * 3)
    assert "" != fault(*[account(outside=90)] * 3, *[account()] * 2)


def test_what_is_wrong_once_is_looked_at_again_and_refused_only_where_it_is_wrong_there_too():
    looks = []

    def look(found):
        return lambda: looks.append(0) or found

    refuse_false_account(WORKER, [account(outside=90)], look(account()), "train")
    assert CLOSE_LOOKS == len(looks)
    with pytest.raises(MeasurementFailed, match=r"40\.0 ms by the worker's clock and 70\.0 ms by the harness's"):
        refuse_false_account(WORKER, [account(outside=90)], look(account(outside=70)), "train")


def test_an_honest_account_costs_no_further_samples():
    refuse_false_account(WORKER, [account()] * 3, lambda: pytest.fail("looked again"), "train")
    refuse_false_account(WORKER, [], lambda: pytest.fail("looked again"), "train")
