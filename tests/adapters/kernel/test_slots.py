"""The memory of the calls: where arrays lie, what lies between them, which slot a call has, what is seen afterwards."""

import numpy as np
import pytest
from small_kernels import kernel_folder, order, ring

from paragone.adapters.kernel import slots as slots_module
from paragone.adapters.kernel.slots import ALIGNMENT, Slots
from paragone.errors import MeasurementFailed, VerificationFailed
from paragone.task.kernel.kernel_file import read_kernel

SIZE, SETS = 5, 3


@pytest.fixture
def slots(tmp_path):
    """Return a function that makes filled slots of the kernel "sort", with these copies."""

    def make(copies=1, name="sort", size=SIZE, dtype="float32", order="C"):
        folder = kernel_folder(tmp_path, name)
        made = Slots(read_kernel(folder), size, SETS, copies, dtype, order)
        made.fill(ring(folder, size, SETS).arrays)
        return made

    return make


def call(slots, n_calls=SETS):
    """Calls that do nothing."""
    return slots.of_calls(order(n_calls, SETS))


def test_every_array_of_every_slot_begins_at_a_line_of_the_cache(slots):
    made = slots(copies=2)

    for memory in made.memory.values():
        found = [array.ctypes.data for array in memory.slots]
        assert [address % ALIGNMENT for address in found] == [0] * 2 * SETS
        assert found == memory.addresses.tolist()
        assert min(np.diff(found)) >= memory.n_bytes + ALIGNMENT, "a guard lies between two"


def test_of_results_that_were_not_written_every_other_is_nan_or_large_and_odd_and_the_rest_cannot_be_foreseen(slots):
    drawn = set()
    for _ in range(60):
        made = slots()
        call(made)
        total, places = (made.results()[name][:, 0] for name in ("total", "places"))
        is_odd = abs(places) > 1 << 60
        drawn |= {*total[np.isfinite(total)].tolist(), *places[~is_odd].tolist()}

        assert np.isnan(total).tolist() in ([True, False, True], [False, True, False])
        assert is_odd.tolist() in ([True, False, True], [False, True, False])
        assert (places[is_odd] % 2 == 1).all()
    assert len(drawn) > 40


def test_later_the_rest_are_results_of_other_inputs_which_look_right(slots):
    made, found = slots(), set()
    for _ in range(60):
        made.memory["total"].slots[:] = 7
        made.fill(made.given)
        call(made)
        found.add(str(made.results()["total"][:, 0].tolist()))

    assert found == {"[7.0, nan, 7.0]", "[nan, 7.0, nan]"}


def test_a_set_without_a_call_has_no_result_not_even_its_input(slots):
    made = slots()
    made.of_calls(np.array([[1]]))

    assert np.isnan(made.results()["a"]).all(axis=1).tolist() == [True, False, True]


def test_each_call_of_a_train_has_a_slot_of_its_own_as_long_as_there_are_copies(slots):
    made = slots(copies=4)
    first, second = call(made, 5), call(made, 3)

    assert len({*first.tolist(), *second.tolist()}) == 8
    assert (first % SETS == order(5, SETS)[:, 0]).all()
    assert sorted(made.last_used() % SETS) == [0, 1, 2]


def test_a_slot_that_a_train_in_parts_has_used_is_not_used_by_the_next_part(slots):
    made = slots(copies=6)
    parts = [call(made, n_calls).tolist() for n_calls in (4, 4, 2)]

    assert len({slot for part in parts for slot in part}) == 10
    assert made.n_unused == 3


def test_a_thousand_trains_between_two_resets_leave_the_last_slots_alone(slots):
    made = slots()
    for number in [0] + [2] * 999:
        made.of_calls(np.array([[number]]))

    assert made.last_used().tolist() == [0, -1, 2]
    assert made.n_calls == 1000


def test_a_set_that_only_the_first_call_of_a_long_train_visits_is_not_forgotten(slots):
    made = slots()
    made.of_calls(np.array([[1], *[[0], [2]] * 20]))

    assert made.last_used().tolist() == [0, 1, 2]


def test_the_result_of_a_set_is_that_of_its_last_call(slots):
    made = slots(copies=2)
    for number, slot in enumerate(call(made, 6)):
        made.memory["total"].slots[slot] = number
    last = [max(i for i, s in enumerate(order(6, SETS)[:, 0]) if s == wanted) for wanted in range(SETS)]

    assert made.results()["total"][:, 0].tolist() == last


def test_reals_come_back_as_float64_and_whole_numbers_as_they_are(slots):
    made = slots()
    call(made)

    assert {name: array.dtype.name for name, array in made.results().items()} == {
        "a": "float64",
        "places": "int64",
        "total": "float64",
    }


def test_results_are_copies(slots):
    made = slots()
    call(made)
    results = made.results()
    made.memory["a"].slots[:] = -1

    assert (results["a"] >= 0).all()


def test_arrays_in_fortran_order_hold_the_same_numbers_column_by_column(slots):
    by_rows, by_columns = (slots(name="pairwise", size=4, order=one).memory["X"].slots[0] for one in "CF")

    assert (by_rows == by_columns).all()
    assert (by_rows.flags.c_contiguous, by_columns.flags.f_contiguous) == (True, True)


@pytest.mark.parametrize("value", [-0.0, np.nan])
def test_an_input_with_another_bit_is_found_in_any_set(slots, value):
    made = slots(name="pairwise", size=4)
    made.given["X"][2, 3, 1] = 0.0
    made.fill(made.given)
    call(made)
    made.refuse_damage()

    made.memory["X"].slots[2, 3, 1] = value
    with pytest.raises(VerificationFailed, match=r"^it changes its input X$"):
        made.refuse_damage()


def test_an_input_that_holds_nan_is_not_taken_for_a_changed_one(slots):
    made = slots(name="pairwise", size=4)
    made.given["X"][0] = np.nan
    made.fill(made.given)
    call(made)

    made.refuse_damage()


@pytest.mark.parametrize("place", [-1, SIZE])
@pytest.mark.parametrize("slot", [0, SETS - 1])
def test_a_number_written_beside_an_array_is_found(slots, place, slot):
    made = slots()
    call(made)
    memory = made.memory["places"]
    numbers = memory.bytes.view(np.int64)
    numbers[(ALIGNMENT + slot * memory.stride) // 8 + place] = 3

    with pytest.raises(VerificationFailed, match="writes outside of places"):
        made.refuse_damage()


def test_more_memory_than_a_machine_has_for_copies_is_refused_with_numbers(slots, monkeypatch):
    monkeypatch.setattr(slots_module, "MOST_COPIES_BYTES", 1000)

    with pytest.raises(MeasurementFailed, match=r"300 calls with inputs of their own need 0\.0 GB, and"):
        slots(copies=100)
    slots(copies=1, size=1000)
