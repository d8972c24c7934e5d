import copy

import msgspec
import pytest

from paragone.machine.conditions import GIB, MIB, Finding, findings
from paragone.machine.environment_record import Environment


def openblas(**changes):
    pool = {
        "user_api": "blas",
        "library": "openblas",
        "version": "0.3.30",
        "architecture": "SkylakeX",
        "file": "libopenblas.so",
    }
    return pool | changes


QUIET = {  # as in environment.json
    "machine": {
        "usable_cpus": [0, 1, 2, 3],
        "logical_cpus": 4,
        "cpu_quota": None,
        "governors": {"performance": 4},
        "turbo": False,
        "smt": False,
        "virtualised": False,
        "on_battery": None,
        "memory_limit_bytes": 16 * GIB,
        "memory_available_bytes": 12 * GIB,
        "swap_used_bytes": 0,
        "vector_flags": ["avx2", "fma", "avx512f"],
    },
    "load": {"load_average": [0.1, 0.1, 0.1], "busy_cpus": 0.0, "steal_cpus": 0.0, "busy_processes": []},
    "inherited": [],
    "blas": [openblas()],
    "revision": {"commit": "0123456789abcdef", "dirty": False, "source_hash": "x"},
}


def found_in(description, threads=1):
    return findings(msgspec.convert(description, Environment), threads)


def troubles(part=None, **changes):
    """Return what is not "ok" where one part of a quiet machine is changed."""
    description = copy.deepcopy(QUIET)
    if part:
        description[part] |= changes
    else:
        description |= changes
    return [finding for finding in found_in(description) if finding.severity != "ok"]


def the_trouble(part=None, **changes):
    [finding] = troubles(part, **changes)
    return finding


def test_a_quiet_machine_is_all_well():
    assert troubles() == []
    assert {"CPUs", "memory", "load", "BLAS"} <= {finding.what for finding in found_in(QUIET)}


def test_a_single_cpu_is_shared_by_harness_and_worker():
    finding = the_trouble("machine", usable_cpus=[2])

    assert (finding.severity, finding.what) == ("note", "CPUs")
    assert "share" in finding.found


@pytest.mark.parametrize(
    ("usable", "quota", "threads", "said"),
    [
        ([2], None, 2, "2 are asked for on 1 CPU: they take turns"),
        ([0, 1], None, 3, "3 are asked for on 2 CPUs: they take turns"),
        ([0, 1], 1.5, 2, "2 are asked for with 1.5 CPUs' worth of time"),
        ([0, 1], 2.0, 2, None),
        ([0, 1], None, 2, None),
        ([0], 0.5, 1, None),  # said of the quota itself
    ],
)
def test_threads_for_which_there_is_no_room_are_a_problem(usable, quota, threads, said):
    description = copy.deepcopy(QUIET)
    description["machine"] |= {"usable_cpus": usable, "cpu_quota": quota}
    found = [finding for finding in found_in(description, threads) if finding.what == "threads"]

    assert [said is not None] * (said is not None) == [finding.severity == "problem" for finding in found]
    assert all(finding.found.startswith(said) for finding in found)


def test_an_affinity_mask_is_mentioned():
    description = copy.deepcopy(QUIET)
    description["machine"]["usable_cpus"] = [0, 1]

    assert found_in(description)[0].found == "2 of 4 may be used (an affinity mask is set)"


def test_a_cpu_quota_below_the_cpus_is_a_problem():
    finding = the_trouble("machine", cpu_quota=1.5)

    assert (finding.severity, finding.what) == ("problem", "CPU quota")
    assert "1.5" in finding.found
    assert "--cpuset-cpus" in finding.mend


def test_a_cpu_quota_of_all_the_cpus_limits_nothing():
    assert troubles("machine", cpu_quota=4.0) == []


def test_a_governor_that_follows_the_load_is_named_with_the_command_for_the_other():
    finding = the_trouble("machine", governors={"performance": 2, "powersave": 2})

    assert finding.found.startswith("powersave;")
    assert finding.mend == "sudo cpupower frequency-set --governor performance"


def test_a_laptop_on_its_battery_is_a_problem():
    assert the_trouble("machine", on_battery=True).severity == "problem"


@pytest.mark.parametrize("name", ["memory_limit_bytes", "memory_available_bytes"])
def test_little_memory_is_noted_whether_the_machine_or_the_container_is_short(name):
    assert "1.0 GiB" in the_trouble("machine", **{name: GIB}).found


def test_swap_in_use_is_noted_and_a_trace_of_it_is_not():
    assert the_trouble("machine", swap_used_bytes=GIB).what == "swap"
    assert troubles("machine", swap_used_bytes=100 * MIB) == []


