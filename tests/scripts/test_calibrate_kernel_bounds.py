"""The zoo of small kernels: honest variants stay far below their bounds, mistakes lie above, or a reason is given."""

import sys

import pytest

from paragone.files.paths import PROJECT

sys.path.insert(0, str(PROJECT / "scripts"))
import calibrate_kernel_bounds as calibration
from kernel_bounds.calibrated import KERNELS
from kernel_bounds.held_out import HELD_OUT
from kernel_bounds.unstable import UNSTABLE

# What is not found, with the reason.
NOT_FOUND = {
    "exp_sum: half precision inside": "the mean of many exponentials hardly moves when each is rounded",
    "variance: sums in half precision": "one number may come out right by chance",
}
LARGEST_RATIO = 0.5  # of honest variants; the calibration found less


@pytest.fixture(params=KERNELS, ids=lambda kernel: kernel.name)
def kernel(request):
    return request.param


def test_there_are_eight_kernels_or_more():
    assert len(KERNELS) >= 8


def test_every_honest_variant_passes_far_below_its_bound(kernel):
    worst = calibration.worst_of(kernel, 32, 1)["all"]

    assert worst[0] < LARGEST_RATIO, worst[1]


@pytest.mark.parametrize("kernel", HELD_OUT, ids=lambda kernel: kernel.name)
def test_so_does_every_variant_of_kernels_with_which_nothing_was_calibrated(kernel):
    worst = calibration.worst_of(kernel, 100, 1)["all"]

    assert worst[0] < LARGEST_RATIO, worst[1]


@pytest.mark.parametrize("kernel", UNSTABLE, ids=lambda kernel: kernel.name)
def test_what_loses_digits_is_rejected(kernel):
    worst = calibration.worst_of(kernel, 1000, 1)["all"]

    assert worst[0] > 1


def test_every_mistake_is_rejected_or_a_reason_is_given(kernel):
    zoo = calibration.Zoo()
    zoo.fill(kernel, 100, 1)

    assert zoo.tried > 20
    assert [line for line in zoo.passed if ": ".join(line.split(": ")[:2]) not in NOT_FOUND] == []
