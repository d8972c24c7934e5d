"""The ranking: its order, what its cells need, and the front of speed and lines of maths."""

import msgspec
import pytest
from made_up_run import with_plan
from ranked_run import SIZES, ranked_run

from paragone.analyse.results import Results


@pytest.fixture(scope="module")
def ranking():
    return Results(ranked_run()).ranking


def at(ranking, size, dtype="float32"):
    return ranking[(ranking["size"] == size) & (ranking["dtype"] == dtype)]


def names(cells):
    return list(cells["implementation"])


def test_the_fastest_comes_first_the_others_follow_by_speed_and_what_failed_is_last(ranking):
    assert names(at(ranking, 10)) == [
        *("c_loops", "numpy_rows", "torch_compile", "jax_jit", "python_lists", "rust_loops"),
    ]
    assert list(at(ranking, 10)["beside_fastest"]) == ["fastest", *["slower"] * 4, ""]


def test_a_cell_within_the_noise_of_the_fastest_is_not_called_slower_and_is_beside_it(ranking):
    cells = at(ranking, 1000)

    assert names(cells)[:2] in (["c_loops", "jax_jit"], ["jax_jit", "c_loops"])
    assert cells["beside_fastest"].iloc[1] != "slower"
    assert cells["of_fastest"].iloc[:2].tolist() == pytest.approx([1, 1], abs=0.01)


def test_no_control_is_ranked_and_every_index_is_that_of_the_summary(ranking):
    summary = Results(ranked_run()).summary

    assert len(ranking) == 2 * 6 * len(SIZES)
    assert list(summary.loc[ranking.index, "variant"]) == list(ranking["variant"])
    assert not summary.loc[ranking.index, "control"].any()


def test_a_compiler_is_needed_by_compiled_languages_and_by_what_says_that_it_ran_one(ranking):
    cells = at(ranking, 10)

    assert {*cells.loc[cells["needs_compiler"], "implementation"]} == {"c_loops", "rust_loops", "torch_compile"}
    assert {*cells.loc[~cells["needs_more"], "implementation"]} == {"numpy_rows", "python_lists"}


def test_on_the_front_is_what_no_verified_cell_beats_with_as_few_lines(ranking):
    cells = at(ranking, 10)

    assert {*cells.loc[cells["on_front"], "implementation"]} == {
        *("python_lists", "torch_compile", "numpy_rows", "c_loops"),
    }
    assert "rust_loops" not in names(ranking[ranking["on_front"]])


def test_what_is_slower_than_something_shorter_is_not_on_the_front_though_faster_than_what_lies_between():
    run = ranked_run()
    shortened = [{**msgspec.to_builtins(each), **({"maths_lines": 25} if "c_loops" in each.variant else {})}
                 for each in run.plan.variants]  # fmt: skip
    ranking = Results(with_plan(run, variants=shortened)).ranking
    cells = at(ranking, 10)

    assert {*cells.loc[cells["on_front"], "implementation"]} == {"python_lists", "c_loops"}
