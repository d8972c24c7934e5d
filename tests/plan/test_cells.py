"""The plan: who takes part, at which batch sizes, in which waves, and what the run will be able to say."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
import pytest
from described_here import registered
from easy_data import N_TEST, N_TRAIN, easy_data
from msgspec import structs

from paragone.errors import Misuse, UnknownName
from paragone.implementation.contract import Implementation
from paragone.implementation.registry import Registered
from paragone.plan.cells import (
    baseline_variant,
    cell,
    contenders_of,
    describe_data,
    describe_variants,
    grid,
    own_environments,
    validate_request,
)
from paragone.plan.request import Request
from paragone.task.mlp.problem import MOST_IMAGES
from paragone.task.mlp.problem_files import find_problem

NIELSEN, SOFTMAX = find_problem("nielsen"), find_problem("softmax")


def made(name: str, **axes: tuple[str, ...]) -> Registered:
    declared = {"language": "Python", "layout": "none", "source": "a test", "idea": "None.", "maths": ("maths.py",)}
    return registered(type(name, (Implementation,), {"name": name, "axes": axes, **declared}), Path("/folder") / name)


ROWS = made("numpy_rows", dtype=("float32", "float64"), order=("C", "F"))
LISTS = made("lists", dtype=("float64",))
SINGLE = made("single", dtype=("float32",))
TUNED = made("tuned", order=("F", "C"), dtype=("float64", "float32"))
EVERYONE = [LISTS, ROWS, SINGLE, TUNED]


def request(**changed) -> Request:
    return Request(**{"problems": (NIELSEN,), **changed})


def names(contenders) -> list[str]:
    return [contender.variant.name for contender in contenders]


# --- who takes part ---


def test_every_variant_of_the_chosen_takes_part_once():
    contenders = contenders_of(request(), EVERYONE, EVERYONE)

    assert len(names(contenders)) == len(set(names(contenders)))
    not_controls = [name for name in names(contenders) if not name.endswith(" (A/A)")]
    assert sorted(not_controls) == sorted(
        [
            "lists[dtype=float64]",
            *(f"numpy_rows[dtype={dtype},order={order}]" for dtype in ("float32", "float64") for order in "CF"),
            "single[dtype=float32]",
            *(f"tuned[order={order},dtype={dtype}]" for dtype in ("float32", "float64") for order in "CF"),
        ]
    )


def elsewhere(found, environment):
    return replace(found, implementation=structs.replace(found.implementation, environment_name=environment))


def test_only_the_environments_of_the_contenders_are_named():
    everyone = [LISTS, ROWS, elsewhere(SINGLE, "old_numpy"), elsewhere(TUNED, "torch")]

    assert own_environments(request(), everyone) == ["old_numpy", "torch"]
    assert own_environments(request(implementations=("lists", "single")), everyone) == ["old_numpy"]
    assert own_environments(request(implementations=("lists",)), everyone) == []


@pytest.mark.parametrize(
    ("chosen", "dtypes"),
    [
        ([LISTS], ["float64"]),
        ([SINGLE], ["float32"]),
        ([TUNED], ["float32", "float64"]),
        ([ROWS], ["float32", "float64"]),
    ],
)
def test_the_baseline_and_its_control_take_part_once_in_every_dtype_of_the_chosen(chosen, dtypes):
    taking_part = names(contenders_of(request(), chosen, EVERYONE))

    for dtype in ("float32", "float64"):
        expected = 1 if dtype in dtypes else 0
        assert expected == taking_part.count(f"numpy_rows[dtype={dtype},order=C]")
        assert expected == taking_part.count(f"numpy_rows[dtype={dtype},order=C] (A/A)")
    assert len(dtypes) == sum(name.endswith(" (A/A)") for name in taking_part)


def test_a_control_is_the_code_of_the_baseline_under_another_name():
    control = next(e for e in contenders_of(request(), [LISTS], EVERYONE) if e.variant.control)
    baseline = next(
        e for e in contenders_of(request(), [LISTS], EVERYONE) if e.variant == replace(control.variant, control=False)
    )

    assert (control.found, control.variant.axis) == (baseline.found, baseline.variant.axis)
    assert control.key != baseline.key


def test_another_baseline_takes_the_place_of_the_first():
    taking_part = names(contenders_of(request(baseline="tuned"), [LISTS, SINGLE], EVERYONE))

    assert [
        "lists[dtype=float64]",
        "single[dtype=float32]",
        "tuned[order=F,dtype=float32]",
        "tuned[order=F,dtype=float32] (A/A)",
        "tuned[order=F,dtype=float64]",
        "tuned[order=F,dtype=float64] (A/A)",
    ] == taking_part


def test_a_baseline_may_be_a_variant_whose_other_axes_are_kept_in_every_dtype():
    variants = [
        baseline_variant("numpy_rows[dtype=float32,order=F]", dtype, EVERYONE) for dtype in ("float32", "float64")
    ]

    assert ["numpy_rows[dtype=float32,order=F]", "numpy_rows[dtype=float64,order=F]"] == [v.name for v in variants]


def test_a_baseline_without_a_dtype_leaves_that_dtype_without_one():
    taking_part = names(contenders_of(request(baseline="lists"), [SINGLE, TUNED], EVERYONE))

    assert ["lists[dtype=float64]", "lists[dtype=float64] (A/A)"] == [name for name in taking_part if "lists" in name]


def test_a_baseline_that_does_not_exist_is_misuse():
    with pytest.raises(UnknownName, match=r"unknown baseline 'numpy_row'. Did you mean 'numpy_rows'"):
        contenders_of(request(baseline="numpy_row"), EVERYONE, EVERYONE)
    with pytest.raises(Misuse, match="numpy_rows has no variant"):
        contenders_of(request(baseline="numpy_rows[order=Z]"), EVERYONE, EVERYONE)


def test_a_dtype_leaves_the_others_out():
    taking_part = names(contenders_of(request(dtypes=("float32",)), EVERYONE, EVERYONE))

    assert all("float32" in name for name in taking_part)
    assert "single[dtype=float32]" in taking_part


def test_a_dtype_that_no_variant_has_is_misuse():
    with pytest.raises(Misuse, match="--dtype float32: none of the chosen implementations has it"):
        contenders_of(request(dtypes=("float32",)), [LISTS], EVERYONE)


def test_quick_takes_the_first_dtype_of_each():
    chosen = [
        variant
        for variant in names(contenders_of(request(quick=True), EVERYONE, EVERYONE))
        if "numpy_rows" not in variant
    ]

    assert [
        "lists[dtype=float64]",
        "single[dtype=float32]",
        "tuned[order=F,dtype=float64]",
        "tuned[order=C,dtype=float64]",
    ] == chosen


def test_every_problem_and_number_of_threads_has_its_contenders():
    contenders = contenders_of(request(problems=(NIELSEN, SOFTMAX), threads=(1, 2, 1)), [LISTS], EVERYONE)

    assert 2 * 2 * 3 == len({contender.key for contender in contenders}) == len(contenders)
    # A wave is of one problem and one number of threads: the contenders come that way.
    places = [(contender.problem.name, contender.threads) for contender in contenders]
    assert 4 == 1 + sum(before != after for before, after in pairwise(places))


# --- the grid ---


def test_the_default_grid_is_the_problems_own():
    assert NIELSEN.batch_sizes == grid(NIELSEN, ())


def test_a_chosen_grid_is_sorted_and_holds_each_size_once():
    assert (1, 10, 50_000) == grid(NIELSEN, (10, "full", 1, 10, 50_000))
    assert (10, 60_000) == grid(SOFTMAX, ("full", 10))


@pytest.mark.parametrize("size", [0, -3, 50_001])
def test_a_batch_size_that_does_not_fit_is_misuse(size):
    expected = f"batch size {size} does not fit nielsen: expected 1 to 50000, or full"
    with pytest.raises(Misuse, match=expected):
        grid(NIELSEN, (10, size))
    with pytest.raises(Misuse, match=expected):
        validate_request(request(sizes=(10, size)), EVERYONE)


def test_an_invalid_request_is_refused_without_a_data_set():
    validate_request(request(), EVERYONE)
    with pytest.raises(UnknownName, match="unknown implementation 'list'"):
        validate_request(request(implementations=("list",)), EVERYONE)


# --- cells ---

CONTENDER = contenders_of(request(), [LISTS], EVERYONE)[0]


@pytest.mark.parametrize(
    ("step_seconds", "n_steps", "prefix", "once"),
    [(0.001, 40, 5, False), (0.1, 1, 1, False), (0.25, 1, 1, False), (0.26, 1, 1, True), (30.0, 1, 1, True)],
)
def test_how_a_cell_is_sampled_follows_from_the_cost_of_a_step(step_seconds, n_steps, prefix, once):
    planned = cell(CONTENDER, 10, step_seconds)

    assert (n_steps, prefix, once) == (planned.n_steps, planned.prefix_steps, planned.once_per_launch)
    assert planned.contender == CONTENDER.key
    assert pytest.approx((n_steps + prefix) * step_seconds) == planned.sample_seconds


# --- as stored ---


def test_a_variant_is_described_by_what_it_declares(tmp_path):
    (tmp_path / "maths.py").write_text("a = 1\n\n\nb = 2\n")
    contender = next(e for e in contenders_of(request(), [TUNED], EVERYONE) if not e.variant.control)
    skipping = structs.replace(contender.variant.implementation, skips_zeros=True)
    variant = replace(contender.variant, implementation=skipping)
    found = Registered(TUNED.implementation, tmp_path)
    (described,) = describe_variants([replace(contender, found=found, variant=variant)])

    assert ("tuned", "float64", "F", 2, False, True) == tuple(
        getattr(described, key) for key in ("implementation", "dtype", "order", "maths_lines", "control", "skips_zeros")
    )


def test_requests_differ_by_the_numbers_of_a_problem_and_not_by_its_texts():
    assert request().stored() == request(problems=(replace(NIELSEN, description="New words."),)).stored()
    assert request().stored() != request(problems=(replace(NIELSEN, l2=0.1),)).stored()


@pytest.mark.parametrize(("size", "n_steps"), [(1, MOST_IMAGES), (10_000, MOST_IMAGES // 10_000)])
def test_a_train_that_seems_to_take_no_time_is_not_given_endless_steps(size, n_steps):
    contender = contenders_of(request(), EVERYONE, EVERYONE)[0]

    assert n_steps == cell(contender, size, 0.0).n_steps


def test_samples_are_longer_where_a_call_of_train_takes_much_by_itself():
    slow_to_call = made("slow", dtype=("float32",))
    slow_to_call = replace(slow_to_call, implementation=structs.replace(slow_to_call.implementation, call_seconds=0.1))
    contender = contenders_of(request(dtypes=("float32",)), [slow_to_call, ROWS], [slow_to_call, ROWS])[0]

    assert 1000 == cell(contender, 10, 1e-3).n_steps
    assert 40 == cell(CONTENDER, 10, 1e-3).n_steps


def test_a_plan_says_how_many_images_there_are_and_which_share_of_their_pixels_is_not_0(tmp_path):
    data = easy_data(tmp_path)
    record = describe_data(data)
    nonzero = sum(np.count_nonzero(image) for image in data.train_images)

    assert (record.n_train, record.n_test) == (N_TRAIN, N_TEST)
    assert record.nonzero_share == pytest.approx(nonzero / (784 * N_TRAIN))
    assert msgspec.json.decode(msgspec.json.encode(record), type=type(record)) == record
