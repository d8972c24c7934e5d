"""What a kernel's description says of sizes, shapes, sums and bytes."""

import json
from dataclasses import replace

import pytest
from kernel_folder import write_kernel

from paragone.task.kernel.kernel_file import read_kernel
from paragone.task.kernel.spec import ArraySpec, KernelSpec


@pytest.fixture
def spec(tmp_path):
    return read_kernel(write_kernel(tmp_path))


def test_shapes_and_counts_follow_the_size(spec):
    assert [spec.shape(array, 10) for array in spec.arrays] == [(10, 3), (3,), (10,)]
    assert spec.evaluate(spec.flops, 10) == 100


def test_an_array_that_is_both_is_an_input_and_an_output(spec):
    both = replace(spec, arrays=(*spec.arrays, ArraySpec("u", "inout", ("n",))))

    assert [array.name for array in both.inputs_of()] == ["X", "centre", "u"]
    assert [array.name for array in both.outputs_of()] == ["D", "u"]


def test_it_goes_through_json_unchanged(spec):
    stated = replace(spec, tolerance=(("float32", 1e-3), ("float64", 1e-7)))

    assert KernelSpec.from_json(json.loads(json.dumps(stated.to_json()))) == stated


def test_the_longest_sum_is_as_declared(spec):
    assert replace(spec, terms="d").n_terms(10) == 3


def test_where_nothing_is_declared_it_is_no_shorter_than_it_can_be(spec):
    assert spec.n_terms(4) == 10  # operations for each distance
    assert spec.n_terms(1000) == 1000  # the longest axis
    assert replace(spec, flops="").n_terms(4) == 4


def test_the_bytes_of_a_call_are_those_of_its_arrays(spec):
    whole = replace(spec, arrays=(*spec.arrays, ArraySpec("k", "in", ("n",), "uint8")))

    assert spec.set_bytes(10, "float64") == 8 * (30 + 3 + 10)
    assert whole.set_bytes(10, "float32") == 4 * (30 + 3 + 10) + 10


def test_what_is_read_and_written_moves_twice_unless_the_file_says_otherwise(spec):
    both = replace(spec, arrays=(ArraySpec("u", "inout", ("n",)),))

    assert both.moved_bytes(10, "float64") == 160
    assert replace(both, values="3*n").moved_bytes(10, "float32") == 120


def test_the_fingerprint_is_of_what_decides_the_numbers(spec):
    assert replace(spec, description="other", grid=(7,), baseline="c").fingerprint() == spec.fingerprint()
    assert replace(spec, terms="d").fingerprint() != spec.fingerprint()
