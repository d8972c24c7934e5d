"""Remembered results: calls on inputs that come again are compared with calls on new ones, by times made up here."""

from types import SimpleNamespace

import pytest

from paragone.errors import MeasurementFailed
from paragone.files.paths import PROJECT
from paragone.store.plan_records import Cell
from paragone.task.kernel.problem import KernelProblem
from paragone.task.mlp.problem_files import find_problem
from paragone.verify import remembered_results
from paragone.verify.remembered_results import SHORT_SAMPLES, refuse_remembered
from paragone.verify.time_account import TimeAccount
from paragone.worker.replies import Timing

PAIRWISE = KernelProblem.of(PROJECT / "impls" / "pairwise")
HEAT = KernelProblem.of(PROJECT / "impls" / "heat")
N_STEPS, N_SETS = 1000, 8
US = 1_000


def cell(problem="pairwise", n_steps=N_STEPS):
    return Cell(problem, "member", 100, 1, n_steps, 5, 1e-5, once_per_launch=False)


def accounts(step_us, n_steps=N_STEPS):
    elapsed_ns = int(step_us * US * n_steps)
    return [TimeAccount(Timing(n_steps=n_steps, elapsed_ns=elapsed_ns, cpu_ns=elapsed_ns), elapsed_ns, 0, 0, 1)] * 3


@pytest.fixture
def new_calls(monkeypatch):
    """Make each short sample take the next of these times, in microseconds a call; return what was asked for."""
    asked = []

    def take(*call_us):
        times = iter(call_us)

        def see_sample(worker, input_, short, prefix_steps):
            asked.append((short.n_steps, input_.seed))
            return SimpleNamespace(account=accounts(next(times), short.n_steps)[0])

        monkeypatch.setattr(remembered_results, "see_sample", see_sample)
        return asked

    return take


def test_calls_on_new_inputs_that_take_ten_times_as_long_are_refused(new_calls):
    new_calls(*[1000] * SHORT_SAMPLES)

    with pytest.raises(MeasurementFailed, match=r"takes 1e\+03 µs, and 100 µs in samples.*it remembers results"):
        refuse_remembered(None, PAIRWISE, cell(), accounts(100))


def test_what_is_as_fast_on_new_inputs_passes_and_every_short_sample_has_inputs_of_its_own(new_calls):
    asked = new_calls(*[110] * SHORT_SAMPLES)
    refuse_remembered(None, PAIRWISE, cell(), accounts(100))

    assert [N_SETS] * SHORT_SAMPLES == [n_steps for n_steps, _ in asked]
    assert SHORT_SAMPLES == len({seed for _, seed in asked})


def test_the_fastest_short_sample_counts(new_calls):
    new_calls(1000, 1000, 120, 1000, 1000)
    refuse_remembered(None, PAIRWISE, cell(), accounts(100))


def test_cold_caches_of_a_call_of_some_microseconds_are_no_memory(new_calls):
    new_calls(*[25] * SHORT_SAMPLES)
    refuse_remembered(None, PAIRWISE, cell(), accounts(1))


@pytest.mark.parametrize("problem", [HEAT, find_problem("nielsen")], ids=["a state evolves", "no input comes again"])
def test_nothing_is_compared_where_no_input_comes_again(new_calls, problem):
    asked = new_calls()
    refuse_remembered(None, problem, cell(problem.name), accounts(100))

    assert [] == asked


def test_nothing_is_compared_where_a_sample_hardly_visits_an_input_twice(new_calls):
    asked = new_calls()
    refuse_remembered(None, PAIRWISE, cell(n_steps=2 * N_SETS), accounts(100))

    assert [] == asked
