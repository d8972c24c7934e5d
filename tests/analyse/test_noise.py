"""The noise of one launch: how far the baseline is from itself, and whether every process had to wait for a CPU."""

import math

import pytest
from made_up_run import BASE, CONTROL, OTHER, cell, made_up_run, sample

from paragone.analyse.noise import least_wait, noises_of_one_launch
from paragone.analyse.results import Results


def run_of(control=(1.0, 1.0), shares=None, threads=1):
    """Return the results of a launch: A/A at sizes 1 and 10 is `control`; `shares` of variants' time had a CPU."""
    speeds = {BASE: (1.0, 1.0), CONTROL: control, OTHER: (2.0, 2.0)}
    shares = {name: (shares or {}).get(name, 1.0) for name in speeds}
    samples = [
        sample(name, size, 0, round_, 1e-5 / speed, threads=threads, cpu_ns=round(shares[name] * 1e7 / speed))
        for name in speeds
        for size, speed in zip((1, 10), speeds[name], strict=True)
        for round_ in range(3)
    ]
    cells = [cell(name, size, threads=threads) for name in speeds for size in (1, 10)]
    times = {(name, size): [[1.0] * 3] for name in speeds for size in (1, 10)}
    return Results(made_up_run(None, times, cells=cells, samples=samples))


@pytest.mark.parametrize(("control", "size", "difference"), [((1.5, 1.1), 1, 0.5), ((1.1, 1 / 1.5), 10, 0.5)])
def test_the_difference_is_that_of_the_a_a_farthest_from_one_in_either_direction(control, size, difference):
    (noise,) = noises_of_one_launch(run_of(control), "nielsen")

    assert noise.difference == pytest.approx(difference)
    assert (noise.dtype, noise.size, noise.threads) == ("float32", size, 1)


def test_without_a_a_there_is_no_noise_to_tell():
    assert noises_of_one_launch(Results(made_up_run(None, {(BASE, 10): [[1e-5] * 3]})), "nielsen") == []


def test_each_number_of_threads_has_a_noise_of_its_own_and_the_fewest_come_first():
    """At two threads A/A lies farther off."""
    times = {(name, size): [[1.0] * 3] for name in (BASE, CONTROL) for size in (1, 10)}
    samples = [
        sample(name, size, 0, round_, 1e-5 / (1 + off * threads * (name == CONTROL)), threads=threads)
        for name, size in times
        for threads, off in ((2, 0.2), (1, 0.02))
        for round_ in range(3)
    ]
    cells = [cell(*key, threads=threads) for key in times for threads in (2, 1)]
    noises = noises_of_one_launch(Results(made_up_run(None, times, cells=cells, samples=samples)), "nielsen")

    assert [(1, pytest.approx(0.02, rel=1e-3)), (2, pytest.approx(0.4, rel=1e-3))] == [
        (noise.threads, noise.difference) for noise in noises
    ]


def test_the_wait_is_that_of_the_variant_that_waited_least():
    every = dict.fromkeys((BASE, CONTROL, OTHER), 0.4)

    assert least_wait(run_of(shares=every).samples) == pytest.approx(0.6)
    assert least_wait(run_of(shares={**every, OTHER: 1.0}).samples) == pytest.approx(0)


def test_more_cpu_time_than_wall_time_is_no_negative_wait():
    assert least_wait(run_of(shares={BASE: 1.01}).samples) == 0


def test_the_wait_is_unknown_where_no_cpu_time_is_known_and_with_several_threads():
    unknown = dict.fromkeys((BASE, CONTROL, OTHER), 0.0)

    assert math.isnan(least_wait(run_of(shares=unknown).samples))
    assert math.isnan(least_wait(run_of(threads=2).samples))


@pytest.mark.parametrize(
    ("control", "share", "is_busy", "is_too_large"),
    [(1.09, 0.95, False, False), (1.11, 0.95, False, True), (1.01, 0.85, True, True), (1.5, 0.4, True, True)],
)
def test_the_machine_was_too_busy_where_every_process_waited_and_the_noise_too_large_then_or_by_a_a(
    control, share, is_busy, is_too_large
):
    shares = dict.fromkeys((BASE, CONTROL, OTHER), share)
    (noise,) = noises_of_one_launch(run_of((control, 1.0), shares), "nielsen")

    assert (noise.is_busy, noise.is_too_large) == (is_busy, is_too_large)
