"""Copies run the original's code; a slowed one takes exactly its share longer."""

from dataclasses import replace

import numpy as np
import pytest
from described_here import class_of

from paragone.implementation.contract import variants
from paragone.implementation.importing import instance_of
from paragone.implementation.registry import discover, read_folder
from paragone.selftest import slowed_copies
from paragone.selftest.parts import original
from paragone.selftest.slowed_copies import copies, write_copies

COPIES = copies(4, [0.05], 2)
N_TRAIN, N_STEPS = 60, 3


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("copies")
    write_copies(original(), COPIES, folder)
    return folder


def test_copies_are_found_as_plugins_and_train_to_the_original_s_bits(written, tmp_path):
    from paragone.task.mlp.problem_files import find_problem

    problem = replace(find_problem("nielsen"), n_train=N_TRAIN, batch_sizes=(2,))
    random = np.random.Generator(np.random.PCG64(2))
    images = random.random((N_TRAIN, 784), np.float32)
    labels = random.integers(0, 10, N_TRAIN, np.uint8)
    by_name = {entry.name: entry for entry in discover(plugins=[str(written)])[0]}
    digests = set()
    for name in ("numpy_rows", "copy_1", "slowed_50_permille_2"):
        made = instance_of(next(variants(by_name[name].implementation)))
        made.load(problem, images, labels)
        made.reset(problem.start_state(1))
        made.train(problem.order(1, N_STEPS, 2))
        digests.add(made.params().digest())

    assert len(digests) == 1
    assert {copy.name for copy in COPIES} <= by_name.keys()


def test_an_identical_copy_runs_the_very_function_of_the_original(written):
    (copy,) = read_folder(written / "copy_1")

    assert copy.train is class_of(original().implementation).train


def test_a_slowed_copy_takes_its_own_time_and_exactly_that_share_more(monkeypatch):
    now = [0]

    class Base:
        def train(self, order):
            now[0] += 1_000_000
            return "losses"

    class Copy(slowed_copies.Slowed):
        slowdown = 0.05
        formulas = None

    def clock():
        now[0] += 100
        return now[0]

    Copy.__bases__ = (slowed_copies.Slowed,)
    monkeypatch.setattr(slowed_copies.ArrayImplementation, "train", Base.train)
    monkeypatch.setattr(slowed_copies.time, "perf_counter_ns", clock)

    assert Copy.train(object.__new__(Copy), None) == "losses"
    assert now[0] == pytest.approx(1_050_000, abs=400)
