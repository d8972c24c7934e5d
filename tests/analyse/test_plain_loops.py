"""What declares plain loops stands beside the fastest of them in C, whatever its name is."""

import math

import msgspec
import pytest
from made_up_run import BASE, CONTROL, change_plan, made_up_run, outcome, sample

from paragone.analyse.plain_loops import REFERENCE
from paragone.analyse.results import Results

SLOW_C, FAST_C, RUST = "mine[dtype=float32,flags=O2]", "mine[dtype=float32,flags=O3]", "oxide[dtype=float32]"
LANGUAGES = {"mine": "C", "oxide": "Rust"}
LUCK = (1.0, 1.002, 0.998, 1.003, 0.997)


def run_of(speeds, n_launches=5, **others):
    """A run of one batch size in which each variant has this speed, relative to a baseline that has no loops."""
    times = {(name, 10): [[1e-5 / speed * luck] * 3 for luck in LUCK[:n_launches]] for name, speed in speeds.items()}
    times |= {(BASE, 10): [[1e-5 * luck] * 3 for luck in LUCK[:n_launches][::-1]], (CONTROL, 10): [[1e-5] * 3]}
    run = made_up_run(None, {**times, (CONTROL, 10): [[1e-5] * 3] * n_launches}, **others)
    declared = [msgspec.to_builtins(each) for each in run.plan.variants]
    for each in declared:
        language = LANGUAGES.get(each["implementation"])
        each |= {"language": language or "NumPy", "plain_loops": language is not None}
    change_plan(run, variants=declared)
    return run


def found(run):
    return Results(run).plain_loops.set_index("variant")


def test_each_is_compared_with_the_fastest_in_c_of_the_same_point():
    loops = found(run_of({SLOW_C: 1, FAST_C: 2, RUST: 1.5}))

    assert {SLOW_C: "slower", FAST_C: REFERENCE, RUST: "slower"} == loops["verdict"].to_dict()
    assert [0.5, 1, 0.75] == pytest.approx(loops["ratio"][[SLOW_C, FAST_C, RUST]], rel=0.01)
    assert loops.loc[RUST, "ratio_low"] < 0.75 < loops.loc[RUST, "ratio_high"]


def test_what_does_not_declare_it_is_left_out_and_so_is_the_control():
    assert {FAST_C, RUST} == set(found(run_of({FAST_C: 2, RUST: 1})).index)


def test_without_a_c_that_passed_nothing_has_a_ratio():
    failed = [outcome(BASE), outcome(CONTROL), outcome(RUST), outcome(FAST_C, "failed", reason="W1")]
    loops = found(run_of({FAST_C: 2, RUST: 1}, outcomes=failed))

    assert {FAST_C: "", RUST: ""} == loops["verdict"].to_dict()
    assert math.isnan(loops.loc[RUST, "ratio"])
    assert loops.loc[RUST, "work_per_second"] > 0


def test_of_one_launch_only_what_lies_within_a_a_is_told():
    loops = found(run_of({FAST_C: 2, RUST: 1.999, SLOW_C: 1}, n_launches=1))

    assert "within A/A" == loops.loc[RUST, "verdict"]
    assert "no interval: one launch" == loops.loc[SLOW_C, "verdict"]


def test_the_warm_up_is_told_in_times_of_a_warm_sample():
    run = run_of({FAST_C: 2, RUST: 1})
    warmups = [sample(RUST, 10, launch, -1, 2.5e-5, kind="warmup") for launch in range(5)]
    with_warmups = made_up_run(
        None, {(RUST, 10): [[1e-5] * 3] * 5}, samples=[*run.samples.to_dict("records"), *warmups]
    )
    object.__setattr__(run, "samples", with_warmups.samples)

    assert 2.5 == pytest.approx(found(run).loc[RUST, "warmup_ratio"], rel=0.01)
    assert math.isnan(found(run).loc[FAST_C, "warmup_ratio"])
