"""What a reader is told of the noise of one launch, before any number."""

import pytest
from full_run import text_of
from made_up_run import BASE, CONTROL, OTHER, cell, change_plan, made_up_run, sample

from paragone.analyse.results import Results
from paragone.report.text.answer import answer, is_busy
from paragone.report.text.noise import noise_sentence, too_busy

SIZES = (1, 10)


def quick(control=(1.0, 1.0), other=(2.0, 1.05), waited=0.0, launches=1):
    """Return a run; A/A and `other` have these speeds of the baseline at both sizes."""
    speeds = {BASE: (1.0, 1.0), CONTROL: control, OTHER: other}
    samples = [
        sample(name, size, launch, round_, 1e-5 / speed, cpu_ns=round((1 - waited) * 1e7 / speed))
        for name, found in speeds.items()
        for size, speed in zip(SIZES, found, strict=True)
        for launch in range(launches)
        for round_ in range(3)
    ]
    run = made_up_run(
        None, {(name, size): [[1.0] * 3] * launches for name in speeds for size in SIZES}, samples=samples
    )
    change_plan(run, command="paragone bench -i numpy_tuned -b 1,10 --quick")
    return run


def test_one_launch_tells_the_worst_a_a_and_where_it_was():
    said = noise_sentence(Results(quick(control=(1.02, 1 / 1.53))), "nielsen")

    assert "differs from itself (A/A) by up to 1.53× (float32, batch 10), in one launch." in said


def with_threads(control):
    """Return a run of one launch; A/A has this speed of the baseline, by number of threads."""
    speeds = {BASE: dict.fromkeys(control, 1.0), CONTROL: control, OTHER: dict.fromkeys(control, 1.2)}
    times = {(name, 10): [[1.0] * 3] for name in speeds}
    samples = [
        sample(name, 10, 0, round_, 1e-5 / speed, threads=threads)
        for name, by_threads in speeds.items()
        for threads, speed in by_threads.items()
        for round_ in range(3)
    ]
    cells = [cell(name, 10, threads=threads) for name in speeds for threads in control]
    return made_up_run(None, times, cells=cells, samples=samples)


def test_with_several_numbers_of_threads_one_launch_tells_the_noise_of_each():
    assert noise_sentence(Results(with_threads({1: 1.0, 2: 1.53})), "nielsen") == (
        "Noise at 1 thread: the baseline against itself (A/A) stays within ±1.0 %, in one launch. "
        "Noise at 2 threads: the baseline differs from itself (A/A) by up to 1.53× (float32, batch 10), in one launch. "
        "What differs by less is not told apart."
    )


def test_a_large_a_a_at_two_threads_speaks_of_those_alone():
    (said,) = too_busy(Results(with_threads({1: 1.0, 2: 1.53})))

    assert said.startswith("2 threads: Too noisy to tell: the same code under two names differed by 1.53×.")


def test_an_a_a_below_one_per_cent_is_told_as_that():
    assert "(A/A) stays within ±1.0 %, in one launch." in noise_sentence(Results(quick()), "nielsen")


def test_one_launch_without_a_a_says_that_its_noise_is_unknown():
    run = made_up_run(None, {(BASE, 10): [[1e-5] * 3]})

    assert "the noise is not known" in noise_sentence(Results(run), "nielsen")
    assert too_busy(Results(run)) == []


def test_on_a_busy_machine_the_answer_begins_with_that_and_says_what_to_do():
    first = answer(Results(quick(control=(1.0, 1.53), waited=0.6))).partition("\n\n")[0]

    assert first.startswith("**The machine was too busy to tell: every process waited for a CPU for 60 % of its time")
    assert "the same code under two names differed by 1.53×" in first
    assert "paragone doctor" in first
    assert "luck" not in first


def test_on_a_busy_machine_the_answer_names_no_fastest():
    """It says that nothing can be told."""
    assert "most images per second" in answer(Results(quick(control=(1.02, 1.0))))
    assert "most images per second" not in answer(Results(quick(control=(1.02, 1.0), waited=0.6)))


def test_on_a_busy_machine_a_small_a_a_is_called_luck():
    (said,) = too_busy(Results(quick(control=(1.02, 1.0), waited=0.6)))

    assert "differed by 1.02×. That it was not more may be luck." in said


def test_a_large_a_a_on_a_machine_that_waited_for_nothing_is_not_called_busy():
    (said,) = too_busy(Results(quick(control=(1.2, 1.0))))

    assert said.startswith("Too noisy to tell: the same code under two names differed by 1.20×.")
    assert "busy" not in said


@pytest.mark.parametrize("run", [quick(), quick(control=(1.5, 1.0), waited=0.6, launches=2)])
def test_a_quiet_launch_is_not_warned_of_and_several_launches_have_intervals_for_that(run):
    assert too_busy(Results(run)) == []


def test_the_answer_of_several_launches_tells_their_a_a_too():
    assert "Noise: the baseline against itself (A/A) stays within ±1.0 %." in answer(Results(quick(launches=2)))


def test_what_lies_within_a_a_of_the_fastest_is_named_beside_it():
    said = answer(Results(quick(control=(1.1, 1.0))))

    assert "by batch size: `numpy_tuned` at 1; `numpy_tuned` and `numpy_rows`, not told apart, at 10." in said


def test_the_answer_of_one_launch_ends_with_the_command_for_sure_numbers():
    assert answer(Results(quick())).endswith("For sure numbers: `paragone bench -i numpy_tuned -b 1,10`.")


def test_no_cell_of_a_quick_report_repeats_that_there_is_one_launch_and_what_lies_within_a_a_has_a_sign():
    text = text_of(quick(control=(1.1, 1.0)))
    (line,) = [line for line in text.splitlines() if line.startswith("| `numpy_tuned` | **")]

    assert "no interval: one launch" not in text
    assert "<br>2.00×" in line
    assert "<br>≈ 1.05×" in line
    assert "- **≈**: " in text


def test_the_rows_of_a_report_begin_with_the_fastest_at_the_largest_size():
    text = text_of(quick(other=(0.5, 1.5)))
    lines = [line for line in text.splitlines() if ("| **" in line and "×" in line) or "<br>baseline" in line]

    assert [line.split("`")[1] for line in lines] == ["numpy_tuned", "numpy_rows"]


def test_only_one_launch_can_be_too_busy_to_name_a_fastest_for_several_have_intervals():
    assert is_busy(Results(quick(control=(1.0, 1.53), waited=0.6)))
    assert not is_busy(Results(quick(control=(1.0, 1.53), waited=0.6, launches=2)))
