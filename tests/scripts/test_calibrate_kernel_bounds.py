"""The zoo of small kernels: honest variants stay far below their bounds, mistakes lie above, or a reason is given."""

import sys

import pytest

from paragone.files.paths import PROJECT

sys.path.insert(0, str(PROJECT / "scripts"))
import calibrate_kernel_bounds as calibration
import calibrated_kernels
import held_out_kernels

# What is not found, with the reason.
NOT_FOUND = {
    "exp_sum: half precision inside": "the mean of many exponentials hardly moves when each is rounded",
    "variance: sums in half precision": "one number may come out right by chance",
}
LARGEST_RATIO = 0.5  # of honest variants; the calibration found less


@pytest.fixture(params=calibrated_kernels.KERNELS, ids=lambda kernel: kernel.name)
def kernel(request):
    return request.param


def test_there_are_eight_kernels_or_more():
    assert len(calibrated_kernels.KERNELS) >= 8


def test_every_honest_variant_passes_far_below_its_bound(kernel):
    worst = calibration.worst_of(kernel, 32, 1)["all"]

    assert worst[0] < LARGEST_RATIO, worst[1]


@pytest.mark.parametrize("kernel", held_out_kernels.HELD_OUT, ids=lambda kernel: kernel.name)
def test_so_does_every_variant_of_kernels_with_which_nothing_was_calibrated(kernel):
    worst = calibration.worst_of(kernel, 100, 1)["all"]

    assert worst[0] < LARGEST_RATIO, worst[1]


@pytest.mark.parametrize("kernel", held_out_kernels.UNSTABLE, ids=lambda kernel: kernel.name)
def test_what_loses_digits_is_rejected(kernel):
    worst = calibration.worst_of(kernel, 1000, 1)["all"]

    assert worst[0] > 1


def test_every_mistake_is_rejected_or_a_reason_is_given(kernel):
    zoo = calibration.Zoo()
    zoo.fill(kernel, 100, 1)

    assert zoo.tried > 20
    assert [line for line in zoo.passed if ": ".join(line.split(": ")[:2]) not in NOT_FOUND] == []
