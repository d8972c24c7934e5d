"""The verifier: what it lets pass, of first steps and of samples."""

from dataclasses import replace

import numpy as np
import pytest
from described_here import class_of, described
from easy_data import easy_data
from everyone import FOUND
from in_process import InProcessWorker

from paragone.errors import MeasurementFailed
from paragone.implementation.registry import find_variant
from paragone.plan.cells import Contender
from paragone.store.plan_records import Cell
from paragone.task.check_result import CheckResult
from paragone.task.mlp.checks import MOST_WHOLE_STEPS
from paragone.task.mlp.gate import stress_problem
from paragone.task.mlp.problem_files import find_problem
from paragone.task.mlp.whole_sample import EndsOfTraining
from paragone.task.sample_input import SampleInput
from paragone.verify.inputs import RoundInputs
from paragone.verify.seen_sample import see_sample
from paragone.verify.verifier import Verifier

PROBLEM = replace(find_problem("nielsen"), n_train=60, layers=(784, 4, 10))
N_STEPS = 7


def contender_of(name: str, threads: int = 1) -> Contender:
    variant = find_variant(list(FOUND.values()), name)
    return Contender(PROBLEM, FOUND[variant.implementation.name], variant, threads)


ROWS = contender_of("numpy_rows[dtype=float64,order=C]")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return easy_data(tmp_path_factory.mktemp("cache"))


@pytest.fixture
def verifier(data, tmp_path):
    return Verifier(data, seed=1, cache=tmp_path)


@pytest.fixture
def worker(data):
    return loaded(data, ROWS)


def loaded(data, contender: Contender) -> InProcessWorker:
    worker = InProcessWorker()
    worker.load(contender.variant, "", contender.problem, str(data.folder), seed=1)
    return worker


def sampled(worker, n_steps=N_STEPS, size=5, seed=None):
    """One sample as the rounds take it, or from the start of a seed: its input, and what the harness saw."""
    cell = Cell("nielsen", "", size, 1, n_steps, 1, 1e-3, once_per_launch=False)
    input_ = RoundInputs([cell], {"nielsen": PROBLEM}).of(cell)
    if seed is not None:
        input_ = SampleInput(PROBLEM, size, frozenset({n_steps}), seed)
    return input_, see_sample(worker, input_, cell, prefix_steps=1)


@pytest.mark.parametrize("name", ["numpy_rows[dtype=float32,order=F]", "numpy_rows[dtype=float64,order=C]"])
@pytest.mark.parametrize("is_stress_problem", [False, True])
def test_right_code_passes_at_its_head(data, verifier, name, is_stress_problem):
    contender = contender_of(name)
    if is_stress_problem:
        contender = replace(contender, problem=stress_problem(PROBLEM))
    check = verifier.check_first_steps(loaded(data, contender), contender, 5, max_steps=20)

    assert ("passed", 20) == (check.status, check.n_steps)


def test_no_more_steps_are_checked_than_asked_for(worker, verifier):
    check = verifier.check_first_steps(worker, ROWS, 5, max_steps=3)

    assert 3 == check.n_steps
    assert 3 == max(entry[1] for entry in worker.log if entry[0] == "train")


def test_wrong_code_fails_at_its_head(worker, verifier):
    worker.hosted.implementation.train = lambda order: None
    check = verifier.check_first_steps(worker, ROWS, 5, max_steps=20)

    assert "failed" == check.status
    assert check.reason


def test_a_worker_that_ends_during_a_check_is_the_callers_to_answer(worker, verifier):
    worker.train = lambda state, order: worker.die("train: the worker was killed by SIGSEGV")

    with pytest.raises(MeasurementFailed, match="SIGSEGV"):
        verifier.check_first_steps(worker, ROWS, 5, max_steps=20)


def test_the_reference_is_computed_once_and_kept(worker, verifier, data, tmp_path, monkeypatch):
    verifier.check_first_steps(worker, ROWS, 5, max_steps=20)
    (kept,) = (tmp_path / "reference").iterdir()
    before = kept.stat().st_mtime_ns
    monkeypatch.setattr("paragone.task.mlp.reference.trajectory", lambda *args: pytest.fail("computed again"))
    check = Verifier(data, 1, tmp_path).check_first_steps(worker, ROWS, 5, max_steps=2)

    assert "passed" == check.status
    assert before == kept.stat().st_mtime_ns


