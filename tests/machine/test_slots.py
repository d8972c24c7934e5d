"""CPUs for workers at once: beside those of a timed worker, on its memory node, as far as quota and memory go."""

import pytest

from paragone.machine import slots
from paragone.machine.hardware import node_cpus
from paragone.machine.slots import UNTIMED_BYTES, untimed_slots


@pytest.fixture
def machine(monkeypatch):
    """A function that makes this a machine with these CPUs, nodes, quota and memory."""

    def make(cpus=range(8), node=range(8), quota=None, memory_bytes=100 * UNTIMED_BYTES):
        cpus = tuple(cpus)
        monkeypatch.setattr(slots, "usable_cpus", lambda: cpus)
        monkeypatch.setattr(slots, "worker_cpus", lambda threads: cpus[-threads:])
        monkeypatch.setattr(slots, "node_cpus", lambda cpu: set(node))
        monkeypatch.setattr(slots, "cpu_quota", lambda: quota)
        monkeypatch.setattr(slots, "memory_limit_bytes", lambda: memory_bytes)

    return make


def test_the_first_slot_is_that_of_a_timed_worker_and_no_cpu_is_in_two(machine):
    machine(range(4))
    assert [(3,), (2,), (1,), (0,)] == untimed_slots(1)
    assert [(2, 3), (1, 0)] == untimed_slots(2)


def test_a_worker_with_as_many_threads_as_there_are_cpus_is_alone(machine):
    machine(range(4))
    assert [(1, 2, 3)] == untimed_slots(3)
    assert [(0, 1, 2, 3)] == untimed_slots(9)


@pytest.mark.parametrize(
    ("changes", "n_slots"),
    [
        ({"node": range(4, 8)}, 4),
        ({"quota": 2.5}, 2),
        ({"quota": 0.5}, 1),
        ({"memory_bytes": 3 * UNTIMED_BYTES}, 3),
        ({"memory_bytes": 1}, 1),
    ],
)
def test_there_are_no_more_than_node_quota_and_memory_allow(machine, changes, n_slots):
    machine(**changes)
    assert n_slots == len(untimed_slots(1))


def test_there_are_no_more_than_the_most(machine):
    machine()
    assert [(7,), (6,)] == untimed_slots(1, most=2)


def test_without_affinity_there_is_one_slot_without_cpus(machine):
    machine(cpus=())
    assert [()] == untimed_slots(1)


def test_the_cpus_of_a_memory_node_are_read_as_ranges(tmp_path):
    for node, listed in enumerate(("0-2,8", "3-7")):
        folder = tmp_path / "sys/devices/system/node" / f"node{node}"
        folder.mkdir(parents=True)
        (folder / "cpulist").write_text(listed + "\n")

    assert {0, 1, 2, 8} == node_cpus(8, tmp_path)
    assert {3, 4, 5, 6, 7} == node_cpus(5, tmp_path)
