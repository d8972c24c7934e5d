import os
import platform
import sys

import cpuinfo
import msgspec
import psutil
import pytest

from paragone.machine.environment_record import Machine
from paragone.machine.hardware import (
    affinity,
    caches,
    cpu,
    governors,
    machine,
    machine_id,
    on_battery,
    second_cache_bytes,
    smt,
    transparent_hugepages,
    turbo,
    virtualised,
)

INTEL = """\
processor	: 0
model name	: Intel(R)  Xeon(R) Processor
flags		: fpu sse4_2 avx avx2 fma hypervisor avx512f

processor	: 1
model name	: another
flags		: fpu
"""


@pytest.fixture
def asked_afresh():
    """The CPUs of this process are not remembered, before and after."""
    affinity.cache_clear()
    yield
    affinity.cache_clear()


@pytest.fixture
def system(tmp_path):
    """Return a function that writes the files of a made-up system and returns its root."""

    def write(files):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path

    return write


def test_the_machine_keeps_its_values_in_a_file():
    found = machine()

    assert msgspec.json.decode(msgspec.json.encode(found), type=Machine) == found
    assert found.memory_limit_bytes <= found.memory_bytes
    assert found.cpu


def test_a_system_without_proc_and_sys_is_described_with_unknown_values(tmp_path, monkeypatch):
    monkeypatch.setattr(cpuinfo, "get_cpu_info", lambda: {})
    monkeypatch.setattr(platform, "processor", lambda: "")
    found = machine(tmp_path)

    assert found.cpu == "unknown"
    assert found.vector_flags == ()
    for key in ("cpu_quota", "smt", "turbo", "virtualised", "transparent_hugepages"):
        assert getattr(found, key) is None
    assert found.caches == found.governors == {}


def test_the_hosts_name_is_not_in_the_description(monkeypatch, tmp_path):
    monkeypatch.setattr(platform, "node", lambda: "adas-laptop")

    assert "adas-laptop" not in str(machine(tmp_path))


def test_the_id_tells_machines_apart_and_stays_the_same(system, monkeypatch):
    first = machine_id(system({"etc/machine-id": "aaaa\n"}))
    again = machine_id(system({"etc/machine-id": "aaaa\n"}))
    other = machine_id(system({"etc/machine-id": "bbbb\n"}))

    assert first == again != other
    assert "aaaa" not in first


def test_without_a_machine_id_the_hosts_name_is_hashed(tmp_path, monkeypatch):
    ids = []
    for name in ("one", "two"):
        monkeypatch.setattr(platform, "node", lambda name=name: name)
        ids.append(machine_id(tmp_path))

    assert ids[0] != ids[1]


def test_the_model_is_that_of_the_first_cpu_and_flags_are_those_that_choose_kernels(system):
    assert cpu(system({"proc/cpuinfo": INTEL})) == (
        "Intel(R) Xeon(R) Processor",
        ("sse4_2", "avx", "avx2", "fma", "avx512f"),
    )


def test_on_linux_the_slow_way_to_the_model_is_not_taken(system, monkeypatch):
    monkeypatch.setattr(cpuinfo, "get_cpu_info", lambda: pytest.fail("py-cpuinfo was asked"))
    cpu(system({"proc/cpuinfo": INTEL}))


def test_an_arm_cpu_that_tells_its_features_but_no_name_gets_the_name_elsewhere(system, monkeypatch):
    monkeypatch.setattr(cpuinfo, "get_cpu_info", lambda: {"brand_raw": "Neoverse", "flags": ["wrong"]})
    root = system({"proc/cpuinfo": "processor : 0\nFeatures : fp asimd sve\n"})

    assert cpu(root) == ("Neoverse", ("asimd", "sve"))


@pytest.mark.parametrize(("text", "expected"), [("1\n", True), ("0\n", False)])
def test_hyper_threading_is_read(system, text, expected):
    assert smt(system({"sys/devices/system/cpu/smt/active": text})) is expected


def test_caches_are_named_by_level_and_kind(system):
    base = "sys/devices/system/cpu/cpu0/cache"
    root = system(
        {
            f"{base}/index0/level": "1\n",
            f"{base}/index0/type": "Data\n",
            f"{base}/index0/size": "48K\n",
            f"{base}/index1/level": "1\n",
            f"{base}/index1/type": "Instruction\n",
            f"{base}/index1/size": "32K\n",
            f"{base}/index2/level": "2\n",
            f"{base}/index2/type": "Unified\n",
            f"{base}/index2/size": "2048K\n",
            f"{base}/index3/level": "3\n",
        }
    )

    assert caches(root) == {"L1d": 48 * 1024, "L1i": 32 * 1024, "L2": 2**21}
    assert second_cache_bytes(root) == 2**21


def test_a_second_cache_that_the_system_does_not_tell_has_a_usual_size(system):
    assert second_cache_bytes(system({"proc/cpuinfo": ""})) == 1 << 20


def test_governors_are_counted_over_the_cpus(system):
    base = "sys/devices/system/cpu"
    root = system(
        {
            f"{base}/cpu0/cpufreq/scaling_governor": "powersave\n",
            f"{base}/cpu1/cpufreq/scaling_governor": "performance\n",
            f"{base}/cpu10/cpufreq/scaling_governor": "powersave\n",
        }
    )

    assert governors(root) == {"performance": 1, "powersave": 2}


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("intel_pstate/no_turbo", "0\n", True),
        ("intel_pstate/no_turbo", "1\n", False),
        ("cpufreq/boost", "1\n", True),
        ("cpufreq/boost", "0\n", False),
    ],
)
def test_turbo_is_read_from_intel_pstate_and_from_cpufreq(system, path, text, expected):
    assert turbo(system({f"sys/devices/system/cpu/{path}": text})) is expected


def test_a_virtual_machine_is_recognised_by_the_cpu_flag_hypervisor(system):
    assert virtualised(system({"proc/cpuinfo": INTEL})) is True
    assert virtualised(system({"proc/cpuinfo": INTEL.replace(" hypervisor", "")})) is False


def test_the_choice_of_huge_pages_is_the_one_in_brackets(system):
    path = "sys/kernel/mm/transparent_hugepage/enabled"

    assert transparent_hugepages(system({path: "always [madvise] never\n"})) == "madvise"


@pytest.mark.parametrize(("plugged", "expected"), [(True, False), (False, True), (None, None)])
def test_a_laptop_on_its_battery_is_recognised(monkeypatch, plugged, expected):
    battery = type("battery", (), {"power_plugged": plugged})
    monkeypatch.setattr(psutil, "sensors_battery", lambda: battery, raising=False)

    assert on_battery() is expected


@pytest.mark.parametrize("sensors", [None, lambda: None], ids=["no such call", "no battery"])
def test_without_a_battery_the_value_is_none(monkeypatch, sensors):
    monkeypatch.setattr(psutil, "sensors_battery", sensors, raising=False)

    assert on_battery() is None


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has an affinity mask")
def test_the_affinity_mask_is_read_not_the_number_of_cpus(asked_afresh, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {5, 3})

    assert affinity() == (3, 5)


def test_without_an_affinity_mask_all_cpus_can_be_used(asked_afresh, monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(os, "cpu_count", lambda: 4)

    assert affinity() == (0, 1, 2, 3)


def test_while_the_harness_keeps_to_a_part_of_its_cpus_the_machine_still_has_all(asked_afresh, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1}, raising=False)
    affinity()
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0})

    assert machine().usable_cpus == (0, 1)
