import sys

import numpy as np
import psutil
import pytest

from paragone.machine import memory
from paragone.machine.memory import (
    memory_limit_bytes,
    peak_memory_bytes,
    reset_peak_memory,
    resident_memory_bytes,
    trim_heap,
)

MIB = 2**20
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux can reset the peak")


def test_the_peak_is_read_from_the_line_of_the_status_file(tmp_path):
    status = tmp_path / "status"
    status.write_text("Name:\tpython\nVmPeak:\t  900 kB\nVmHWM:\t  123 kB\nVmRSS:\t  100 kB\n")

    assert peak_memory_bytes(status) == 123 * 1024


def test_without_a_status_file_the_peak_comes_from_getrusage(tmp_path):
    assert peak_memory_bytes(tmp_path / "none") >= resident_memory_bytes() / 2


def test_a_status_file_without_the_line_falls_back_as_well(tmp_path):
    (tmp_path / "status").write_text("Name:\tpython\n")

    assert peak_memory_bytes(tmp_path / "status") == peak_memory_bytes(tmp_path / "none")


def test_getrusage_counts_in_bytes_on_a_mac_and_in_kibibytes_elsewhere(tmp_path, monkeypatch):
    elsewhere = peak_memory_bytes(tmp_path / "none")
    monkeypatch.setattr(memory.sys, "platform", "darwin")

    assert elsewhere == peak_memory_bytes(tmp_path / "none") * 1024


@linux
def test_after_a_reset_the_peak_is_that_of_what_came_later():
    np.ones(64 * MIB // 8).sum()  # 64 MiB come and go
    high = peak_memory_bytes()

    assert reset_peak_memory()
    assert peak_memory_bytes() <= high - 32 * MIB


@linux
def test_the_peak_sees_memory_that_has_been_given_back():
    assert reset_peak_memory()
    before = peak_memory_bytes()
    np.ones(64 * MIB // 8).sum()

    assert peak_memory_bytes() >= before + 48 * MIB


def test_a_system_that_cannot_reset_the_peak_says_so_and_gets_no_file(tmp_path):
    assert not reset_peak_memory(tmp_path / "clear_refs")
    assert not (tmp_path / "clear_refs").exists()


def test_a_refused_reset_says_so(tmp_path):
    assert not reset_peak_memory(tmp_path)


def test_without_proc_a_child_counts_with_what_it_holds_now(monkeypatch, tmp_path):
    alone = peak_memory_bytes(tmp_path / "none")
    monkeypatch.setattr(memory, "descendants", lambda: [psutil.Process().pid])
    monkeypatch.setattr(memory, "PROC", tmp_path)

    assert peak_memory_bytes(tmp_path / "none") - alone >= resident_memory_bytes() / 2 - MIB


@linux
def test_memory_that_the_c_library_keeps_for_later_is_given_back():
    blocks = [np.ones(100_000, np.uint8) for _ in range(1000)]
    pin = np.ones(100_000, np.uint8)  # above the blocks: the heap cannot shrink below it
    del blocks
    held = resident_memory_bytes()
    trim_heap()

    assert resident_memory_bytes() <= held - 64 * MIB
    assert pin.all()


def test_a_c_library_that_keeps_what_it_has_is_left_alone(monkeypatch):
    monkeypatch.setattr(memory.ctypes, "CDLL", lambda name: object())

    trim_heap()


def test_the_memory_that_can_be_used_is_the_machines_where_no_container_sets_less(tmp_path):
    assert memory_limit_bytes(tmp_path) == psutil.virtual_memory().total


@pytest.mark.parametrize(("limit", "expected"), [(4096, 4096), (2**59, None)])
def test_a_containers_limit_counts_where_it_is_lower(monkeypatch, limit, expected):
    monkeypatch.setattr(memory, "memory_limit", lambda root: limit)

    assert memory_limit_bytes() == (expected or psutil.virtual_memory().total)


def table(folder, pid, name, **lines):
    (folder / str(pid)).mkdir(exist_ok=True)
    (folder / str(pid) / name).write_text("".join(f"{line}:\t{value} kB\n" for line, value in lines.items()))


def test_what_a_process_holds_is_what_is_not_a_file_swapped_out_or_not(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "PROC", tmp_path)
    table(tmp_path, 7, "status", VmRSS=1000, RssAnon=500, RssFile=400, RssShmem=100, VmSwap=20)

    assert memory.held_bytes([7, 8], limit=10**9) == 620 * 1024


def test_where_processes_together_seem_to_hold_too_much_what_they_share_is_counted_once(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "PROC", tmp_path)
    for pid in (7, 8):
        table(tmp_path, pid, "status", RssAnon=500, RssShmem=0)
        table(tmp_path, pid, "smaps_rollup", Rss=900, Pss=650, Pss_Anon=250, Pss_File=400, Pss_Shmem=0, SwapPss=0)

    assert memory.held_bytes([7, 8], limit=999 * 1024) == 500 * 1024


def test_an_old_kernel_tells_less_and_is_believed(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "PROC", tmp_path)
    table(tmp_path, 7, "status", VmRSS=1000, VmSwap=5)

    assert memory.held_bytes([7], limit=10**9) == 1005 * 1024


def test_how_often_memory_ran_out_is_the_kernels_count(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "VMSTAT", tmp_path / "vmstat")
    assert memory.oom_kill_count() == 0
    (tmp_path / "vmstat").write_text("nr_free_pages 1\noom_kill 3\n")

    assert memory.oom_kill_count() == 3


def test_a_worker_may_hold_half_of_what_there_is():
    assert memory.worker_limit_bytes() == memory_limit_bytes() // 2
