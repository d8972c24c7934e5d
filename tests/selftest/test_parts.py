"""The self-test: what is known to be true must come out, and a broken promise must be seen."""

import math
import os
import subprocess
import sys
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from easy_data import N_TRAIN, easy_data
from in_process import SHORT, in_process
from made_up_run import BASE, CONTROL, made_up_run, with_plan
from quiet_display import QuietDisplay

from paragone.plan.power import launches_to_resolve
from paragone.selftest import tables
from paragone.selftest.detection import (
    ResolvedRun,
    bias,
    called_different,
    detectable_slowdown,
    detected,
    identical_pairs,
    intervals_without_one,
    verdicts_by_launches,
    with_launches,
)
from paragone.selftest.parts import RESOLVED, SelfTest, broken_promises, missed_goals
from paragone.selftest.sizes import SMALL
from paragone.selftest.slowed_copies import copies
from paragone.task.mlp.problem_files import find_problem

SLOW = 0.05
COPIES = copies(4, [SLOW], 2)


@cache
def noisy_run(launches=20, seed=3, identical_differ=0.0, noise=0.01):
    """A run of the copies: launches differ by 1 %, rounds by 1 %; the slowed ones are slower by just that."""
    random = np.random.Generator(np.random.PCG64(seed))
    seconds = {BASE: 1e-4, CONTROL: 1e-4}
    for number, copy in enumerate(COPIES):
        share = copy.slowdown if copy.slowdown is not None else identical_differ * (number % 2)
        seconds[f"{copy.name}[dtype=float32]"] = 1e-4 * (1 + share)
    times = {}
    for size in (10, 100, 1000):
        for name, step_seconds in seconds.items():
            launch = noise * random.standard_normal((launches, 1))
            times[name, size] = step_seconds * np.exp(launch + 0.01 * random.standard_normal((launches, 5)))
    return made_up_run(None, {key: value.tolist() for key, value in times.items()})


@cache
def verdicts(n_launches, **noise):
    """What such a run finds with so many launches; tests read it and do not change it."""
    return verdicts_by_launches(noisy_run(**noise), COPIES, n_launches)


def test_identical_copies_are_not_called_different_and_slowed_ones_are_found():
    frame = verdicts(5)

    assert called_different(identical_pairs(frame)) == (0, 2 * 3 * 4)
    assert detected(frame, SLOW).n == 2 * 3 * 4
    mean, error = bias(frame, SLOW)
    assert abs(mean) < 4 * error < 0.02


def test_as_many_launches_as_are_promised_to_find_five_percent_find_them():
    deviation = math.sqrt(2 * 0.01**2 * (1 + math.pi / 2 / 5))  # of a launch's median of five log-ratios
    chosen = launches_to_resolve(SLOW, deviation)
    share = detected(verdicts(chosen, launches=8 * chosen), SLOW)

    assert 5 < chosen < 12
    assert share.n == 2 * 3 * 8
    assert share.found / share.n >= 0.95 - 0.06  # two standard errors of 48


def test_copies_that_are_not_identical_are_called_different():
    frame = verdicts(20, identical_differ=0.1)
    pairs = identical_pairs(frame)

    assert called_different(pairs).found == len(pairs)
    assert called_different(pairs, beyond=0.2).found == 0
    assert intervals_without_one(pairs).found == len(pairs)
    assert missed_goals("quiet", {20: frame}, 5) == ["quiet: 6 of 6 identical pairs called different, 20 launches"]


def test_a_promise_of_power_that_is_not_kept_is_a_goal_missed():
    frame = verdicts(5, noise=0.1)

    assert missed_goals("quiet", {5: frame}, 5) == [
        f"quiet: {detected(frame, SLOW).found} of 24 copies 5 % slower found with 5 launches"
    ]
    assert missed_goals("quiet", {5: frame}, 20) == []
    assert missed_goals("load", {5: frame}, 5) == []


def test_slowed_copies_alone_are_judged_against_the_baseline():
    frame = verdicts_by_launches(noisy_run(), [copy for copy in COPIES if copy.slowdown], 20)

    assert len(identical_pairs(frame)) == 0
    assert detected(frame, SLOW) == (6, 6)


def resolved_run(noise, deviation, launches=8):
    """A run of that noise, whose plan took it for `deviation`, and what it found."""
    run = noisy_run(launches=launches, noise=noise)
    planned = with_plan(run, seed=7, launch_deviation=deviation, launch_deviation_upper=deviation)
    return ResolvedRun(planned, verdicts(launches, launches=launches, noise=noise))


