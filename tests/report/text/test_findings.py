"""The findings at the top: three to five, ranked, each true by its interval; the answer says what was compared."""

import math
import re

import msgspec
import numpy as np
import pytest
from made_up_run import BASE, CONTROL, OTHER, made_up_run, outcome, with_plan

from paragone.analyse.results import Results
from paragone.report.text import formatting
from paragone.report.text.answer import answer
from paragone.report.text.findings import MOST_FINDINGS, findings

IN_F = BASE.replace("order=C", "order=F")
THIRD, FOURTH = "numba_blas[dtype=float32]", "user_plugin[dtype=float32]"
SIZES = (1, 10, 100, 1000)
LEVEL = (1.0, 1.0, 1.0, 1.0)
RICH = {OTHER: (4, 2, 1.3, 1.2), THIRD: (2, 1.5, 1.8, 2), IN_F: (0.9, 0.5, 0.4, 0.4), FOURTH: (3, 0.5, 0.3, 0.2)}
LIMITS = [
    {"problem": "nielsen", "dtype": "float32", "threads": 1, "size": size, "launch": launch, "what": what,
     "per_second": amount}
    for launch in range(5)
    for what, amount, sizes in (("gemm", 1e14, (None,)), ("read", 1e13, (None,)), ("products", 1e4, SIZES))
    for size in sizes
]  # fmt: skip


def run_of(ratios, launches=5, jitter=0.003, sizes=SIZES, **others):
    """Return a run in which each variant has these speeds relative to the baseline, one per batch size."""
    generator = np.random.default_rng(1)
    times = {
        (name, size): [[1e-5 / ratio * luck] * 3 for luck in np.exp(generator.normal(0, jitter, launches))]
        for name, speeds in {BASE: LEVEL, CONTROL: LEVEL, **ratios}.items()
        for size, ratio in zip(sizes, speeds, strict=False)
    }
    return made_up_run(None, times, **others)


def failed_at(name, size):
    return outcome(name, "failed", size, reason="it crashed")


def found_in(run):
    return findings(Results(run))


def test_a_rich_run_has_five_findings_one_for_each_question_in_their_order():
    leads, change, both, axis, limit = found_in(run_of(RICH, limits=LIMITS))

    assert re.match(r"`numpy_tuned` is the fastest at batch 1 and 10 \(4\.0\d× \[.*\] the baseline's speed at 1\); "
                    r"`numba_blas` is the fastest at batch 100 and 1\W000 \(.*\)\.$", leads)  # fmt: skip
    assert re.match(r"`numba_blas` overtakes `numpy_tuned` between batch 10 and 100: ", change)
    assert "0.75× [" in change
    assert "1.38× [" in change
    assert re.match(
        r"`user_plugin` is 3\.0\d× \[.*\] the baseline's speed at batch 1 and 0\.20× \[.*\] at batch 1", both
    )
    assert "the baseline overtakes it between batch 1 and 10" in both
    assert re.match(r"`numpy_rows` with order `F` is slower than with `C` at every batch size; most at 1", axis)
    assert re.match(r"No cell's interval reaches beyond \d+ % of the machine's limit; that of `", limit)


def test_with_answers_to_few_questions_the_next_best_of_each_fill_up():
    said = found_in(run_of({OTHER: (0.5, 2, 2, 2), THIRD: (3, 0.5, 0.5, 0.5), FOURTH: (2, 0.9, 0.9, 0.9)}))

    assert 3 <= len(said) <= MOST_FINDINGS
    assert len({*said}) == len(said)


@pytest.mark.parametrize("ratios", [{}, {OTHER: (1.002, 0.999, 1, 1)}])
def test_what_is_within_noise_is_never_called_faster_or_slower(ratios):
    said = " ".join(found_in(run_of(ratios)))

    assert "fastest" not in said
    assert "overtakes" not in said
    assert ("cannot be told apart at batch 1, 10, 100 and 1" in said) == bool(ratios)


def test_a_lead_that_only_the_points_show_is_no_lead():
    """The third is 3 % ahead by the point, and its launches differ by 20 %."""
    times = {(name, 10): [[1e-5 * luck] * 3 for luck in (1, 1.001, 0.999)] for name in (BASE, CONTROL)}
    times[THIRD, 10] = [[1e-5 / 1.03 * luck] * 3 for luck in (0.9, 1, 1.1)]
    (said, *others) = found_in(made_up_run(None, times))

    assert "`numba_blas` and `numpy_rows` cannot be told apart at batch 10." == said
    assert [] == others


def test_of_many_tied_variants_some_are_named_and_the_others_counted():
    same = {f"way_{n}[dtype=float32]": LEVEL for n in range(6)}
    (said, *_) = found_in(run_of(same))

    assert re.search(r"none of `\w+`, `\w+` and 5 others is surely the fastest at batch", said)


def test_of_three_tied_variants_only_the_comparison_with_the_first_is_claimed():
    """The third is ahead by the point and noisy; the two others are sure to differ from one another."""
    luck = (1, 1.001, 0.999)
    times = {(name, 10): [[1e-5 * factor] * 3 for factor in luck] for name in (BASE, CONTROL)}
    times[OTHER, 10] = [[1.1e-5 * factor] * 3 for factor in luck]
    times[THIRD, 10] = [[1e-5 / 1.03 * factor] * 3 for factor in (0.7, 1, 1.4)]
    run = made_up_run(None, times)
    (said, *_) = found_in(run)

    assert "slower" in set(Results(run).summary["verdict"])
    assert "none of `numba_blas`, `numpy_rows` and `numpy_tuned` is surely the fastest at batch 10." == said