def test_busy_neighbours_are_named():
    finding = the_trouble("load", busy_cpus=1.2, busy_processes=[{"name": "ffmpeg", "cpu_share": 1.2}])

    assert finding.found == "others keep 1.2 CPUs busy: ffmpeg (120%)"


def test_the_load_average_of_five_minutes_is_compared_with_the_number_of_cpus():
    assert the_trouble("load", load_average=[0.0, 3.0, 0.0]).what == "load average"
    assert troubles("load", load_average=[9.0, 1.0, 9.0]) == []
    assert troubles("load", load_average=None) == []


def test_a_single_cpu_is_counted_in_the_singular():
    load = {**QUIET["load"], "load_average": [0.0, 3.0, 0.0]}
    (_, found) = troubles(load=load, machine={**QUIET["machine"], "usable_cpus": [0]})

    assert found.found == "3 over the last five minutes on 1 CPU"


def test_stolen_time_is_noted():
    assert the_trouble("load", steal_cpus=0.1).what == "stolen time"


def test_a_kept_variable_with_a_warning_is_noted_with_how_to_unset_it():
    variable = {
        "name": "LD_PRELOAD",
        "value": "x",
        "treatment": "kept",
        "reason": "Chosen.",
        "warning": "LD_PRELOAD=x bites.",
    }
    finding = the_trouble(inherited=[variable])

    assert finding.sentence == "environment: LD_PRELOAD=x bites. unset LD_PRELOAD"


def test_a_cleared_variable_is_listed_as_ok():
    variable = {
        "name": "OMP_PLACES",
        "value": "cores",
        "treatment": "cleared",
        "reason": "It moves threads.",
        "warning": None,
    }
    told = [finding for finding in found_in(QUIET | {"inherited": [variable]}) if finding.what == "environment"]

    assert told == [Finding("ok", "environment", "OMP_PLACES=cores is cleared in workers", "It moves threads.")]


def test_a_harmless_variable_is_not_mentioned():
    variable = {"name": "NUMBA_CACHE_DIR", "value": "/x", "treatment": "kept", "reason": "Harmless.", "warning": None}

    assert found_in(QUIET | {"inherited": [variable]}) == found_in(QUIET)


@pytest.mark.parametrize("kernels", ["Haswell", "Zen", "Prescott"])
def test_openblas_kernels_that_leave_avx512_unused_are_noted(kernels):
    finding = the_trouble(blas=[openblas(architecture=kernels)])

    assert f"{kernels} kernels, though the CPU has AVX-512" in finding.found
    assert finding.mend.startswith("pip install --upgrade")


def test_kernels_forced_by_the_shell_are_mended_by_unsetting_the_variable():
    variable = {
        "name": "OPENBLAS_CORETYPE",
        "value": "Haswell",
        "treatment": "kept",
        "reason": "Chosen.",
        "warning": None,
    }

    assert the_trouble(blas=[openblas(architecture="Haswell")], inherited=[variable]).mend == "unset OPENBLAS_CORETYPE"


@pytest.mark.parametrize(
    ("flags", "kernels", "wanted"),
    [
        (["avx2"], "Haswell", None),
        (["avx2"], "Zen", None),
        (["avx2"], "Sandybridge", "AVX2"),
        (["avx512f", "avx2"], "SapphireRapids", None),
        ([], "Nehalem", None),
    ],
)
def test_kernels_are_compared_with_the_vector_instructions_of_the_cpu(flags, kernels, wanted):
    description = copy.deepcopy(QUIET) | {"blas": [openblas(architecture=kernels)]}
    description["machine"]["vector_flags"] = flags
    found = [
        finding.found for finding in found_in(description) if finding.what == "BLAS" and finding.severity == "note"
    ]

    assert [wanted in text for text in found] == ([True] if wanted else [])


def test_kernels_of_other_libraries_are_not_judged():
    assert troubles(blas=[openblas(library="mkl", architecture="Haswell")]) == []


def test_two_different_copies_of_openblas_are_noted_and_two_equal_ones_are_not():
    assert "different" in the_trouble(blas=[openblas(), openblas(version="0.3.31")]).found
    assert troubles(blas=[openblas(), openblas(file="another.so")]) == []


def test_a_blas_that_reports_no_threads_is_noted():
    assert the_trouble(blas=[openblas(user_api="openmp")]).what == "BLAS"


def test_a_checkout_of_which_git_tells_nothing_is_noted_with_the_remedy():
    unknown = "git refuses /project, which belongs to another user. git config --global --add safe.directory /project"
    found = the_trouble("revision", commit=None, dirty=None, unknown=unknown)

    assert ("note", f"its commit is not recorded: {unknown}") == (found.severity, found.found)


def test_code_that_differs_from_its_commit_is_noted():
    assert "0123456789;" in the_trouble("revision", dirty=True).found
    assert troubles("revision", commit=None, dirty=None) == []
