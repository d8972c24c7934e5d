import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paragone.cli.doctor import WORKER_PROBE
from paragone.files.paths import IMPORT_ROOT
from paragone.machine.threads import loaded_thread_pools, sizes_over_one_cpu, thread_count_fault, worker_environment
from paragone.machine.variables import FIXED, RULES, THREAD_COUNTS, XLA_THREADS

names = st.sampled_from([*THREAD_COUNTS, *FIXED, *(rule.pattern.replace("*", "X").replace("?", "X") for rule in RULES)])
shells = st.dictionaries(names | st.text(min_size=1), st.text(max_size=8))


def fate(name, value, threads=1, **others):
    environment, report = worker_environment(threads, {name: value, **others})
    return environment.get(name), {entry.name: entry for entry in report}.get(name)


def pool(num_threads, file="libopenblas.so", threading_layer="pthreads"):
    return {"user_api": "blas", "num_threads": num_threads, "file": file, "threading_layer": threading_layer}


@pytest.mark.parametrize("name", THREAD_COUNTS)
def test_every_library_gets_the_number_of_threads_asked_for(name):
    environment, report = worker_environment(3, {})

    assert environment[name] == "3"
    assert report == []


@pytest.mark.parametrize("name", [*THREAD_COUNTS, *FIXED])
def test_a_thread_count_of_the_shell_is_replaced_and_listed(name):
    value, entry = fate(name, "64")

    assert value != "64"
    assert entry.treatment == "replaced"
    assert f"{name}={value}" in entry.reason


def test_a_thread_count_that_is_already_right_is_not_mentioned():
    assert fate("OMP_NUM_THREADS", "2", threads=2) == ("2", None)


def test_julia_in_process_has_one_thread_and_no_signal_handling_whatever_was_asked():
    environment, _ = worker_environment(4, {})

    assert environment["JULIA_NUM_THREADS"] == "4"
    assert environment["PYTHON_JULIACALL_THREADS"] == "1"
    assert environment["PYTHON_JULIACALL_HANDLE_SIGNALS"] == "no"


def test_hashes_of_texts_are_the_same_in_every_worker():
    assert worker_environment(1, {"PYTHONHASHSEED": "random"})[0]["PYTHONHASHSEED"] == "0"


def test_a_worker_prints_in_utf_8_whatever_the_terminal_takes():
    assert worker_environment(1, {"PYTHONIOENCODING": "latin-1"})[0]["PYTHONIOENCODING"] == "utf-8"


@pytest.mark.parametrize(("threads", "switch"), [(1, "false"), (2, "true")])
def test_xla_uses_threads_only_if_more_than_one_is_asked_for(threads, switch):
    assert worker_environment(threads, {})[0]["XLA_FLAGS"] == f"{XLA_THREADS}={switch}"


def test_the_users_xla_flags_are_kept_with_a_warning_except_the_flag_for_threads():
    value, entry = fate("XLA_FLAGS", f"--xla_cpu_enable_fast_math=true {XLA_THREADS}=true")

    assert value == f"--xla_cpu_enable_fast_math=true {XLA_THREADS}=false"
    assert entry.treatment == "kept"
    assert "fast_math" in entry.warning


@pytest.mark.parametrize("flags", ["/etc/flags", f"{XLA_THREADS}=true"])
def test_xla_flags_with_only_the_flag_for_threads_or_a_file_name_are_replaced(flags):
    value, entry = fate("XLA_FLAGS", flags)

    assert value == f"{XLA_THREADS}=false"
    assert (entry.treatment, entry.warning) == ("replaced", None)


@pytest.mark.parametrize(
    "name",
    [
        "OMP_PROC_BIND",
        "OMP_PLACES",
        "GOMP_CPU_AFFINITY",
        "KMP_AFFINITY",
        "KMP_BLOCKTIME",
        "OMP_WAIT_POLICY",
        "OPENBLAS_MAIN_FREE",
        "OMP_THREAD_LIMIT",
        "MKL_DOMAIN_NUM_THREADS",
        "BLIS_JC_NT",
        "MKL_VERBOSE",
        "JULIA_EXCLUSIVE",
        "PYTHONINSPECT",
    ],
)
def test_a_variable_that_changes_number_or_placement_of_threads_is_cleared_and_listed(name):
    value, entry = fate(name, "true")

    assert value is None
    assert entry.treatment == "cleared"
    assert entry.reason.endswith(".")
    assert entry.value == "true"


@pytest.mark.parametrize(
    "name",
    [
        "OPENBLAS_CORETYPE",
        "OPENBLAS_L2_SIZE",
        "MKL_CBWR",
        "NUMPY_MADVISE_HUGEPAGE",
        "NPY_DISABLE_CPU_FEATURES",
        "MALLOC_ARENA_MAX",
        "GLIBC_TUNABLES",
        "LD_PRELOAD",
        "NUMBA_DISABLE_JIT",
        "JAX_ENABLE_X64",
    ],
)
def test_a_variable_that_was_set_on_purpose_is_kept_with_a_warning(name):
    value, entry = fate(name, "x")

    assert value == "x"
    assert entry.treatment == "kept"
    assert entry.warning.startswith(f"{name}=x ")
    assert entry.warning.endswith(".")


def test_the_warning_of_a_forced_core_type_says_what_it_may_cost():
    _, entry = fate("OPENBLAS_CORETYPE", "Haswell")

    assert "OPENBLAS_CORETYPE=Haswell" in entry.warning
    assert "half as fast" in entry.warning


