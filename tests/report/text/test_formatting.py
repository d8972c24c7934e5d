"""Numbers as text: the digits, units and prefixes that a reader sees."""

import numpy as np
import pytest

from paragone.report.text import formatting


@pytest.mark.parametrize(
    ("value", "text"),
    [(311_234, "311 k"), (999_600, "1.00 M"), (1_710_000, "1.71 M"), (412, "412"), (0.42, "0.420"), (999.7, "1.00 k")],
)
def test_rates_have_three_digits_and_a_prefix(value, text):
    assert formatting.rate(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(1.354, "1.35×"), (12.44, "12.4×"), (0.996, "1.00×"), (0.0214, "0.021×"), (np.nan, "–")]
)
def test_ratios_have_the_digits_that_matter(value, text):
    assert formatting.ratio(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(3.2e-6, "3.20 µs"), (0.045, "45.0 ms"), (12, "12.0 s"), (119, "119 s"), (246, "4.10 min"), (np.nan, "–")],
)
def test_durations_have_the_unit_that_suits_them(value, text):
    assert formatting.seconds(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.0312, "0.0312"), (9.996, "10.0"), (12_345, "12300"), (0, "0"), (-2.5, "-2.50")]
)
def test_significant_digits_have_no_exponent(value, text):
    assert formatting.significant(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(12.25, "12.3"), (12.35, "12.4"), (12.2499996, "12.3"), (12.24994, "12.2"), (-0.12345, "-0.123")],
)
def test_halves_are_rounded_away_from_zero_in_the_six_digits_that_the_summary_has(value, text):
    assert formatting.significant(value) == text


def test_a_ratio_that_is_a_half_in_decimals_is_rounded_up_whatever_its_binary_is():
    assert [formatting.ratio(value) for value in (1.005, 1.015, 9.9999996)] == ["1.01×", "1.02×", "10.0×"]


@pytest.mark.parametrize(
    ("low", "value", "high", "text"),
    [
        (302e3, 311e3, 320e3, "[302–320]"), (948e3, 973e3, 1.02e6, "[948–1020]"), (97e4, 1.05e6, 1.1e6, "[0.970–1.10]"),
        (990, 999.6, 1005, "[0.990–1.01]"), (np.nan, 1.0, np.nan, ""),
    ],
)  # fmt: skip
def test_an_interval_has_the_unit_of_the_number_that_it_stands_beside(low, value, high, text):
    assert formatting.rate_interval(low, high, value) == text


def test_words_are_counted_in_english():
    assert [formatting.plural(2, noun) for noun in ("launch", "epoch", "cell")] == ["2 launches", "2 epochs", "2 cells"]


def test_flops_are_written_with_their_prefix_and_other_units_stand_in_the_heading():
    rates = (412, 311_000, 1.714e9, float("nan"))

    assert [formatting.rate_of(rate, "FLOP/s") for rate in rates] == ["412 FLOP/s", "311 kFLOP/s", "1.71 GFLOP/s", "–"]
    assert [formatting.rate_of(rate, "images/s") for rate in rates] == ["412", "311 k", "1.71 G", "–"]
