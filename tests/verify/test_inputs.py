"""The inputs of samples: shared by all variants of a round, and never the same again."""

from dataclasses import replace

import numpy as np

from paragone.store.plan_records import Cell
from paragone.task.mlp.problem_files import find_problem
from paragone.verify.inputs import RoundInputs, SampleInput

PROBLEM = replace(find_problem("nielsen"), n_train=60, layers=(784, 4, 10))
PROBLEMS = {"nielsen": PROBLEM}


def cell(variant: str, size: int, n_steps: int) -> Cell:
    return Cell("nielsen", variant, size, 1, n_steps, 1, 1e-3, once_per_launch=False)


def test_variants_of_one_batch_size_have_one_input_whatever_the_length_of_their_samples():
    short, long = cell("a", 5, 3), cell("b", 5, 40)
    inputs = RoundInputs([short, long], PROBLEMS)

    assert inputs.of(short) is inputs.of(long)
    assert {3, 40} == inputs.of(short).lengths
    np.testing.assert_array_equal(inputs.of(short).order(3), inputs.of(long).order(40)[:3])


def test_another_batch_size_has_another_order():
    inputs = RoundInputs([cell("a", 5, 3), cell("a", 6, 3)], PROBLEMS)
    first, second = inputs.of(cell("a", 5, 3)), inputs.of(cell("a", 6, 3))

    assert not np.array_equal(first.order(3), second.order(3)[:, :5])


def test_every_round_has_a_start_and_an_order_of_its_own():
    drawn = [RoundInputs([cell("a", 5, 3)], PROBLEMS).of(cell("a", 5, 3)) for _ in range(20)]

    assert 20 == len({input_.start.digest() for input_ in drawn})
    assert 20 == len({input_.order(3).tobytes() for input_ in drawn})


def test_the_prefix_has_nothing_of_the_order_of_the_sample():
    input_ = SampleInput(PROBLEM, 5, frozenset({12}), seed=7)

    assert not {row.tobytes() for row in input_.prefix(12)} & {row.tobytes() for row in input_.order(12)}


def test_the_seed_gives_start_and_order_again():
    drawn = RoundInputs([cell("a", 5, 3)], PROBLEMS).of(cell("a", 5, 3))
    again = SampleInput(PROBLEM, 5, frozenset({3}), drawn.seed)

    assert drawn.start.digest() == again.start.digest()
    np.testing.assert_array_equal(drawn.order(3), again.order(3))
