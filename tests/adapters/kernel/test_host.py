"""The verbs of a kernel's implementation: sizes in turn, copies where calls need them, what a train may not do."""

from dataclasses import replace

import numpy as np
import pytest
from small_kernels import distances, kernel_folder, opened, order, results, ring

from paragone.adapters.kernel import host
from paragone.errors import MeasurementFailed
from paragone.task.kernel.kernel_file import read_kernel
from paragone.task.kernel.problem import KernelState

ROWS = '''
    """Rows."""
    def run(X, D):
        D[:] = ((X[:, None] - X) ** 2).sum(axis=2)
'''
# An input that is sorted already has its places in order.
IN_PLACE = '''
    """In place."""
    def run(a, places, total):
        places[:] = a.argsort(kind="stable")
        a.sort()
        total[...] = a.sum()
'''


@pytest.fixture
def rows(tmp_path):
    return opened(kernel_folder(tmp_path, files={"rows.py": ROWS}), "rows")


@pytest.fixture
def in_place(tmp_path):
    return opened(kernel_folder(tmp_path, "sort", files={"in_place.py": IN_PLACE}), "in_place")


def folder_of(implementation):
    return implementation.declared.path.parent


def test_sizes_and_numbers_of_sets_take_turns(rows):
    for size, n_sets in ((4, 3), (9, 2), (4, 3), (4, 5)):
        state = ring(folder_of(rows), size, n_sets)

        assert np.allclose(results(rows, state)["D"], distances(state), rtol=1e-14)


def test_each_sample_has_the_inputs_of_its_own_reset(rows):
    first, second = (ring(folder_of(rows), 4, seed=seed) for seed in (1, 2))
    results(rows, first)

    assert np.allclose(results(rows, second)["D"], distances(second), rtol=1e-14)


def test_a_train_in_parts_ends_as_one_in_one_piece(rows):
    state = ring(folder_of(rows), 4)
    rows.reset(state)
    for part in np.split(order(9), 3):
        rows.train(part)

    assert (rows.params().arrays["D"] == results(rows, state, 9)["D"]).all()


@pytest.mark.parametrize("is_expected", [True, False])
@pytest.mark.parametrize("n_calls", [1, 3, 50])
def test_a_call_that_changes_its_input_never_meets_one_that_was_changed(in_place, n_calls, is_expected):
    state = ring(folder_of(in_place), 8)
    if is_expected:
        in_place.expect(n_calls)
    given = state.arrays["a"]
    in_place.reset(state)
    calls = order(n_calls)
    in_place.train(calls)
    found, called = in_place.params().arrays, sorted({*calls[:, 0].tolist()})

    assert (found["places"][called] == given.argsort(axis=1, kind="stable")[called]).all()
    assert (found["a"][called] == np.sort(given, axis=1)[called]).all()


def test_the_copies_that_a_train_lacked_are_there_at_the_next_reset(in_place):
    state = ring(folder_of(in_place), 8)
    results(in_place, state, 50)
    in_place.reset(state)

    assert in_place.slots.n_slots >= 50
    in_place.reset(ring(folder_of(in_place), 5))
    assert in_place.slots.n_slots == 3, "another size has another number of calls"


def test_calls_beyond_the_inputs_of_a_reset_are_refused(in_place):
    results(in_place, ring(folder_of(in_place), 8), 50)

    with pytest.raises(MeasurementFailed, match="there are no inputs left: reset comes first"):
        in_place.train(order(50))


def test_cold_inputs_are_more_than_the_last_cache_holds(tmp_path, monkeypatch):
    monkeypatch.setattr(host, "last_cache_bytes", lambda: 10_000)
    cold = {'cases = ["uniform"]': 'cases = ["uniform"]\ncache = "cold"'}
    folder = kernel_folder(tmp_path, files={"rows.py": ROWS}, **cold)
    rows, state, seen = opened(folder, "rows"), ring(folder, 9), []
    call = rows.call
    monkeypatch.setattr(rows, "call", lambda slots: seen.append(slots) or call(slots))
    found = results(rows, state, 200)

    assert read_kernel(folder).set_bytes(9, "float64") * rows.slots.n_slots > 2 * 10_000
    assert np.allclose(found["D"], distances(state), rtol=1e-14)
    assert len({*seen[-1].tolist()}) == rows.slots.n_slots, "each address is visited"


def test_a_train_without_a_reset_is_refused(tmp_path):
    rows = opened(kernel_folder(tmp_path, files={"rows.py": ROWS}), "rows")

    with pytest.raises(MeasurementFailed, match="reset comes before train"):
        rows.train(order(3))


def test_loading_again_forgets_the_memory_of_before(rows):
    results(rows, ring(folder_of(rows), 4))
    rows.load(rows.problem)

    assert rows.slots is None


def test_a_kernel_without_inputs_has_as_many_sets_as_the_order_of_its_calls_visits(tmp_path):
    text = '"""A."""\ndef run(n, D):\n    D[:] = n\n'
    no_inputs = {'X = { role = "in", shape = ["n", "d"] }': ""}
    folder = kernel_folder(tmp_path, files={"fills.py": text}, **no_inputs)
    fills = opened(folder, "fills")
    fills.reset(KernelState({}, 4))
    fills.train(fills.problem.order(1, 40, 4))

    assert (fills.params().arrays["D"] == 4).all()
    assert len(fills.params().arrays["D"]) == fills.problem.n_sets(4) > 1


def test_what_it_gives_is_a_state_of_its_size_which_counts_the_steps_of_one_that_evolves(in_place, tmp_path):
    in_place.reset(ring(folder_of(in_place), 8))
    in_place.train(order(5))
    text = '"""A."""\ndef run(u, k):\n    u += k\n'
    evolves = opened(kernel_folder(tmp_path, "heat", files={"evolves.py": text}), "evolves")
    evolves.reset(replace(ring(folder_of(evolves), 6), step=10))
    evolves.train(np.zeros((5, 1), np.int64))

    assert [(each.params().size, each.params().step) for each in (in_place, evolves)] == [(8, 0), (6, 15)]
