"""Work that nothing times: at once, in order, and every worker ended."""

import threading
from types import SimpleNamespace

import pytest

from paragone.measure import untimed
from paragone.measure.untimed import at_once

CONTENDERS = [SimpleNamespace(threads=1, number=number) for number in range(5)]


class Worker:
    """Notes what is done to it."""

    def __init__(self, contender):
        self.contender, self.cpus, self.is_killed, self.abandoned = contender, None, False, threading.Event()

    def move_to(self, cpus):
        self.cpus = cpus

    def abandon(self):
        self.abandoned.set()

    def kill(self):
        self.is_killed = True


@pytest.fixture
def opened(monkeypatch):
    """The workers that were opened; two of them may be at work at once."""
    workers = []
    monkeypatch.setattr(untimed, "untimed_slots", lambda threads, most: [(7,), (8,)][:most])

    def open_worker(contender):
        workers.append(Worker(contender))
        return workers[-1]

    open_worker.workers = workers
    return open_worker


def test_results_come_in_the_order_of_the_contenders_though_a_later_one_ends_first(opened):
    second_has_ended = threading.Event()

    def work(number, worker):
        if number == 0:
            assert second_has_ended.wait(10)
        if number == 1:
            second_has_ended.set()
        return 10 * number

    found = [(worker.contender.number, result) for worker, result in at_once(CONTENDERS, opened, work)]
    assert [(number, 10 * number) for number in range(5)] == found


@pytest.mark.parametrize(("most", "cpus"), [(2, {(7,), (8,)}), (1, {(7,)})])
def test_workers_at_once_are_each_on_cpus_of_their_own_and_no_more_than_there_are_cpus_for(opened, most, cpus):
    at_work, met = set(), []
    lock = threading.Lock()

    def work(number, worker):
        with lock:
            assert worker.cpus not in at_work
            at_work.add(worker.cpus)
            met.append(len(at_work))
        threading.Event().wait(0.01)
        with lock:
            at_work.discard(worker.cpus)

    assert 5 == len(list(at_once(CONTENDERS, opened, work, most)))
    assert most == max(met)
    assert cpus == {worker.cpus for worker in opened.workers}


def test_each_worker_is_opened_by_the_thread_that_lives_on(opened):
    """Linux ends a process with the thread that has started it."""
    threads = []

    def open_worker(contender):
        threads.append(threading.current_thread())
        return opened(contender)

    list(at_once(CONTENDERS, open_worker, lambda number, worker: None))
    assert {threading.current_thread()} == set(threads)


def test_a_loop_that_is_left_abandons_and_kills_what_it_was_not_given(opened):
    def work(number, worker):
        return number == 0 or worker.abandoned.wait(10)

    for worker, _ in at_once(CONTENDERS, opened, work):
        given = worker
        break

    assert [given] == [worker for worker in opened.workers if not worker.is_killed]
    assert 1 < len(opened.workers) < 5


def test_what_work_raises_is_raised_and_leaves_no_worker(opened):
    def work(number, worker):
        if number == 1:
            raise ValueError("not loaded")

    with pytest.raises(ValueError, match="not loaded"):
        list(at_once(CONTENDERS, opened, work))
    assert [True] * (len(opened.workers) - 1) == [worker.is_killed for worker in opened.workers[1:]]


def test_nothing_to_do_opens_nothing(opened):
    assert [] == list(at_once([], opened, lambda number, worker: None))
    assert [] == opened.workers
