"""The answer at one point in words: the fastest, each way of writing, and the front."""

import math
from types import SimpleNamespace

import pytest
from ranked_run import ranked_run

from paragone.analyse.results import Results
from paragone.report.text import formatting
from paragone.report.text.ranking import NOT_VERIFIED, fastest, front, legend, ratio_to_baseline, ways
from paragone.report.text.rows import short_names


def cells_of(run, size=10):
    results = Results(run)
    ranking = results.ranking.assign(name=short_names(results.summary))
    return ranking[(ranking["size"] == size) & (ranking["dtype"] == "float32")]


@pytest.fixture(scope="module")
def cells():
    return cells_of(ranked_run(noise=1e-6))


@pytest.fixture(scope="module")
def words():
    return ranked_run().plan.words_of("nielsen")


def test_the_fastest_is_named_with_its_speed_and_its_lead_over_the_baseline(cells, words):
    assert fastest(cells, words) == (
        "At batch 10, float32, **`c_loops` is the fastest**: 4.00 M [4.00–4.00] images/s, "
        "4.00× [4.00, 4.00] the baseline's speed."
    )


def test_the_legend_names_the_baseline_its_noise_and_the_limit(cells, words):
    limit = cells["limit_work_per_second"].iloc[0]

    assert legend(cells, words) == [
        "The baseline is `numpy_rows`; the band around it is its noise (A/A), ±1.0 %.",
        f"The line is this machine's limit, {formatting.rate(limit)}; `c_loops` attains "
        f"{formatting.percent(4e6 / limit)} of it.",
    ]
    assert legend(cells.assign(limit_work_per_second=math.nan, margin=math.nan), words) == [
        "The baseline is `numpy_rows`."
    ]


def test_what_is_not_told_apart_from_the_fastest_is_named(words):
    first, second = ("c_loops", "jax_jit")
    said = fastest(cells_of(ranked_run(), 1000), words)

    assert f"`{first}` is the fastest**" in said or f"`{second}` is the fastest**" in said
    assert f"Not told apart from it: `{second}`." in said or f"Not told apart from it: `{first}`." in said


def test_of_one_launch_the_fastest_is_only_seen_and_what_a_a_reaches_is_not_told_apart(words):
    said = fastest(cells_of(ranked_run(n_launches=1), 1000), words)

    assert "is the fastest seen**" in said
    assert "Not told apart from it: `" in said


def test_ways_with_the_same_fastest_share_a_sentence_and_each_says_how_far_behind_it_is(cells):
    assert ways(cells) == [
        "Without a compiler, with NumPy alone and in NumPy: `numpy_rows`, 0.25× [0.25, 0.25] of the fastest.",
        "In C: `c_loops`, the fastest of all.",
        "In PyTorch: `torch_compile`, 0.15× [0.15, 0.15] of the fastest.",
        "In JAX: `jax_jit`, 0.060× [0.060, 0.060] of the fastest.",
        "In Python: `python_lists`, 0.0025× [0.0025, 0.0025] of the fastest.",
    ]


def test_the_front_is_named_from_the_shortest_to_the_fastest(cells):
    assert front(cells) == (
        "No other is faster with as few lines of maths: `python_lists` (20 lines, 0.0025×), "
        "`torch_compile` (30 lines, 0.15×), `numpy_rows` (40 lines, 0.25×) and `c_loops` (80 lines, 1.00×)."
    )


def test_where_nothing_is_verified_none_is_called_the_fastest(cells, words):
    unverified = cells.assign(beside_fastest="", on_front=False)

    assert fastest(unverified, words) == NOT_VERIFIED
    assert (ways(unverified), front(unverified)) == ([], "")


@pytest.mark.parametrize(
    ("verdict", "written"),
    [
        ("faster", "1.03×"),
        ("baseline", "baseline"),
        ("same within 5 %", "≈ 1.03×"),
        ("not enough data", "≈ 1.03×"),
        ("within A/A", "≈ 1.03×"),
        ("no interval: one launch", "1.03×"),
    ],
)
def test_a_ratio_that_is_not_told_apart_from_the_baseline_has_the_sign_for_it_and_the_legend_explains_it(
    cells, words, verdict, written
):
    row = SimpleNamespace(verdict=verdict, status="passed", ratio_to_baseline=1.03)

    assert ratio_to_baseline(row) == written
    said = legend(cells.assign(verdict=verdict, name="x"), words)
    assert ("≈: not told apart from the baseline." in said) == written.startswith("≈")


def test_what_is_not_verified_has_no_ratio_and_says_why():
    row = SimpleNamespace(verdict="", status="not checked", ratio_to_baseline=math.nan)

    assert ratio_to_baseline(row) == "not verified"
