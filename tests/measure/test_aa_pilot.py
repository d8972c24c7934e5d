"""The A/A pilot: how far launches of the same code lie apart, from rows that can be worked by hand."""

import math

import pytest
from easy_data import easy_data
from everyone import EVERYONE
from in_process import InProcessWorker
from made_up_run import sample

from paragone.implementation.registry import select
from paragone.measure.aa_pilot import FREEDOM, deviation_of, launch_deviation, launches_for
from paragone.measure.sampling import Sampler
from paragone.plan.cells import cell, contenders_of
from paragone.plan.request import Request
from paragone.store.records import Sample
from paragone.task.mlp.problem_files import read_problem
from paragone.verify.verifier import Verifier
from paragone.worker.budgets import STANDARD

BASE, CONTROL = "base[dtype=float64]", "base[dtype=float64] (A/A)"

PROBLEM = """
dataset = "mnist"
n_train = 60
layers = [784, 4, 10]
hidden_activation = "sigmoid"
output_activation = "sigmoid"
loss = "quadratic"
learning_rate = 0.5
reduction = "mean"
start = "scaled_normal"
batch_sizes = [5]
"""


def row(variant: str, launch: int, round_: int, elapsed_ns: float, size: int = 10) -> Sample:
    return Sample(**{**sample(variant, size, launch, round_, 1e-3), "elapsed_ns": elapsed_ns})


def pair(launch: int, round_: int, log_ratio: float, size: int = 10, elapsed_ns: float = 1e6) -> list[Sample]:
    baseline = row(BASE, launch, round_, elapsed_ns * math.exp(log_ratio), size)
    return [row(CONTROL, launch, round_, elapsed_ns, size), baseline]


def test_the_deviation_is_that_of_an_example_worked_by_hand():
    rows = [
        # Batch size 10: medians 0.02 and 0.06 of the two launches; variance (0.02² + 0.02²) / (2 − 1) = 8e-4.
        *pair(0, 0, 0.01), *pair(0, 1, 0.02), *pair(0, 2, 0.90),
        *pair(1, 0, 0.06), *pair(1, 1, -0.9), *pair(1, 2, 0.07),
        # Batch size 100: medians −0.01 and 0.03; variance 8e-4 as well, (0.02² + 0.02²).
        *pair(0, 0, -0.01, 100), *pair(1, 0, 0.03, 100),
        # Batch size 1000: both 0.5; variance 0. The median variance is 8e-4; that of χ² with one degree is 0.454936.
        *pair(0, 0, 0.5, 1000), *pair(1, 0, 0.5, 1000),
    ]  # fmt: skip

    assert pytest.approx(math.sqrt(8e-4 / 0.454936)) == deviation_of(rows, {CONTROL: BASE}).typical
    # 0.0016 of three degrees of freedom in all, over the value that χ² of three falls short of once in a hundred times.
    assert pytest.approx(math.sqrt(1.6e-3 / 0.114832), rel=1e-5) == deviation_of(rows, {CONTROL: BASE}).upper


def test_a_slowdown_shared_by_a_round_cancels():
    steady = [*pair(0, 0, 0.01), *pair(0, 1, 0.02), *pair(1, 0, 0.03), *pair(1, 1, 0.04)]
    drifting = [
        *pair(0, 0, 0.01), *pair(0, 1, 0.02, elapsed_ns=9e6), *pair(1, 0, 0.03, elapsed_ns=3e7), *pair(1, 1, 0.04)
    ]  # fmt: skip

    assert pytest.approx(deviation_of(steady, {CONTROL: BASE})) == deviation_of(drifting, {CONTROL: BASE})


def test_the_order_of_the_rows_does_not_count():
    rows = [*pair(0, 0, 0.01), *pair(0, 1, 0.05), *pair(1, 0, 0.03), *pair(1, 1, 0.04)]

    assert deviation_of(rows, {CONTROL: BASE}) == deviation_of(reversed(rows), {CONTROL: BASE})


def test_a_round_in_which_one_of_the_two_is_missing_does_not_count():
    rows = [*pair(0, 0, 0.02), *pair(1, 0, 0.06)]
    alone = [row(CONTROL, 0, 1, 5e9), row(BASE, 1, 2, 5e9)]

    assert deviation_of(rows, {CONTROL: BASE}) == deviation_of([*rows, *alone], {CONTROL: BASE})


@pytest.mark.parametrize(
    "rows",
    [
        [],
        pair(0, 0, 0.02),  # one launch has no deviation
        [row(BASE, 0, 0, 1e6), row(BASE, 1, 0, 1e6)],  # no control
        [row(CONTROL, 0, 0, 1e6), row(CONTROL, 1, 0, 1e6)],  # nothing but the control
    ],
)
def test_without_two_launches_of_a_pair_there_is_no_deviation(rows):
    assert deviation_of(rows, {CONTROL: BASE}) is None


@pytest.fixture
def piloted(tmp_path):
    """An A/A pilot with workers without a process: the deviation, the workers, the contenders."""
    (tmp_path / "tiny.toml").write_text(PROBLEM)
    problem = read_problem(tmp_path / "tiny.toml")
    data = easy_data(tmp_path)
    chosen = select(EVERYONE, ["numpy_rows"])
    contenders = contenders_of(Request((problem,), dtypes=("float64",)), chosen, EVERYONE)
    workers = []

    def open_worker(contender):
        workers.append(InProcessWorker())
        return workers[-1]

    def rehearse(once_per_launch=False):
        pairs = [e for e in contenders if e.variant.axis[1] == ("order", "C")]
        cells = [cell(e, 5, 10.0 if once_per_launch else 0.01) for e in pairs]
        by_key = {e.key: e for e in contenders}
        return launch_deviation(cells, by_key, data, Verifier(data, 1, tmp_path), open_worker, seed=1)

    return rehearse, workers


@pytest.mark.parametrize("n_points", [1, 2, 3, 5, 10, 100])
def test_a_small_grid_gets_more_launches_in_the_a_a_pilot(n_points):
    launches = launches_for(n_points)

    assert 2 <= launches <= 5
    assert launches == 5 or n_points * (launches - 1) >= FREEDOM
    assert launches == 2 or n_points * (launches - 2) < FREEDOM


def test_the_a_a_pilot_launches_every_pair_and_kills_every_worker(piloted):
    rehearse, workers = piloted
    deviation = rehearse()

    assert 0 < deviation.typical
    assert deviation.typical < deviation.upper
    assert 2 * launches_for(1) == len(workers)
    assert not any(worker.alive for worker in workers)
    samples = [worker.log.count(("sample", 5)) for worker in workers]
    assert {2 + STANDARD.aa_rounds} == set(samples)  # cold, warm-up, timed


def test_no_closer_look_is_taken_at_the_times_of_an_a_a_pilot(piloted, monkeypatch):
    looked = []
    monkeypatch.setattr(Sampler, "check_times", lambda *given: looked.append(given))
    rehearse, _ = piloted

    assert 0 < rehearse().typical
    assert [] == looked


def test_cells_sampled_once_per_launch_are_not_in_the_a_a_pilot(piloted):
    rehearse, workers = piloted

    assert rehearse(once_per_launch=True) is None
    assert [] == workers
