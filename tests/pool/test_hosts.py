"""Hosts are machines of one kind, or are refused by name with what differs."""

import msgspec
import pytest

from paragone.errors import Misuse
from paragone.machine.environment_record import Environment
from paragone.pool.hosts import Host, by_kind, refuse_unlike


def host(name, cpu="EPYC", numpy="2.4.6", cores=8, memory=64 << 30):
    machine = {"cpu": cpu, "physical_cores": cores, "memory_bytes": memory}
    return Host(name, name, msgspec.convert({"machine": machine, "packages": {"numpy": numpy}}, Environment))


def test_hosts_of_one_kind_pass_whatever_their_free_memory():
    refuse_unlike([host("a"), host("b"), host("c", memory=(64 << 30) - (100 << 20))])


@pytest.mark.parametrize(
    ("other", "difference"),
    [
        ({"cpu": "Xeon"}, "CPU: Xeon, there EPYC"),
        ({"numpy": "2.3.0"}, "numpy: 2.3.0, there 2.4.6"),
        ({"cores": 16}, "physical cores: 16, there 8"),
        ({"memory": 128 << 30}, "memory in GiB: 128, there 64"),
    ],
)
def test_an_unlike_host_is_refused_by_name_with_the_difference(other, difference):
    with pytest.raises(Misuse) as refused:
        refuse_unlike([host("a"), host("b"), host("odd", **other)])
    assert f"odd differs from a: {difference}" in str(refused.value)
    assert "--each-kind" in str(refused.value)


def test_hosts_are_grouped_by_their_kind_the_largest_group_first():
    groups = by_kind([host("x", cpu="Xeon"), host("b"), host("a")])

    assert [[each.name for each in group] for group in groups] == [["a", "b"], ["x"]]
