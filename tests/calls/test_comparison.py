"""The answer: whether a callable is slower, the words, the HTML and the picture."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from paragone.calls.comparison import Comparison
from paragone.calls.statistics import COLUMNS
from paragone.errors import MeasurementFailed, Misuse, VerificationFailed


def row(name, speed=np.nan, reach=0.002, margin=0.01, verdict="", **others):
    """A callable whose speed is known to within `reach` on either side."""
    interval = {"speed": speed, "speed_low": speed * (1 - reach), "speed_high": speed * (1 + reach)}
    of_time = {"seconds": 1e-3, "seconds_low": 0.9e-3, "seconds_high": 1.1e-3}
    about = {"name": name, "size": 0, "status": "passed", "margin": margin, "verdict": verdict, "reason": ""}
    return {**about, **of_time, **interval, "control": False, **others}


def comparison(*rows, has_sizes=False, size=0):
    frame = pd.DataFrame([row("a", size=size), *rows]).reindex(columns=[*COLUMNS, "control"])
    return Comparison(frame, pd.DataFrame(), ("A note.",), has_sizes)


CONTROL = row("a (A/A)", 1.0, verdict="A/A: same within 1 %", control=True)


@pytest.mark.parametrize("speed", [2.0, 1.0, 0.97])
def test_what_is_as_fast_or_slower_by_less_than_the_fraction_is_not_slower(speed):
    assert comparison(CONTROL, row("b", speed)).is_not_slower(0.05)


def test_what_is_surely_slower_by_more_than_the_fraction_is_slower():
    found = comparison(CONTROL, row("b", 0.9, verdict="slower"))

    assert not found.is_not_slower(0.05)
    assert found.is_not_slower(0.2)


def test_one_of_several_that_is_slower_is_enough():
    assert not comparison(row("b", 1.0), row("c", 0.9, verdict="slower")).is_not_slower(0.05)


TOO_NOISY = [row("b", 0.97, reach=0.2), row("b", 0.97, margin=0.3), row("b", 0.97, reach=np.nan)]


@pytest.mark.parametrize("noisy", TOO_NOISY)
def test_a_machine_too_noisy_to_tell_skips_a_test_of_pytest(noisy):
    with pytest.raises(pytest.skip.Exception, match="too noisy, or the time too short, to tell"):
        comparison(CONTROL, noisy).is_not_slower(0.05)


@pytest.mark.parametrize("noisy", TOO_NOISY)
def test_elsewhere_it_raises(noisy, monkeypatch):
    monkeypatch.delenv("PYTEST_CURRENT_TEST")

    with pytest.raises(MeasurementFailed, match="too noisy"):
        comparison(CONTROL, noisy).is_not_slower(0.05)


def test_noise_hides_nothing_that_is_far_beyond_it():
    assert comparison(row("b", 2.0, reach=0.2, margin=0.3)).is_not_slower(0.05)


FAILED = row("b", status="failed", reason="it gives something else than a", seconds=np.nan)


def test_what_failed_is_neither_fast_nor_slow():
    with pytest.raises(VerificationFailed, match="b failed: it gives something else than a"):
        comparison(FAILED).is_not_slower(0.05)


def test_one_callable_is_slower_than_nothing():
    with pytest.raises(Misuse, match="there is one callable"):
        comparison(CONTROL).is_not_slower(0.05)
    with pytest.raises(Misuse, match=r"expected a fraction such as 0\.05"):
        comparison(row("b", 1.0)).is_not_slower(-1)


def test_the_verdict_is_a_sentence_for_each_callable_but_the_first():
    several = [row("b", 0.97, verdict="slower"), row("c", 1.0, verdict="same within 1 %"), FAILED | {"name": "d"}]

    assert comparison(CONTROL, *several).verdict.splitlines() == [
        "b is slower than a: a call takes 3.1 % longer [+2.9, +3.3]",
        "c and a: same within 1 % (a call takes 0.0 % less [-0.2, +0.2])",
        "d failed: it gives something else than a",
    ]


def test_a_large_difference_is_told_as_a_ratio():
    assert comparison(row("b", 0.25, verdict="slower")).verdict.endswith("a call takes 4.00× as long [3.99, 4.01]")


def test_without_an_interval_a_ratio_of_eighty_is_unsure_and_not_called_no_difference():
    few = row("b", 0.0125, verdict="not enough data") | {"speed_low": np.nan, "speed_high": np.nan}

    assert comparison(CONTROL, few).verdict == (
        "b against a: a call takes 80.0× as long, which nothing makes sure (not enough data)"
    )


def test_one_callable_tells_the_noise():
    assert comparison(CONTROL).verdict == (
        "a is alone, so nothing is compared; here, identical code differs by up to 1.0 %"
    )


def test_the_text_is_a_table_the_verdict_and_the_notes():
    lines = str(comparison(CONTROL, row("b", 0.97, verdict="slower"))).splitlines()

    assert lines[0].split() == ["callable", "time", "of", "a", "call", "speed", "verdict"]
    assert lines[3].split() == ["b", "1.00", "ms", "0.97×", "[0.97,", "0.97]", "slower"]
    assert lines[-1] == "A note."


def test_why_one_failed_is_said_once_below_the_table():
    for said in (str(comparison(FAILED)), comparison(FAILED)._repr_html_()):
        assert said.count("it gives something else than a") == 1
    assert str(comparison(FAILED)).splitlines()[2].split() == ["b", "–", "failed"]


def test_a_name_is_shown_and_not_obeyed():
    found = comparison(row("<b>\x1b[31m", 1.0, verdict="same within 1 %"))

    assert "\x1b" not in str(found)
    assert "<b>" not in found._repr_html_()
    assert "&lt;b&gt;" in found._repr_html_()


def test_a_picture_is_drawn_of_one_size_and_of_several():
    of_sizes = [row("b", 0.9, size=10), row("a", size=20), row("b", 0.8, size=20)]

    assert isinstance(comparison(CONTROL, row("b", 0.9)).plot(), Figure)
    assert isinstance(comparison(*of_sizes, has_sizes=True, size=10).plot(), Figure)
    assert isinstance(comparison(FAILED).plot(), Figure), "what failed is left out"