def test_runs_that_promise_five_percent_and_do_not_find_it_are_a_goal_missed():
    kept, broken = (resolved_run(noise, deviation=0.015) for noise in (0.01, 0.1))

    assert broken_promises([kept]) == []
    n_found = detected(broken.verdicts, SLOW).found
    assert broken_promises([broken]) == [f"resolve: {n_found} of 6 copies 5 % slower found by runs with --resolve 5%"]


@pytest.mark.parametrize("deviation", [0.1, None])
def test_a_run_whose_plan_could_promise_nothing_breaks_no_promise(deviation):
    run = resolved_run(0.1, deviation)

    assert broken_promises([run]) == []
    assert "8 launches, too few" in tables.resolved_runs_table([run], SLOW)
    assert "all that promise it" not in tables.resolved_runs_table([run], SLOW)


def test_the_table_of_promises_counts_all_cells_together():
    runs = [resolved_run(0.001, 0.015)] * 2

    assert "| all that promise it |  |  |  | 12 of 12 " in tables.resolved_runs_table(runs, SLOW)


def test_a_run_of_which_nothing_was_measured_is_said_to_be_so():
    run, frame = resolved_run(0.001, 0.015)
    nothing = ResolvedRun(run, frame[:0])

    assert broken_promises([nothing]) == []
    assert "| 8 launches | nothing was measured |  |" in tables.resolved_runs_table([nothing], SLOW)


def test_each_run_that_promises_has_a_seed_of_its_own_and_chooses_its_launches_itself(tmp_path, monkeypatch):
    asked = []

    def measure(test, name, wanted, **settings):
        asked.append((name, [copy.slowdown for copy in wanted], settings))
        return resolved_run(0.01, 0.015).run

    monkeypatch.setattr(SelfTest, "_measure", measure)
    monkeypatch.setattr(
        "paragone.selftest.parts.verdicts_by_launches", lambda run, wanted, n: verdicts_by_launches(run, COPIES, n)
    )
    section = SelfTest(replace(SMALL, n_slowed=2, n_resolved=2), tmp_path, None, None, seed=5).resolve()

    assert section.missed == []
    assert asked == [
        (f"resolve-{number}", [RESOLVED, RESOLVED], {"seed": 5 + number, "resolve": RESOLVED}) for number in (0, 1)
    ]


def test_more_launches_find_smaller_slowdowns():
    few, many = (detectable_slowdown(verdicts(n)) for n in (5, 20))

    assert many < 0.04 < few < 0.08


def test_a_run_seen_with_some_of_its_launches_has_no_sample_of_the_others():
    run = with_launches(noisy_run(), range(5, 10))

    assert set(run.samples["launch"]) == {5, 6, 7, 8, 9}
    assert run.plan.launches == 5


def test_the_tables_say_how_many_of_how_many():
    frame = verdicts(10)

    assert "| 10 | 12 | 0 of 12 [0.0, 26.5] % |" in tables.false_alarms_table({10: frame})
    assert "here that is 7." in tables.power_table({10: frame}, (SLOW,), 7)
    assert "here that is 11, more than were run: not judged." in tables.power_table({10: frame}, (SLOW,), 11)


def test_a_trial_measures_every_copy_and_judges_it(no_processes, tmp_path, monkeypatch):
    problem = replace(find_problem("nielsen"), n_train=N_TRAIN, layers=(784, 4, 10))
    monkeypatch.setattr("paragone.selftest.parts.find_problem", lambda name: problem)
    given = easy_data(tmp_path / "cache"), QuietDisplay()
    section, first, seconds = SelfTest(SMALL, tmp_path, *given, 5, SHORT, in_process).trial(is_loaded=False)

    assert section.heading == "Real runs, quiet: A/A and power"
    assert len(first) == 2  # the pair of identical copies, and the slowed one
    assert set(first["slowdown"].dropna()) == set(SMALL.slowdowns)
    assert seconds > 0


@pytest.mark.slow
def test_a_small_self_test_measures_and_writes_what_it_found(tmp_path):
    command = [
        sys.executable,
        "-m",
        "paragone",
        "selftest",
        "quiet",
        "--small",
        "--data",
        "digits",
        "--results",
        str(tmp_path),
    ]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "COLUMNS": "200"})

    assert done.returncode in (0, 1), done.stderr
    (file,) = tmp_path.glob("*-selftest/selftest.md")
    text = file.read_text()
    assert text in done.stdout + "\n"
    assert "| 5 | 1 | " in text


def test_an_unknown_part_is_answered_with_those_there_are(paragone, tmp_path):
    code, _, err = paragone("selftest", "covrage", "--results", tmp_path)

    assert code == 2
    assert "coverage" in err
    assert list(tmp_path.iterdir()) == []