# --- what only comes near a problem ---


class Rubbish(class_of(FOUND["numpy_rows"].implementation)):
    """Weights that have nothing to do with the problem, in the right form."""

    def train(self, order):
        self.W = [W[::-1] * 2 for W in self.W]
        return super().train(order)


class NearRubbish(Rubbish):
    @classmethod
    def nearest(cls, problem):
        return "its weights are upside down"


class NearWithoutSteps(NearRubbish):
    def params(self):
        return replace(super().params(), step=0)


class NearAndWavering(NearRubbish):
    noise = 0.0

    def train(self, order):
        self.noise += 1e-7
        super().train(order)
        self.b[0] += self.noise


class NearAndNotDeterministic(NearAndWavering):
    deterministic = False


def checks_of(data, verifier, implementation):
    """What the verifier says of the first steps and of a sample."""
    contender = replace(ROWS, variant=replace(ROWS.variant, implementation=described(implementation)))
    worker = loaded(data, contender)
    head = verifier.check_first_steps(worker, contender, 5, max_steps=20)
    return [head, verifier.check_whole_sample(worker, contender, *sampled(worker))]


@pytest.mark.parametrize("near", [NearRubbish, NearAndNotDeterministic])
def test_an_approximate_implementation_never_passes_and_its_reason_is_the_difference(data, verifier, near):
    checks = checks_of(data, verifier, near)

    reason = "it only comes near this problem: its weights are upside down"
    assert [("not checked", reason)] * 2 == [(check.status, check.reason) for check in checks]


def test_the_same_rubbish_that_declares_nothing_fails(data, verifier):
    assert ["failed"] * 2 == [check.status for check in checks_of(data, verifier, Rubbish)]


def test_an_approximate_implementation_fails_where_shapes_or_dtypes_are_wrong(data, verifier):
    checks = checks_of(data, verifier, NearWithoutSteps)

    assert ["the step count is 0, 20 is expected", "the step count is 0, 7 is expected"] == [c.reason for c in checks]
    assert ["failed"] * 2 == [check.status for check in checks]


def test_an_approximate_implementation_fails_where_it_is_not_deterministic_as_declared(data, verifier):
    head, _ = checks_of(data, verifier, NearAndWavering)

    assert "failed" == head.status
    assert "other bits the second time" in head.reason


# --- samples ---

LONG = MOST_WHOLE_STEPS + 44


class SkipsTheMiddle(class_of(FOUND["numpy_rows"].implementation)):
    """Takes the first and the last five steps of a long training, and gives them out as all."""

    def train(self, order):
        losses = super().train(order if len(order) < 20 else np.concatenate([order[:5], order[-5:]]))
        self.steps_taken += 0 if len(order) < 20 else len(order) - 10
        return losses


class ForgetsABias(class_of(FOUND["numpy_rows"].implementation)):
    """Does not update the output bias in every hundredth step."""

    def train(self, order):
        for first in range(0, len(order), 100):
            super().train(order[first : first + 99])
            kept = self.b[-1].copy()
            if len(order) >= first + 100:
                super().train(order[first + 99 : first + 100])
                self.b[-1][:] = kept


class Wavers(class_of(FOUND["numpy_rows"].implementation)):
    deterministic = False
    noise = 0

    def train(self, order):
        self.noise += 1
        self.b[0] += 1e-14 * self.noise
        return super().train(order)


class WaversAndSkips(Wavers, SkipsTheMiddle):
    pass


def hosting(data, implementation):
    contender = replace(ROWS, variant=replace(ROWS.variant, implementation=described(implementation)))
    return contender, loaded(data, contender)


