"""Mistakes that need no author are made in every kernel, and each is another result."""

from dataclasses import replace

import numpy as np
import pytest
from kernel_folder import KERNEL, REFERENCE, write_kernel

from paragone.task.kernel.kernel_file import read_kernel
from paragone.task.kernel.mistakes import Computation, misread, mistakes_of, to_bfloat16, to_half
from paragone.task.kernel.perturbation import Expected, Spread, expect
from paragone.task.kernel.reference import Reference, load_reference
from paragone.task.kernel.spec import ArraySpec


def computation_of(tmp_path, text=REFERENCE, **changes):
    folder = write_kernel(tmp_path, text, **changes)
    spec = read_kernel(folder)
    reference = load_reference(folder, spec)
    inputs = reference.inputs(1, "random", spec, 10)
    return Computation(spec, reference, inputs, 10, expect(reference, spec, inputs, 10))


def by_sentence(computation):
    return {mistake.sentence: mistake.results() for mistake in mistakes_of(computation)}


def test_each_of_them_changes_the_results_and_not_the_right_ones(tmp_path):
    computation = computation_of(tmp_path)
    before = computation.expected.outputs["D"].copy()
    results = by_sentence(computation)

    same = [sentence for sentence, got in results.items() if np.allclose(got["D"], before, rtol=1e-9)]
    assert same == []
    assert np.array_equal(computation.expected.outputs["D"], before)
    assert len(results) > 20


def test_an_edge_that_is_missed_is_an_edge(tmp_path):
    computation = computation_of(tmp_path)
    right, results = computation.expected.outputs["D"], by_sentence(computation)

    assert results["the last number of D were left at 0"]["D"].tolist() == [*right[:-1], 0]
    assert results["the first number of D were left at 0"]["D"].tolist() == [0, *right[1:]]
    assert results["the last number of D were that before it"]["D"].tolist() == [*right[:-1], right[-2]]
    assert results["D were shifted by one number"]["D"].tolist() == [right[-1], *right[:-1]]


def test_an_input_that_is_misread_is_given_to_the_reference(tmp_path):
    computation = computation_of(tmp_path)
    X, centre = computation.inputs["X"], computation.inputs["centre"]
    results = by_sentence(computation)

    without = np.linalg.norm((X - centre) * [1, 1, 0] - [0, 0, 0] + [0, 0, 1] * (0 * X - centre), axis=1)
    assert results["the last column of X were missed"]["D"] == pytest.approx(without)
    other = np.ascontiguousarray(X.T).reshape(10, 3)
    assert results["X were read in the memory order of its transpose"]["D"] == pytest.approx(
        np.linalg.norm(other - centre, axis=1)
    )


def test_mistakes_of_the_author_come_first(tmp_path):
    computation = computation_of(tmp_path, REFERENCE + '\n\nMISTAKES = {"x": lambda X, centre, *, n, d: X[:, 0]}\n')
    first = next(mistakes_of(computation))

    assert first.sentence == "x"
    assert first.results()["D"].tolist() == computation.inputs["X"][:, 0].tolist()


def test_a_state_may_miss_a_step(tmp_path):
    arrays = (ArraySpec("u", "inout", ("n",)),)
    spec = replace(read_kernel(write_kernel(tmp_path)), arrays=arrays, form="steps", size_names=("n",), constants=())
    reference = Reference(lambda rng, case, n: {"u": rng.uniform(1, 2, n)}, lambda u, n: 2 * u)
    u = np.arange(1.0, 4.0)
    computation = Computation(spec, reference, {"u": u}, 3, Expected({"u": 8 * u}, Spread({"u": 1.0}), n_steps=3))
    results = by_sentence(computation)

    assert results["one step were missing"]["u"].tolist() == (4 * u).tolist()
    assert results["one step too many were taken"]["u"].tolist() == (16 * u).tolist()
    assert results["u were left as before"]["u"].tolist() == u.tolist()


def test_arrays_of_one_shape_may_be_swapped_or_copied(tmp_path):
    arrays = [*KERNEL["arrays"][:2], 'D = { role = "out", shape = ["d"] }', 'E = { role = "out", shape = ["d"] }']
    text = REFERENCE.replace("np.sqrt(((X - centre) ** 2).sum(axis=1))", "centre - X[0], 2 * centre")
    computation = computation_of(tmp_path, text, arrays=arrays)
    right, results = computation.expected.outputs, by_sentence(computation)

    assert results["D and E were swapped"]["D"].tolist() == right["E"].tolist()
    assert results["D were a copy of centre"]["D"].tolist() == computation.inputs["centre"].tolist()


def test_results_of_another_call_are_those_of_another_set(tmp_path):
    computation = computation_of(tmp_path)
    other = {"D": np.arange(10.0)}
    found = [m for m in mistakes_of(replace(computation, other_results=[other])) if m.kind == "results of another call"]

    assert [mistake.results() for mistake in found] == [other]


def test_low_precision_keeps_so_many_digits():
    assert to_half(np.array([1 + 2**-10, 1 + 2**-12])).tolist() == [1 + 2**-10, 1]
    assert to_bfloat16(np.array([1 + 2**-7, 1 + 2**-9, -3e38])).tolist()[:2] == [1 + 2**-7, 1]


def test_a_square_matrix_misread_is_its_transpose():
    x = np.arange(9.0).reshape(3, 3)

    assert misread(x).tolist() == x.T.tolist()
