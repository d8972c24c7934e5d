"""The verifier: what it lets pass, what it remembers, and whom it takes for the same code."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from described_here import class_of, described
from easy_data import easy_data
from everyone import FOUND
from in_process import InProcessWorker

from paragone.errors import MeasurementFailed
from paragone.implementation.registry import find_variant
from paragone.plan.cells import Contender
from paragone.task.mlp.gate import check_steps, stress_problem
from paragone.task.mlp.problem_files import find_problem
from paragone.verify.verifier import Verifier
from paragone.worker.commands import TakeSample
from paragone.worker.sample import result_digest

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


def sampled(worker, batch_size=5, n_steps=N_STEPS) -> str:
    return worker.call(TakeSample(batch_size=batch_size, n_steps=n_steps, prefix_steps=1)).digest


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
    worker.implementation.train = lambda order: None
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
    """What the gate says of the first steps and of a sample, and whether it takes the sample's bits for verified."""
    contender = replace(ROWS, variant=replace(ROWS.variant, implementation=described(implementation)))
    worker = loaded(data, contender)
    head = verifier.check_first_steps(worker, contender, 5, max_steps=20)
    digest = sampled(worker)
    tail = verifier.check_last_sample(worker, contender, 5, N_STEPS, digest)
    return [head, tail], verifier.knows(contender, 5, N_STEPS, digest)


@pytest.mark.parametrize("near", [NearRubbish, NearAndNotDeterministic])
def test_an_approximate_implementation_never_passes_and_its_reason_is_the_difference(data, verifier, near):
    checks, known = checks_of(data, verifier, near)

    reason = "it only comes near this problem: its weights are upside down"
    assert [("not checked", reason)] * 2 == [(check.status, check.reason) for check in checks]
    assert not known


def test_the_same_rubbish_that_declares_nothing_fails(data, verifier):
    checks, known = checks_of(data, verifier, Rubbish)

    assert ["failed"] * 2 == [check.status for check in checks]
    assert not known


def test_an_approximate_implementation_fails_where_shapes_or_dtypes_are_wrong(data, verifier):
    checks, _ = checks_of(data, verifier, NearWithoutSteps)

    assert ["the step count is 0, 20 is expected", "the step count is 0, 7 is expected"] == [c.reason for c in checks]
    assert ["failed"] * 2 == [check.status for check in checks]


def test_an_approximate_implementation_fails_where_it_is_not_deterministic_as_declared(data, verifier):
    (head, _), _ = checks_of(data, verifier, NearAndWavering)

    assert "failed" == head.status
    assert "other bits the second time" in head.reason


# --- the last sample ---


def test_a_sample_that_ends_as_the_reference_says_is_remembered(worker, verifier):
    digest = sampled(worker)
    assert not verifier.knows(ROWS, 5, N_STEPS, digest)
    check = verifier.check_last_sample(worker, ROWS, 5, N_STEPS, digest)

    assert "passed" == check.status
    assert verifier.knows(ROWS, 5, N_STEPS, digest)


def test_a_sample_that_ends_elsewhere_is_not_remembered(worker, verifier):
    sampled(worker)
    final, _ = worker.result()
    wrong = replace(final, W=(final.W[0] * (1 + 1e-6), final.W[1]))
    worker.result = lambda: (wrong, None)
    check = verifier.check_last_sample(worker, ROWS, 5, N_STEPS, result_digest(wrong, None))

    assert "failed" == check.status
    assert not verifier.knows(ROWS, 5, N_STEPS, result_digest(wrong, None))


def test_a_sample_with_steps_left_out_is_not_remembered(worker, verifier):
    digest = sampled(worker, n_steps=N_STEPS - 1)

    assert "failed" == verifier.check_last_sample(worker, ROWS, 5, N_STEPS, digest).status
    assert not verifier.knows(ROWS, 5, N_STEPS, digest)


def test_a_verified_digest_holds_for_the_control_too(verifier):
    control = replace(ROWS, variant=replace(ROWS.variant, control=True))
    verifier.remember(ROWS, 5, N_STEPS, "bits")

    assert verifier.knows(control, 5, N_STEPS, "bits")


@pytest.mark.parametrize(
    "other",
    [
        contender_of("numpy_rows[dtype=float64,order=F]"),
        contender_of("numpy_rows[dtype=float32,order=C]"),
        contender_of("numpy_rows[dtype=float64,order=C]", threads=2),
        replace(ROWS, found=replace(ROWS.found, folder=ROWS.found.folder / "elsewhere")),
        replace(ROWS, problem=replace(PROBLEM, name="another")),
    ],
    ids=["another order", "another dtype", "other threads", "another folder", "another problem"],
)
def test_a_verified_digest_does_not_hold_for_other_code(verifier, other):
    verifier.remember(ROWS, 5, N_STEPS, "bits")

    assert not verifier.knows(other, 5, N_STEPS, "bits")


@pytest.mark.parametrize(("batch_size", "n_steps", "digest"), [(6, 7, "bits"), (5, 8, "bits"), (5, 7, "other bits")])
def test_a_verified_digest_holds_for_one_batch_size_and_number_of_steps(verifier, batch_size, n_steps, digest):
    verifier.remember(ROWS, 5, 7, "bits")

    assert verifier.knows(ROWS, 5, 7, "bits")
    assert not verifier.knows(ROWS, batch_size, n_steps, digest)


@pytest.mark.parametrize(
    ("batch_size", "n_steps", "tail"),
    [
        (1, 1000, 20),  # as many as are ever checked
        (10, 5, 5),  # no more than there are
        (1000, 50, 10),  # 10,000 images
        (50_000, 3, 1),  # one at least
    ],
)
def test_the_tail_is_as_long_as_the_reference_can_follow(monkeypatch, verifier, batch_size, n_steps, tail):
    asked = []
    passed = SimpleNamespace(status="passed")
    monkeypatch.setattr("paragone.verify.verifier.TAIL_IMAGES", 10_000)
    monkeypatch.setattr("paragone.verify.verifier.check_tail", lambda *args: asked.append(args[-1]) or passed)
    worker = SimpleNamespace(result=lambda: (SimpleNamespace(digest=lambda: "bits"), None), train=None)
    whole = replace(ROWS, problem=find_problem("nielsen"))
    monkeypatch.setattr(type(PROBLEM), "order", lambda self, seed, *shape: np.broadcast_to(0, shape))
    verifier.check_last_sample(worker, whole, batch_size, n_steps, "bits")

    assert [tail] == asked
    assert tail <= check_steps(batch_size)
