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


@pytest.fixture(autouse=True)
def without_children(monkeypatch):
    """A browser of other tests may live on as a child of this process; children are counted where a test says so."""
    monkeypatch.setattr(memory, "descendants", list)


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
def test_after_a_reset_the_peak_counts_later_memory_only():
    np.ones(64 * MIB // 8).sum()  # 64 MiB come and go
    high = peak_memory_bytes()

    assert reset_peak_memory()
    assert peak_memory_bytes() <= high - 32 * MIB


@linux
def test_the_peak_includes_memory_that_has_been_freed():
    assert reset_peak_memory()
    before = peak_memory_bytes()
    np.ones(64 * MIB // 8).sum()

    assert peak_memory_bytes() >= before + 48 * MIB


def test_without_clear_refs_a_reset_returns_false_and_creates_no_file(tmp_path):
    assert not reset_peak_memory(tmp_path / "clear_refs")
    assert not (tmp_path / "clear_refs").exists()


def test_a_reset_that_the_kernel_refuses_returns_false(tmp_path):
    assert not reset_peak_memory(tmp_path)


def test_without_proc_a_child_counts_with_its_present_size(monkeypatch, tmp_path):
    alone = peak_memory_bytes(tmp_path / "none")
    monkeypatch.setattr(memory, "descendants", lambda: [psutil.Process().pid])
    monkeypatch.setattr(memory, "PROC", tmp_path)

    assert peak_memory_bytes(tmp_path / "none") - alone >= resident_memory_bytes() / 2 - MIB


@linux
def test_the_kernel_and_psutil_agree_on_the_resident_memory():
    assert resident_memory_bytes() == pytest.approx(psutil.Process().memory_info().rss, rel=0.05)


@linux
def test_free_memory_of_the_heap_is_returned_to_the_system():
    blocks = [np.ones(100_000, np.uint8) for _ in range(1000)]
    pin = np.ones(100_000, np.uint8)  # above the blocks: the heap cannot shrink below it
    del blocks
    held = resident_memory_bytes()
    trim_heap()

    assert resident_memory_bytes() <= held - 64 * MIB
    assert pin.all()


def test_a_c_library_without_malloc_trim_is_left_alone(monkeypatch):
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


def test_anonymous_shared_and_swapped_pages_are_held_and_the_page_cache_is_not(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "PROC", tmp_path)
    table(tmp_path, 7, "status", VmRSS=1000, RssAnon=500, RssFile=400, RssShmem=100, VmSwap=20)

    assert memory.held_bytes([7, 8], limit=10**9) == 620 * 1024


def test_above_the_limit_shared_pages_are_counted_once(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "PROC", tmp_path)
    for pid in (7, 8):
        table(tmp_path, pid, "status", RssAnon=500, RssShmem=0)
        table(tmp_path, pid, "smaps_rollup", Rss=900, Pss=650, Pss_Anon=250, Pss_File=400, Pss_Shmem=0, SwapPss=0)

    assert memory.held_bytes([7, 8], limit=999 * 1024) == 500 * 1024


def test_an_old_kernel_has_only_the_fallback_lines(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "PROC", tmp_path)
    table(tmp_path, 7, "status", VmRSS=1000, VmSwap=5)

    assert memory.held_bytes([7], limit=10**9) == 1005 * 1024


def test_oom_kills_are_read_from_vmstat(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "VMSTAT", tmp_path / "vmstat")
    assert memory.oom_kill_count() == 0
    (tmp_path / "vmstat").write_text("nr_free_pages 1\noom_kill 3\n")

    assert memory.oom_kill_count() == 3


def test_a_worker_may_hold_half_of_the_usable_memory():
    assert memory.worker_limit_bytes() == memory_limit_bytes() // 2
