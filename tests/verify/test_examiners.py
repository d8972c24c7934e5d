"""Examiners: forks that look at contenders at once, and end with whoever asked."""

import os
import signal
import sys
import time
from types import SimpleNamespace

import psutil
import pytest
from everyone import FOUND

from paragone.errors import UnknownName
from paragone.implementation.contract import variants
from paragone.machine.cpus import usable_cpus, worker_cpus
from paragone.plan.cells import Contender
from paragone.task.mlp.problem_files import find_problem
from paragone.verify import examiners
from paragone.verify.examiners import Examination, examine_all
from paragone.verify.pilot_result import PilotResult
from paragone.worker.budgets import STANDARD

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="examiners fork on Linux alone")

VARIANTS = [*variants(FOUND["numpy_rows"].implementation), *variants(FOUND["numpy_columns"].implementation)][:5]
EXAMINATIONS = [
    Examination(Contender(find_problem("nielsen"), FOUND[variant.implementation.name], variant, 1), (1, 10))
    for variant in VARIANTS
]
NAMES = [each.contender.variant.name for each in EXAMINATIONS]


class Pilot:
    """Has `look(number, result)` find something."""

    def __init__(self, look):
        self.look, self.request = look, SimpleNamespace(budgets=STANDARD)

    def examine(self, contender, sizes, begin):
        for size in sizes:
            begin(size)
        result = PilotResult(contender, load_seconds=0.5)
        self.look(NAMES.index(contender.variant.name), result)
        return result


@pytest.fixture(autouse=True)
def two_examiners(monkeypatch):
    """On a machine with one CPU they share it."""
    slots = [usable_cpus()[-1:], usable_cpus()[:1]]
    monkeypatch.setattr(examiners, "untimed_slots", lambda threads, most: slots)
    return slots


def say_who(number, result):
    result.add_outcome("head", "passed", f"{os.getpid()} {sorted(os.sched_getaffinity(0))} {worker_cpus(1)}")


def examined(look, told=None):
    return list(examine_all(Pilot(look), EXAMINATIONS, told or (lambda what, amount: None)))


def children():
    """The forks of this process: they run its own command."""
    return [child for child in psutil.Process().children() if child.cmdline() == psutil.Process().cmdline()]


def test_results_come_in_order_with_their_contenders_though_a_later_one_ends_first():
    results = examined(lambda number, result: time.sleep(0.3 * (number == 0)))

    assert [each.contender for each in EXAMINATIONS] == [result.contender for result in results]
    assert {0.5} == {result.load_seconds for result in results}


def test_each_examiner_has_cpus_of_its_own_and_its_workers_the_same(two_examiners):
    def look(number, result):
        time.sleep(0.1)  # or one of them has looked at all before the other has started
        say_who(number, result)

    said = {result.outcomes[0].reason for result in examined(look)}
    assert {f"[{cpu}] ({cpu},)" for (cpu,) in two_examiners} == {words.partition(" ")[2] for words in said}
    assert 2 == len({words.split()[0] for words in said} - {str(os.getpid())})


def test_the_bar_names_each_size_and_is_full_at_the_end():
    told = []
    examined(lambda number, result: None, lambda what, amount: told.append((what, amount)))

    assert {f"{name} batch {size}" for name in NAMES for size in (1, 10)} <= {what for what, _ in told}
    assert len(NAMES) == pytest.approx(sum(amount for _, amount in told))


def test_an_error_of_the_harness_is_raised_with_its_words_and_its_exit_code():
    def look(number, result):
        if number == 3:
            raise UnknownName("kernel", "paiwise", ["pairwise"])

    with pytest.raises(UnknownName, match="Did you mean 'pairwise'") as raised:
        examined(look)
    assert 2 == raised.value.exit_code
    assert [] == children()


def test_another_error_is_raised_with_its_traceback():
    with pytest.raises(RuntimeError, match=r"in look\n(.|\n)*ZeroDivisionError"):
        examined(look=lambda number, result: look(number))


def look(number):
    return 1 / number


def test_a_contender_whose_examiner_is_killed_has_failed_and_the_others_go_on():
    def look(number, result):
        if number == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(0.05)

    results = examined(look)
    failed = [row for result in results for row in result.outcomes if row.status == "failed"]

    assert len(EXAMINATIONS) == len(results)
    assert [EXAMINATIONS[1].contender.variant.name] == [row.variant for row in failed]
    assert "the process that verified it was killed by SIGKILL: by its code, or because memory was short" in str(
        failed[0].reason
    )
    assert [] == children()


def test_an_examiner_that_is_killed_does_not_keep_the_lock_of_large_arrays():
    pilot = Pilot(lambda number, result: None)

    def look(number, result):
        with pilot.large_arrays():
            if number == 1:
                os.kill(os.getpid(), signal.SIGKILL)

    pilot.look = look
    results = list(examine_all(pilot, EXAMINATIONS, lambda what, amount: None))

    assert len(EXAMINATIONS) == len(results)


def test_whoever_leaves_early_has_every_examiner_end_what_it_is_at(tmp_path):
    def look(number, result):
        if number > 0:
            try:
                time.sleep(60)
            finally:
                (tmp_path / str(number)).touch()  # here the pilot kills its worker

    results = examine_all(Pilot(look), EXAMINATIONS, lambda what, amount: None)
    next(results)
    time.sleep(0.3)
    results.close()

    assert [] == children()
    assert {"1", "2"} == {path.name for path in tmp_path.iterdir()}


def test_one_contender_is_looked_at_in_this_very_process():
    (result,) = examine_all(Pilot(say_who), EXAMINATIONS[:1], lambda what, amount: None)
    assert str(os.getpid()) == result.outcomes[0].reason.split()[0]