def test_variants_without_intervals_are_not_called_tied():
    said = [outcome(BASE), outcome(OTHER), outcome(CONTROL, "failed", reason="it crashed")]
    run = run_of({OTHER: (4, 4, 4, 4)}, outcomes=said)

    assert set(Results(run).summary["verdict"]) <= {"baseline", "not enough data", ""}
    assert [] == found_in(run)


def test_a_variant_alone_at_a_batch_size_is_not_called_the_fastest():
    run = run_of({OTHER: (2, 2, 2, 2)}, outcomes=[outcome(BASE), outcome(CONTROL), outcome(OTHER), failed_at(BASE, 1)])

    assert "`numpy_tuned` is the fastest at batch 10, 100 and 1" in found_in(run)[0]


def test_the_cost_of_an_axis_names_its_dtype():
    wide = {name.replace("float32", "float64"): (1,) * 4 for name in (BASE, CONTROL, IN_F)}
    said = [text for text in found_in(run_of({IN_F: (0.5,) * 4, **wide})) if "with order" in text]

    assert len(said) == 1
    assert said[0].startswith("float32: `numpy_rows` with order `F` is slower than with `C` at every batch size")


def test_with_several_grids_each_sentence_names_its_grid():
    wide = {name.replace("float32", "float64"): tuple(0.5 * speed for speed in speeds)
            for name, speeds in {BASE: LEVEL, CONTROL: LEVEL, **RICH}.items()}  # fmt: skip
    said = found_in(run_of(RICH | wide))

    assert MOST_FINDINGS == len(said)
    assert all(text.startswith(("float32: ", "float64: ", "`numpy_rows C` with dtype ")) for text in said)


def test_dtypes_come_after_every_other_axis():
    wide = {name.replace("float32", "float64"): (0.2,) * 4 for name in (BASE, CONTROL)}
    said = [text for text in found_in(run_of({IN_F: (0.5,) * 4, **wide})) if " with " in text]

    assert "with order `F` is slower than with `C`" in said[0]
    assert "with dtype `float64` is slower than with `float32`" in said[1]


def test_the_nearest_cell_to_the_limit_is_chosen_by_the_upper_end_of_the_interval():
    run = run_of({OTHER: (4, 2, 1.3, 1.2)}, limits=LIMITS, jitter=0.05)
    frame = Results(run).summary
    ends = frame["work_per_second_high"] / frame["limit_work_per_second"]
    (said,) = [text for text in findings(Results(run)) if "machine's limit" in text]

    assert f"beyond {math.ceil(100 * ends[~frame['control']].max())} %" in said
    twice = frame["share_of_limit"].max() / 2
    passing = [{**row, "per_second": row["per_second"] * twice} for row in LIMITS]
    run = run_of({OTHER: (4, 2, 1.3, 1.2)}, limits=passing)
    assert any("passes the machine's limit: " in text for text in found_in(run))
    variants = [{**msgspec.to_builtins(each), "skips_zeros": True} for each in run.plan.variants]
    said = found_in(with_plan(run, variants=variants))
    assert any("passes the machine's limit, leaving out the pixels that are 0: " in text for text in said)


def test_what_failed_or_could_not_be_checked_is_in_no_finding():
    said = [outcome(name) for name in (BASE, CONTROL, IN_F, THIRD, FOURTH)]
    for status in ("failed", "not checked"):
        run = run_of(RICH, outcomes=[*said, outcome(OTHER, status, reason="W1")])

        assert "numpy_tuned" not in " ".join(found_in(run)), status


def test_one_launch_has_no_findings_and_its_answer_says_that_it_is_one():
    run = run_of(RICH, launches=1)

    assert [] == found_in(run)
    assert "most images per second by batch size: `numpy_tuned` at 1 and 10; `numba_blas` at 100" in answer(
        Results(run)
    )
    assert "single observations from one launch" in answer(Results(run))


def test_a_dtype_of_which_the_baseline_alone_was_measured_has_no_fastest():
    alone, others = (BASE.replace("float32", dtype) for dtype in ("float64", "float32"))
    times = {(name, 10): [[1e-5] * 3] for name in (alone, others, OTHER)}
    said = answer(Results(made_up_run(None, times)))

    assert "float32: most images per second by batch size: " in said
    assert "float64: most" not in said


def test_the_answer_says_what_was_compared_and_repeats_no_finding():
    run = run_of(RICH)
    said = answer(Results(run))

    assert said.startswith(
        "Compared, against `numpy_rows C`: 4 implementations of one training step, in 5 variants, on `nielsen` "
        "(MNIST), float32, 1 thread, at 4 batch sizes from 1 to 1"
    )
    assert "Of 16 cells compared with the baseline: " in said
    assert "fastest" not in said


def test_findings_are_the_same_each_time():
    assert found_in(run_of(RICH)) == found_in(run_of(RICH))


def test_lists_are_read_as_a_sentence():
    assert ["a", "a and b", "a, b and c"] == [formatting.listed(list(words)) for words in ("a", "ab", "abc")]


@pytest.mark.parametrize("measured", [True, False], ids=["the baseline was measured", "nothing was"])
def test_the_answer_names_first_what_failed(measured):
    times = {(BASE, 10): [[2e-5 if measured else None] * 3], (OTHER, 10): [[None] * 3], (THIRD, 10): [[None] * 3]}
    said = answer(Results(made_up_run(None, times, outcomes=[failed_at(OTHER, 10)])))

    assert said.startswith("**Failed: `numpy_tuned`, 1 cell.** The reasons are below.\n\n")
    assert "Failed" not in answer(Results(run_of({OTHER: LEVEL})))
