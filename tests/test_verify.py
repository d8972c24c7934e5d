"""The gate lets honest implementations through and turns back every member of the zoo, saying why."""

from dataclasses import replace

import numpy as np
import pytest
from broken import ZOO
from broken.member import Member, NumpyRows

from harness.verify import gate, twin
from harness.workloads import find_problem, shipped_names

N_TRAIN = 300
DTYPES = ("float32", "float64")


def small(name):
    """The workload with 7 × 7 pixels and 300 images: its coefficients, loss, reduction and depth are kept."""
    problem = find_problem(name)
    return replace(problem, n_train=N_TRAIN, layers=(49, *problem.layers[1:]))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("trajectories")


@pytest.fixture(scope="module")
def data():
    random = np.random.default_rng(0)
    pixels = random.integers(1, 256, (N_TRAIN, 49))
    images = np.where(random.random(pixels.shape) < 0.19, pixels, 0).astype(np.uint8)
    return images, random.integers(0, 10, N_TRAIN).astype(np.uint8)


def passes_the_gate(implementation, problem, data, dtype, batch_size, folder, **options):
    """Load the implementation and return what the gate says."""
    images, labels = data
    trained = implementation(dtype=dtype, order="C")
    trained.load(problem, (images / 255.0).astype(dtype), labels)

    def train(state, order):
        trained.reset(state)
        losses = trained.train(order)
        return trained.params(), losses

    return gate(train, problem, images, labels, batch_size, 3, dtype, folder=folder, data_sha256="made up", **options)


@pytest.mark.parametrize("batch_size", [1, 2, 7, 100, N_TRAIN])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", shipped_names())
def test_the_baseline_passes_with_its_own_coefficients_and_the_twin_s(name, dtype, batch_size, data, folder):
    for problem in (small(name), twin(small(name))):
        check = passes_the_gate(NumpyRows, problem, data, dtype, batch_size, folder)

        assert (check.status, check.reason) == ("passed", "")
        assert check.error < check.bound


@pytest.mark.parametrize("name", shipped_names())
@pytest.mark.parametrize("member", ZOO, ids=lambda member: member.__name__)
def test_every_member_of_the_zoo_is_turned_back_for_the_reason_its_name_says(member, name, data, folder):
    for dtype in member.declared:
        problems = [problem for problem in (small(name), twin(small(name))) if member.matters(problem)]
        checks = [passes_the_gate(member, problem, data, dtype, 7, folder) for problem in problems]
        if not checks:
            continue
        rejected = [check for check in checks if check.status == "failed" and member.phrase in check.reason]

        assert rejected, [check.reason or check.status for check in checks]
        if member.numerical:
            assert max(check.error / check.bound for check in rejected) > 10