def test_a_narrower_rule_comes_before_the_wider_one_that_would_hide_it():
    assert fate("KMP_DUPLICATE_LIB_OK", "TRUE")[0] == "TRUE"
    assert fate("MKL_VERBOSE", "1")[0] is None
    assert fate("NUMBA_CACHE_DIR", "/tmp/x")[1].warning is None


def test_no_rule_is_hidden_behind_an_earlier_one():
    for rule in RULES:
        name = rule.pattern.replace("*", "XXX").replace("?", "X")
        _, entry = fate(name, "v")

        assert (entry.treatment, entry.reason) == (rule.treatment, rule.reason), rule.pattern


def test_everything_else_passes_through_unchanged_and_unreported():
    shell = {"PATH": "/bin", "HOME": "/home/ada", "LANG": "de_DE.UTF-8", "OMPI_COMM_WORLD_RANK": "0"}
    environment, report = worker_environment(1, shell)

    assert environment.items() >= shell.items()
    assert report == []


def test_the_home_folder_is_not_written_into_results():
    value, entry = fate("LD_PRELOAD", "/home/ada/lib/jemalloc.so", HOME="/home/ada")

    assert value == "/home/ada/lib/jemalloc.so"
    assert entry.value == "~/lib/jemalloc.so"
    assert "/home/ada" not in str(entry)


@pytest.mark.parametrize("threads", [0, -1])
def test_fewer_than_one_thread_is_refused(threads):
    with pytest.raises(ValueError, match=f"threads: expected a whole number above 0, got {threads}"):
        worker_environment(threads, {})


@given(shells, st.integers(1, 64))
def test_the_environment_of_a_worker_is_its_own_fixed_point(shell, threads):
    """What was cleared is gone, what is set is right: doing it twice changes nothing, and the input is left alone."""
    given_shell = dict(shell)
    once, report = worker_environment(threads, shell)
    twice, second_report = worker_environment(threads, once)

    assert shell == given_shell
    assert twice == once
    assert {entry.treatment for entry in second_report} <= {"kept"}
    assert {entry.name for entry in report} <= shell.keys()


def test_a_fresh_process_finds_the_threads_asked_for():
    environment, _ = worker_environment(1, {"PYTHONPATH": str(IMPORT_ROOT), "OMP_NUM_THREADS": "2"})
    answer = subprocess.run(
        [sys.executable, "-c", WORKER_PROBE], env=environment, capture_output=True, text=True, check=True
    )
    found = json.loads(answer.stdout)

    assert thread_count_fault(1, found) is None
    assert all("/" not in entry["file"] for entry in found["pools"])


def test_the_pools_of_this_process_are_plain_data_with_a_name_each():
    found = loaded_thread_pools()

    assert json.loads(json.dumps(found)) == found
    assert all(entry["file"] and entry["num_threads"] >= 1 for entry in found["pools"])


def test_declared_thread_counts_are_added_to_the_pools(monkeypatch):
    torch = type("torch", (), {"get_num_threads": staticmethod(lambda: 7)})
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "numba", None)
    found = loaded_thread_pools()

    assert "torch uses 7 threads where 1 was asked for" in thread_count_fault(1, {"pools": found["pools"][-1:]})


def test_a_pool_with_more_threads_than_asked_is_named():
    found = {"pools": [pool(1, "libmkl.so"), pool(8, "libgomp.so")]}

    assert thread_count_fault(2, found) == "libgomp.so uses 8 threads where 2 were asked for"


def test_one_thread_too_many_is_enough_for_a_fault():
    assert thread_count_fault(1, {"pools": [pool(2)]}) == "libopenblas.so uses 2 threads where 1 was asked for"


def test_two_threads_that_no_pool_has_are_a_fault():
    assert "no library uses more than 1" in thread_count_fault(2, {"pools": [pool(1), pool(1, "libgomp.so")]})


@pytest.mark.parametrize(
    "pools",
    [[], [pool(2)], [pool(1, "a.so"), pool(2, "b.so")], [pool(1, threading_layer="disabled")], [pool(None)]],
    ids=["none", "right", "one of them right", "built without threads", "untold"],
)
def test_two_threads_found_or_impossible_to_have_are_no_fault(pools):
    assert thread_count_fault(2, {"pools": pools}) is None


# --- CPU time ---


@pytest.mark.parametrize(
    ("wall_s", "cpu_s", "expected"),
    [
        ({1: 0.6}, {1: 0.65}, []),
        ({1: 0.6}, {1: 0.67}, [1]),
        ({1: 0.3}, {1: 0.6}, []),
        ({1: 0.3, 10: 0.3}, {1: 0.6, 10: 0.3}, [1, 10]),
        ({1: 0.6, 10: 0.6}, {1: 0.6, 10: 1.2}, [10]),
    ],
)
def test_cpu_time_is_judged_over_half_a_second_at_least(wall_s, cpu_s, expected):
    wall_ns = {size: int(seconds * 1e9) for size, seconds in wall_s.items()}
    cpu_ns = {size: int(seconds * 1e9) for size, seconds in cpu_s.items()}

    assert expected == [size for size, _ in sizes_over_one_cpu(wall_ns, cpu_ns, threads=1)]
    assert [] == list(sizes_over_one_cpu(wall_ns, cpu_ns, threads=2))
