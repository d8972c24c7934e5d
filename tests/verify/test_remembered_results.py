"""Remembered results: calls on inputs that come again are compared with calls on new ones, by times made up here."""

from types import SimpleNamespace

import pytest

from paragone.errors import MeasurementFailed
from paragone.files.paths import PROJECT
from paragone.store.plan_records import Cell
from paragone.task.kernel.problem import KernelProblem
from paragone.task.mlp.problem_files import find_problem
from paragone.verify.remembered_results import TRIALS, TRIES, refuse_remembered
from paragone.verify.time_account import TimeAccount
from paragone.worker.replies import Timing

PAIRWISE = KernelProblem.of(PROJECT / "impls" / "pairwise")
HEAT = KernelProblem.of(PROJECT / "impls" / "heat")
N_STEPS, N_SETS = 1000, 8
US = 1_000
FASTEST_US = 0.01


def cell(problem="pairwise", n_steps=N_STEPS):
    return Cell(problem, "member", 32, 1, n_steps, 5, 1e-5, once_per_launch=False)


def accounts(*step_us):
    times = [int(us * US * N_STEPS) for us in step_us]
    return [TimeAccount(Timing(n_steps=N_STEPS, elapsed_ns=ns, cpu_ns=ns), ns, 0, 0, 1) for ns in times]


class Worker:
    """Takes the time `call_us(visit, trial)` for a call on an input that it visits for the so manieth time."""

    def __init__(self, call_us):
        self.call_us, self.resets, self.calls = call_us, [], []

    def reset(self, state, n_steps):
        self.visits = 0
        self.resets.append((state, n_steps))
        self.calls.append(0)

    def take_sample(self, order):
        n_inputs = len(self.resets[-1][0].arrays["X"])
        n_passes = len(order) // n_inputs
        visits = range(self.visits + 1, self.visits + n_passes + 1)
        self.visits += n_passes
        self.calls[-1] += len(order)
        return SimpleNamespace(elapsed_ns=n_inputs * US * sum(self.call_us(v, len(self.resets)) for v in visits))


class WorkerInTurns(Worker):
    """Remembers the results of eight inputs."""

    def take_sample(self, order):
        places = order.reshape(-1).tolist()
        known, computed = [], 0
        for place in places:
            computed += place not in known
            known = [place, *(other for other in known if other != place)][:N_SETS]
        self.calls[-1] += len(places)
        return SimpleNamespace(elapsed_ns=computed * 100 * US)


def remembering(from_visit, computed_us=100.0):
    return Worker(lambda visit, trial: FASTEST_US if visit >= from_visit else computed_us)


def test_calls_on_new_inputs_that_take_ten_times_as_long_are_refused():
    with pytest.raises(MeasurementFailed, match=r"not seen takes 100 µs.* 0.01 µs, and 10 µs in samples.*it remembers"):
        refuse_remembered(remembering(2), PAIRWISE, cell(), accounts(10))


@pytest.mark.parametrize("from_visit", [2, 3, 20])
def test_who_remembers_from_a_later_visit_on_is_refused_too(from_visit):
    with pytest.raises(MeasurementFailed, match="it remembers results, or skips calls"):
        refuse_remembered(remembering(from_visit), PAIRWISE, cell(), accounts(60))


def test_who_skips_every_second_call_on_an_input_is_refused():
    worker = Worker(lambda visit, trial: 100 if visit % 2 else FASTEST_US)

    with pytest.raises(MeasurementFailed, match="skips calls"):
        refuse_remembered(worker, PAIRWISE, cell(), accounts(50))


def test_who_remembers_no_more_than_a_sample_needs_is_refused_for_the_time_of_its_samples():
    with pytest.raises(MeasurementFailed, match="and 5 µs in samples"):
        refuse_remembered(Worker(lambda visit, trial: 100), PAIRWISE, cell(), accounts(5))


def test_branches_that_samples_learn_by_heart_are_no_memory():
    worker = Worker(lambda visit, trial: 100)
    refuse_remembered(worker, PAIRWISE, cell(), accounts(20))

    assert 2 * TRIALS == len(worker.resets)


def test_who_remembers_as_many_inputs_as_take_turns_is_refused():
    with pytest.raises(MeasurementFailed, match="it remembers results, or skips calls"):
        refuse_remembered(WorkerInTurns(None), PAIRWISE, cell(), accounts(20))


def test_a_call_of_five_microseconds_is_enough_to_tell():
    with pytest.raises(MeasurementFailed):
        refuse_remembered(remembering(2, computed_us=5), PAIRWISE, cell(), accounts(0.3))


def test_what_is_as_fast_on_new_inputs_passes_and_every_trial_has_inputs_of_its_own():
    worker = Worker(lambda visit, trial: 100)
    refuse_remembered(worker, PAIRWISE, cell(), accounts(100))

    assert 2 * TRIALS == len(worker.resets)
    assert 2 * TRIALS == len({state.digest() for state, _ in worker.resets})
    assert [expected for _, expected in worker.resets] == worker.calls


def test_a_pass_is_as_long_as_two_milliseconds_and_the_inputs_are_no_more_than_a_cache_holds():
    passes = {}
    for step_us in (100, 0.1):
        worker = Worker(lambda visit, trial, us=step_us: us)
        refuse_remembered(worker, PAIRWISE, cell(), accounts(step_us))
        passes[step_us] = len(worker.resets[0][0].arrays["X"])

    assert 20 == passes[100]
    assert 200 < passes[0.1] < 250


def test_a_disturbance_is_looked_at_again_and_passes():
    worker = Worker(lambda visit, trial: 1000 if visit == 1 and trial <= 2 * TRIALS else 100)
    refuse_remembered(worker, PAIRWISE, cell(), accounts(100))

    assert 4 * TRIALS == len(worker.resets)


def test_a_processor_that_sleeps_while_inputs_are_drawn_is_no_memory():
    class Rested(KernelProblem):
        def draw_inputs(self, *others):
            worker.is_asleep = True
            return super().draw_inputs(*others)

    class Sleepy(Worker):
        def take_sample(self, order):
            seen, times, self.is_asleep = super().take_sample(order), 1 + self.is_asleep, False
            return SimpleNamespace(elapsed_ns=times * seen.elapsed_ns)

    worker = Sleepy(lambda visit, trial: 100)
    refuse_remembered(worker, Rested.of(PROJECT / "impls" / "pairwise"), cell(), accounts(100))

    assert 2 * TRIALS == len(worker.resets)


def test_what_is_refused_was_looked_at_eight_times():
    worker = remembering(2)
    with pytest.raises(MeasurementFailed):
        refuse_remembered(worker, PAIRWISE, cell(), accounts(10))

    assert 2 * TRIES * TRIALS == len(worker.resets)


def test_code_that_is_not_in_the_caches_yet_is_no_memory():
    worker = Worker(lambda visit, trial: 2.4 if visit == 1 else 0.3)
    refuse_remembered(worker, PAIRWISE, cell(), accounts(0.2))

    assert 2 * TRIALS == len(worker.resets)


@pytest.mark.parametrize("problem", [HEAT, find_problem("nielsen")], ids=["a state evolves", "no input comes again"])
def test_nothing_is_compared_where_no_input_comes_again(problem):
    worker = remembering(2)
    refuse_remembered(worker, problem, cell(problem.name), accounts(100))

    assert [] == worker.resets


def test_nothing_is_compared_where_a_sample_hardly_visits_an_input_twice():
    worker = remembering(2)
    refuse_remembered(worker, PAIRWISE, cell(n_steps=2 * N_SETS), accounts(100))

    assert [] == worker.resets
