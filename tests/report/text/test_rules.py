"""The twelve rules: each is answered with the run's own figures."""

import numpy as np
import pytest
from made_up_run import BASE, CONTROL, OTHER, made_up_run, outcome

from paragone.analyse.summary import summarise
from paragone.report.text.rules import section

SIZES = (10, 100, 1000, 2000, 5000, 6000)


def rules_of(run):
    lines = [line.strip("| ").split(" | ") for line in section(run, summarise(run)).splitlines() if line[2:3].isdigit()]
    return {int(number): said for number, _, said in lines}


@pytest.fixture
def rules(tmp_path):
    random = np.random.Generator(np.random.PCG64(1))
    times = {
        (name, size): (1e-4 * np.exp(0.01 * random.standard_normal((5, 4)))).tolist()
        for name in (BASE, CONTROL, OTHER)
        for size in SIZES
    }
    said = [outcome(OTHER, "failed" if size == 10 else "passed", size) for size in SIZES]
    return rules_of(made_up_run(tmp_path, times, outcomes=[outcome(BASE), outcome(CONTROL), *said]))


def test_all_twelve_have_their_place(rules):
    assert sorted(rules) == list(range(1, 13))


def test_the_base_case_has_its_absolute_speed(rules):
    assert "`nielsen` float32 at batch 10: 99.7 k images/s" in rules[1]


def test_what_is_left_out_is_counted(rules):
    assert "1 of the planned cells" in rules[2]


def test_normality_is_checked_where_there_are_launches_enough(rules, tmp_path):
    assert "p = " in rules[6]
    few = rules_of(made_up_run(tmp_path, {(BASE, 10): [[1e-4] * 3], (CONTROL, 10): [[1e-4] * 3]}))
    assert few[6] == "Too few cells or launches to check."


def test_a_library_whose_bits_change_is_named(tmp_path):
    run = made_up_run(tmp_path, {(BASE, 10): [[1e-4] * 3] * 5, (OTHER, 10): [[1e-4] * 3] * 5})
    run.plan["variants"][1]["deterministic"] = False

    assert rules_of(run)[5].endswith("Results do not: the same bits every time, but for `numpy_tuned`.")


def test_what_varies_is_not_said_to_be_the_same(rules):
    assert rules[5] == "Times vary, hence 95 % intervals over launches. Results do not: the same bits every time."
