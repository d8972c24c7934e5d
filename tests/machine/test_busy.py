import pytest

from paragone.machine import busy
from paragone.machine.busy import CpuTimes, load_between, machine_load
from paragone.machine.environment_record import BusyProcess, MachineLoad


def at(at_s, processes=None, **machine):
    return CpuTimes(at_s, machine, processes or {})


def test_busy_and_stolen_time_are_counted_in_cpus():
    before = at(10.0, user=100.0, system=50.0, idle=900.0, steal=1.0)
    after = at(12.0, user=102.0, system=51.0, idle=900.0, steal=1.5)

    assert load_between(before, after) == MachineLoad(busy_cpus=1.5, steal_cpus=0.25)


def test_waiting_for_a_disk_and_idling_are_not_work():
    assert load_between(at(0.0, idle=0.0, iowait=0.0), at(1.0, idle=1.0, iowait=1.0)).busy_cpus == 0


def test_guests_are_not_counted_twice():
    """The kernel adds the time of guests to "user" as well."""
    assert load_between(at(0.0, user=0.0, guest=0.0), at(1.0, user=1.0, guest=1.0)).busy_cpus == 1


def test_busy_processes_are_listed_busiest_first_and_idle_ones_left_out():
    before = at(0.0, {(1, 0.0): ("make", 5.0), (2, 0.0): ("idler", 9.0), (3, 0.0): ("solver", 0.0)})
    after = at(2.0, {(1, 0.0): ("make", 6.0), (2, 0.0): ("idler", 9.1), (3, 0.0): ("solver", 3.0)})

    assert load_between(before, after).busy_processes == (
        BusyProcess(name="solver", cpu_share=1.5),
        BusyProcess(name="make", cpu_share=0.5),
    )


def test_a_new_process_with_the_number_of_an_old_one_is_not_taken_for_it():
    before = at(0.0, {(1, 100.0): ("old", 0.0)})
    after = at(1.0, {(1, 200.0): ("new", 50.0)})

    assert load_between(before, after).busy_processes == ()


def test_a_system_without_steal_has_none():
    assert load_between(at(0.0, user=0.0), at(1.0, user=1.0)).steal_cpus == 0


def test_the_cpu_times_are_read_before_and_after_the_wait(monkeypatch):
    readings = iter([at(0.0, user=0.0), at(0.5, user=1.0)])
    log = []
    monkeypatch.setattr(busy, "cpu_times", lambda: log.append("read") or next(readings))
    found = machine_load(0.5, wait=lambda seconds: log.append(seconds))

    assert log == ["read", 0.5, "read"]
    assert found.busy_cpus == 2


def test_the_cpu_times_leave_out_this_process(monkeypatch):
    own = busy.cpu_times()

    assert own.machine["user"] > 0
    assert busy.os.getpid() not in {pid for pid, _ in own.processes}


@pytest.mark.parametrize("error", [AttributeError, OSError])
def test_a_system_without_a_load_average_has_none(monkeypatch, error):
    def refuse():
        raise error

    monkeypatch.setattr(busy.os, "getloadavg", refuse)

    assert machine_load(0.0, wait=lambda seconds: None).load_average is None
