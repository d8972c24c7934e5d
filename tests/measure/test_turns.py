"""Whose turn it is: cells one after the other, and samples that alternate in parts."""

from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np
import pytest
from msgspec import structs

from paragone.errors import MeasurementFailed
from paragone.measure.turns import in_parts, samples_taken, turns_of, whole
from paragone.store.plan_records import Cell
from paragone.task.mlp.problem_files import find_problem
from paragone.verify.inputs import RoundInputs
from paragone.worker.replies import Timing


class Noting:
    """A worker that notes in a log, shared with others, which of its steps were taken."""

    alive, waited_ns = True, 1

    def __init__(self, name, log, fails_at=None):
        self.name, self.log, self.fails_at = name, log, fails_at

    def prepare(self, start, prefix):
        self.log.append((self.name, "prepare"))

    def reset(self, start, n_steps):
        self.log.append((self.name, "reset"))

    def take_sample(self, order):
        self.log.append((self.name, len(order)))
        if self.log.count((self.name, len(order))) == self.fails_at:
            raise MeasurementFailed("no more")
        return Timing(n_steps=len(order), elapsed_ns=1, cpu_ns=1)


def cell(size=10, n_steps=8, once=False):
    return Cell("nielsen", "member", size, 1, n_steps, 4, 1e-3, once_per_launch=once)


def taken(todo, n_parts=4, seed=1):
    """Take all turns; the samples that are whole, and (name, reason) of those that failed."""
    failed = []

    @contextmanager
    def ending(member, cell):
        try:
            yield
        except MeasurementFailed as error:
            failed.append((member.worker.name, str(error)))

    random = np.random.default_rng(seed)
    inputs = RoundInputs([each for _, each in todo], {"nielsen": find_problem("nielsen")})
    whole_ones = []
    for turn in turns_of(todo, random, n_parts):
        whole_ones += samples_taken(turn, inputs, n_parts, random, ending)
    return whole_ones, failed


def members(log, *names, **fails_at):
    return [SimpleNamespace(worker=Noting(name, log, fails_at.get(name))) for name in names]


def test_between_two_parts_of_a_sample_every_other_of_its_point_has_one_part():
    log = []
    taken([(member, cell()) for member in members(log, "a", "b", "c")])

    parts = [name for name, what in log if what == 2]
    assert 12 == len(parts)
    assert [{"a", "b", "c"}] * 4 == [set(parts[i : i + 3]) for i in range(0, 12, 3)]
    assert len({tuple(parts[i : i + 3]) for i in range(0, 12, 3)}) > 1


def test_cells_of_another_size_take_their_turn_before_or_after():
    log = []
    a, b = members(log, "a", "b")
    taken([(member, each) for member in (a, b) for each in (cell(10), cell(100, n_steps=4))])

    lengths = [what for _, what in log if what in (1, 2)]
    assert lengths in ([2] * 8 + [1] * 8, [1] * 8 + [2] * 8)


def test_samples_in_one_part_follow_each_other_whole():
    log = []
    taken([(member, cell()) for member in members(log, "a", "b")], n_parts=1)

    assert [name for name, _ in log] in (["a"] * 3 + ["b"] * 3, ["b"] * 3 + ["a"] * 3)
    assert [8, 8] == [what for _, what in log if isinstance(what, int)]


@pytest.mark.parametrize("fails_at", [1, 3])
def test_a_sample_that_fails_in_a_part_ends_alone(fails_at):
    log = []
    whole_ones, failed = taken([(member, cell()) for member in members(log, "a", "b", a=fails_at)])

    assert [("a", "no more")] == failed
    assert ["b"] == [member.worker.name for member, _ in whole_ones]
    assert (fails_at, 4) == (log.count(("a", 2)), log.count(("b", 2)))


def test_a_worker_that_has_died_gets_no_further_sample():
    log = []
    dead, alive = members(log, "a", "b")
    dead.worker.alive = False
    whole_ones, failed = taken([(dead, cell()), (alive, cell())])

    assert (["b"], []) == ([member.worker.name for member, _ in whole_ones], failed)
    assert "a" not in {name for name, _ in log}


def test_a_planned_cell_has_the_steps_of_a_part_and_its_sample_those_of_all():
    (part,) = in_parts([cell(n_steps=40)], 8)

    assert (5, 0) == (part.n_steps, part.prefix_steps)
    assert 40 == whole(part, 8).n_steps
    assert 1 == in_parts([cell(n_steps=3)], 8)[0].n_steps


def test_versions_of_a_variant_and_its_control_have_the_steps_of_the_one_with_the_fewest():
    names = {"one@a[dtype=float32]": 80, "one@a[dtype=float32] (A/A)": 96, "one@b[dtype=float32]": 88, "other": 8000}
    planned = [structs.replace(cell(n_steps=n), variant=name) for name, n in names.items()]

    assert [10, 10, 10, 1000] == [each.n_steps for each in in_parts(planned, 8)]
    assert planned == in_parts(planned, 1)


def test_what_is_sampled_once_in_a_launch_has_one_part():
    once = cell(n_steps=1, once=True)

    assert 1 == in_parts([once], 8)[0].n_steps
    assert once == whole(once, 8)