@pytest.mark.parametrize("n_steps", [1, N_STEPS, LONG])
@pytest.mark.parametrize("name", ["numpy_rows[dtype=float32,order=F]", "numpy_columns[dtype=float64,order=C]"])
def test_an_honest_sample_passes_whole_and_in_a_window(data, verifier, name, n_steps):
    contender = contender_of(name)
    worker = loaded(data, contender)
    input_, seen = sampled(worker, n_steps, seed=3)  # a start from which 300 steps say something
    checks = [check(worker, contender, input_, seen) for check in (verifier.check_whole_sample, verifier.check_sample)]

    assert [("passed", n_steps), ("passed", min(n_steps, 20) if n_steps == LONG else n_steps)] == [
        (check.status, check.n_steps) for check in checks
    ]


@pytest.mark.parametrize("implementation", [SkipsTheMiddle, ForgetsABias, WaversAndSkips])
def test_a_sample_that_leaves_work_out_in_its_middle_fails_as_a_whole(data, verifier, implementation):
    contender, worker = hosting(data, implementation)
    check = verifier.check_whole_sample(worker, contender, *sampled(worker, LONG))

    assert "failed" == check.status


def test_a_long_sample_that_skips_its_middle_fails_in_a_window_too(data, verifier):
    contender, worker = hosting(data, SkipsTheMiddle)
    check = verifier.check_sample(worker, contender, *sampled(worker, LONG))

    assert "failed" == check.status


def test_what_is_not_deterministic_is_compared_whole_however_long_it_is(data, verifier):
    contender, worker = hosting(data, Wavers)
    honest = verifier.check_sample(worker, contender, *sampled(worker, LONG))

    assert ("passed", LONG) == (honest.status, honest.n_steps)


def test_a_result_that_is_not_finite_fails_before_anything_is_compared(worker, verifier):
    input_, seen = sampled(worker)
    state = seen.result.state
    spoilt = replace(seen, result=replace(seen.result, state=replace(state, b=(state.b[0] * np.nan, state.b[1]))))

    for check in (verifier.check_form(ROWS, input_, spoilt), verifier.check_sample(worker, ROWS, input_, spoilt)):
        assert "failed" == check.status
        assert "finite" in check.reason


@pytest.mark.parametrize("deterministic", [True, False])
def test_a_chaotic_sample_is_compared_in_a_window_or_by_how_far_it_has_come(data, verifier, monkeypatch, deterministic):
    chaos = CheckResult("not checked", "rounding decides")
    whole = iter([chaos, CheckResult("passed", n_steps=20)])
    monkeypatch.setattr("paragone.task.mlp.checks.check_whole", lambda *_: next(whole))
    contender, worker = hosting(data, class_of(FOUND["numpy_rows"].implementation) if deterministic else Wavers)
    check = verifier.check_whole_sample(worker, contender, *sampled(worker, LONG))

    assert "passed" == check.status
    assert (20 if deterministic else LONG) == check.n_steps
    assert deterministic != ("how far" in check.note)


def test_a_chaotic_sample_of_what_is_not_deterministic_fails_where_its_weights_have_not_come_far_enough(
    data, verifier, monkeypatch
):
    monkeypatch.setattr("paragone.task.mlp.checks.check_whole", lambda *_: CheckResult("not checked", "chaos"))
    contender, worker = hosting(data, WaversAndSkips)
    check = verifier.check_whole_sample(worker, contender, *sampled(worker, LONG, seed=1))  # one in six starts passes

    assert "failed" == check.status
    assert "as far as by the reference: are steps left out?" in check.reason


def test_the_reference_trains_once_for_all_variants_of_a_round(data, verifier, monkeypatch):
    calls = []
    monkeypatch.setattr(
        "paragone.task.mlp.checks.EndsOfTraining", lambda *given: calls.append(given[1]) or EndsOfTraining(*given)
    )
    contenders = [ROWS, contender_of("numpy_rows[dtype=float32,order=C]")]
    cells = [Cell("nielsen", c.variant.name, 5, 1, n, 1, 1e-3, False) for c, n in zip(contenders, (7, 9), strict=True)]
    inputs = RoundInputs(cells, {"nielsen": PROBLEM})
    for contender, cell in zip(contenders, cells, strict=True):
        worker, input_ = loaded(data, contender), inputs.of(cell)
        assert verifier.check_sample(worker, contender, input_, see_sample(worker, input_, cell, 1)).passed

    assert [{7, 9}] == calls
