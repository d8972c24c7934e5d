"""Every implementation keeps the contract; and each check of it finds the fault that it is about."""

import os
import threading
from contextlib import closing
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from described_here import registered
from everyone import EVERYONE as FOUND
from everyone import UNUSABLE as BROKEN

from paragone.adapters.packages import PackageImplementation
from paragone.implementation.conformance.checks import CHECKS
from paragone.implementation.conformance.examination import run_contract
from paragone.implementation.conformance.subject import IMAGES, NotApplicable, PromiseBroken, Subject, problems
from paragone.implementation.contract import variants
from paragone.implementation.importing import implementation_class
from paragone.implementation.registry import IMPLEMENTATIONS, read_folder
from paragone.implementation.template import TEMPLATES
from paragone.machine.child import Child
from paragone.task.mlp.problem_files import find_problem, shipped_names
from paragone.task.mlp.state import State

VARIANTS = {variant.name: variant for found in FOUND for variant in variants(found.implementation)}
(ROWS,) = read_folder(IMPLEMENTATIONS / "numpy_rows")
(STARTS_A_PROGRAM,) = read_folder(TEMPLATES / "process")
SECONDS = 60
FRESH_MEMORY = "what fresh memory holds does not matter"  # says nothing of other languages
SECONDS_OF_A_SLOW_ONE = 300  # for one check: some compile for every shape


def starts_slowly(variant):
    """Whether it needs an extra, or Julia: it is then tried in a process of its own, on fewer problems."""
    return issubclass(class_of(variant), PackageImplementation) or variant.implementation.language == "Julia"


def class_of(variant):
    return implementation_class(Path(variant.implementation.folder), variant.implementation.name)


def first(kind, **others):
    """The subject of its first variant."""
    return Subject(kind, {axis: values[0] for axis, values in kind.axes.items()}, **others)


@pytest.mark.parametrize("name", [name for name, variant in VARIANTS.items() if not starts_slowly(variant)])
def test_every_promise_is_kept(name):
    variant = VARIANTS[name]
    if reason := variant.implementation.missing:
        pytest.skip(reason)
    broken, without_meaning = tried(Subject(class_of(variant), dict(variant.axis)))

    assert broken == {}
    assert set(without_meaning) == ({FRESH_MEMORY} if variant.implementation.bridge else set())


def tried(subject):
    """Try every promise on one variant; return the reasons why some are broken, and why some say nothing of it."""
    broken, without_meaning = {}, {}
    with closing(subject):
        for promise, check in CHECKS.items():
            try:
                check(subject)
            except NotApplicable as reason:
                without_meaning[promise] = str(reason)
            except Exception as error:
                broken[promise] = f"{type(error).__name__}: {error}"
    return broken, without_meaning


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, variant in VARIANTS.items() if starts_slowly(variant)])
def test_every_promise_is_kept_by_what_uses_a_library_or_julia(name):
    variant = VARIANTS[name]
    if reason := variant.implementation.missing:
        pytest.skip(reason)
    found = next(found for found in FOUND if found.implementation is variant.implementation)
    findings = examined(found, SECONDS_OF_A_SLOW_ONE, [variant])

    assert {finding.check for finding in findings} == set(CHECKS)
    assert [finding for finding in findings if finding.status not in ("passed", "not applicable")] == []


def test_every_folder_holds_an_implementation_that_can_be_read():
    assert BROKEN == []
    assert {"numpy_rows", "numpy_columns", "numpy_per_sample", "numpy_tuned", "python_lists"} <= {f.name for f in FOUND}


def test_the_promises_are_tried_on_every_workload_that_ships_and_its_twin():
    assert len(problems()) == 2 * len(shipped_names())
    subject = first(ROWS)

    assert {case.problem for case in subject.cases()} == set(problems())
    assert {case.batch_size for case in subject.cases()} == {1, 2, 7, len(IMAGES)}


# --- one fault each, and the promise that it breaks ---


class TellsLists(ROWS):
    def build_info(self):
        return {"compiler": ["cc"]}


class TrainsOtherWeights(ROWS):
    def train(self, order):
        self.W = [W * 1.001 for W in self.W]
        return super().train(order)


class KnowsTwoLayersOnly(ROWS):
    def train(self, order):
        losses = super().train(order)
        if len(self.W) > 3:
            self.W[1][0, 0] += 1
        return losses


class KnowsTenClassesOnly(ROWS):
    def load(self, problem, images, labels):
        super().load(problem, images, labels)
        self.Y[:, 10:] = 0.5


class SortsTheOrder(ROWS):
    def train(self, order):
        order.sort(axis=1)
        return super().train(order)


class KeepsTheGivenImages(ROWS):
    def load(self, problem, images, labels):
        super().load(problem, images, labels)
        self.X = images


class KeepsTheGivenState(ROWS):
    def reset(self, state):
        super().reset(state)
        self.given = state

    def train(self, order):
        super().reset(self.given)
        return super().train(order)


class ForgetsTheStep(ROWS):
    def reset(self, state):
        super().reset(replace(state, step=0))


class CarriesOn(ROWS):
    noise = 0.0

    def train(self, order):
        self.noise += 1e-7
        losses = super().train(order)
        self.b[0] += self.noise
        return losses


class StartsAnewInEveryCall(ROWS):
    def train(self, order):
        losses = super().train(order)
        self.dW_previous[0][:] = 0
        return losses


class KeepsTheFirstBatchSize(ROWS):
    size = None

    def reset(self, state):
        super().reset(state)
        self.size = None

    def train(self, order):
        self.size = self.size or order.shape[1]
        losses = super().train(order)
        if order.shape[1] != self.size:
            self.b[0] += 1e-7
        return losses


class SharesItsWeights(ROWS):
    shared = None

    def reset(self, state):
        super().reset(state)
        if SharesItsWeights.shared is None or SharesItsWeights.shared.shape != self.b[-1].shape:
            SharesItsWeights.shared = self.b[-1]
        else:
            SharesItsWeights.shared[:] = self.b[-1]
        self.b[-1] = SharesItsWeights.shared


class IgnoresTheOrder(ROWS):
    def train(self, order):
        rows = np.lexsort(order.T[::-1])
        return super().train(order[rows])


class GivesViews(ROWS):
    def params(self):
        true = super().params()
        if self.dtype == np.float64:
            return State(true.W, tuple(self.b), true.dW, true.db, true.step)
        return true


class GivesTransposedWeights(ROWS):
    def params(self):
        true = super().params()
        return replace(true, W=tuple(W.T for W in true.W))


class ForgetsToCount(ROWS):
    def params(self):
        return replace(super().params(), step=0)


class ComputesInDouble(ROWS):
    def load(self, problem, images, labels):
        self.dtype = np.dtype(np.float64)
        super().load(problem, images, labels)


class GivesOneLoss(ROWS):
    def train(self, order):
        losses = super().train(order)
        return None if losses is None else losses.sum()


class GivesLossesUnasked(ROWS):
    def train(self, order):
        super().train(order)
        return np.zeros(len(order))


class ReadsFreshMemory(ROWS):
    def load(self, problem, images, labels):
        super().load(problem, images, labels)
        self.fresh = np.empty(1)

    def train(self, order):
        losses = super().train(order)
        self.b[0] += np.nan_to_num(self.fresh[0], nan=1.0).astype(self.dtype)
        return losses


class Overflows(ROWS):
    def train(self, order):
        losses = super().train(order)
        np.exp(np.abs(self.W[0]).max() * np.ones(1, self.dtype))
        return losses


class GivesZeroASign(ROWS):
    def train(self, order):
        self.W = [np.where(W == 0, np.finfo(self.dtype).tiny, W).astype(self.dtype) for W in self.W]
        return super().train(order)


FAULTS = [
    (TellsLists, "it says what it is", "build_info(): expected a table of text → str"),
    (TrainsOtherWeights, "training follows the reference", "differs from the reference"),
    (
        KnowsTwoLayersOnly,
        "a network of any depth and number of classes follows the reference",
        "differs from the reference",
    ),
    (
        KnowsTenClassesOnly,
        "a network of any depth and number of classes follows the reference",
        "differs from the reference",
    ),
    (GivesZeroASign, "a weight of zero has no sign", "sign(0) is 0"),
    (SortsTheOrder, "images, labels, order and state are left as they were", "train wrote into `order`"),
    (KeepsTheGivenImages, "the training set is copied", "copy them in load"),
    (KeepsTheGivenState, "the state is copied", "copy it in reset"),
    (ForgetsTheStep, "reset takes the whole state", "take weights, biases, updates and step"),
    (CarriesOn, "training again gives the same bits", "reset everything, or declare deterministic = False"),
    (StartsAnewInEveryCall, "training in two halves gives the same bits", "carry everything on between calls"),
    (KeepsTheFirstBatchSize, "the batch size may change from call to call", "buffers must fit the current batch"),
    (SharesItsWeights, "two instances are independent", "keep everything in the instance"),
    (IgnoresTheOrder, "the order is followed", "use `order`"),
    (GivesViews, "params are copies", "params() gives views"),
    (GivesTransposedWeights, "params are canonical", "W1: expected (shape, dtype, C order)"),
    (ForgetsToCount, "params are canonical", "step: expected"),
    (ComputesInDouble, "params have the precision of the variant", "another precision than its dtype, float32"),
    (GivesOneLoss, "losses come back where they are asked for", "the loss of each of 5 steps"),
    (GivesLossesUnasked, "losses come back where they are asked for", "expected None from train, got ndarray"),
    (ReadsFreshMemory, "what fresh memory holds does not matter", "np.empty was read before it was written"),
    (Overflows, "saturated neurons stay finite and raise no warning", "it warns: overflow encountered"),
]


@pytest.mark.parametrize(("faulty", "check", "reason"), FAULTS, ids=[fault[0].__name__ for fault in FAULTS])
def test_a_check_finds_the_fault_that_it_is_about_and_says_what_must_change(faulty, check, reason):
    dtype = "float64" if faulty is GivesViews else "float32"
    subject = Subject(faulty, {"dtype": dtype, "order": "C"})

    with pytest.raises(PromiseBroken) as broken:
        CHECKS[check](subject)
    assert reason in str(broken.value)
    assert "batch size" in str(broken.value)


def test_all_promises_that_are_broken_are_told():
    class ForgetsAndSorts(ForgetsToCount, SortsTheOrder):
        def build_info(self):
            raise OSError("no compiler")

    broken, _ = tried(Subject(ForgetsAndSorts, {"dtype": "float32", "order": "C"}))

    assert "step: expected" in broken["params are canonical"]
    assert "train wrote into `order`" in broken["images, labels, order and state are left as they were"]
    assert broken["it says what it is"] == "OSError: no compiler"


def test_every_check_has_a_fault_that_it_finds():
    assert {check for _, check, _ in FAULTS} == set(CHECKS)


def test_bits_are_no_promise_of_what_is_not_deterministic():
    class Wavers(CarriesOn):
        deterministic = False

    with pytest.raises(NotApplicable, match="not deterministic"):
        CHECKS["training again gives the same bits"](first(Wavers))


def test_what_supports_no_workload_promises_nothing():
    class Refuses(ROWS):
        @classmethod
        def supports(cls, problem):
            return "not this one"

    with pytest.raises(NotApplicable, match="supports none of"):
        CHECKS["training follows the reference"](first(Refuses))


class ComesNear(TrainsOtherWeights):
    """Exact nowhere but on the plain cross-entropy, and there wrong as well."""

    @classmethod
    def nearest(cls, problem):
        return "another loss" if problem.loss != "cross_entropy" or problem.momentum else None


@pytest.mark.parametrize(
    "check", ["training follows the reference", "a network of any depth and number of classes follows the reference"]
)
def test_what_comes_near_follows_the_reference_only_where_it_is_exact(check):
    with pytest.raises(PromiseBroken, match=r"(softmax|relu3), batch size"):
        CHECKS[check](first(ComesNear))


@pytest.mark.parametrize(
    "check", ["training follows the reference", "a network of any depth and number of classes follows the reference"]
)
def test_what_is_exact_nowhere_promises_no_numbers_but_everything_else(check):
    class IsExactNowhere(ComesNear):
        @classmethod
        def nearest(cls, problem):
            return "another loss"

    subject = first(IsExactNowhere)
    with pytest.raises(NotApplicable, match="approximates all problems that it supports: another loss"):
        CHECKS[check](subject)
    assert set(subject.problems()) == set(problems())


def test_what_is_slow_to_start_is_tried_on_a_workload_of_each_kind():
    subject = first(ROWS, is_slow=True)

    assert {case.problem.loss for case in subject.cases()} == {"quadratic", "log", "cross_entropy"}
    assert len(subject.problems()) == 3
    assert len(subject.few_cases()) == 1


def test_a_program_is_started_once_for_the_workloads_it_keeps():
    with closing(first(STARTS_A_PROGRAM)) as subject:
        programs = {case.implementation.running.process.pid for case in subject.cases((7,))}

    assert len(programs) == 1


def test_one_more_program_stands_for_all_fresh_instances(monkeypatch):
    programs, load = set(), STARTS_A_PROGRAM.load

    def counted(self, *arguments):
        load(self, *arguments)
        programs.add(self.running.process.pid)

    monkeypatch.setattr(STARTS_A_PROGRAM, "load", counted)
    broken, _ = tried(first(STARTS_A_PROGRAM, asked=(find_problem("nielsen"),)))

    assert broken == {}
    assert len(programs) == 2


def test_a_subject_that_is_asked_about_a_workload_is_tried_on_that_and_its_twin_alone():
    subject = first(ROWS, asked=(find_problem("nielsen"),))

    assert {"nielsen", "nielsen (stress problem)"} == {case.problem.name for case in subject.cases()}


# --- in a child process ---

MADE = """
import os, signal, sys, time
from paragone.implementation.registry import IMPLEMENTATIONS, read_folder

(Rows,) = read_folder(IMPLEMENTATIONS / "numpy_rows")


class Made(Rows):
    name = "made"
    maths = ()
    axes = {{"dtype": {dtypes}}}

    def train(self, order):
        {body}
        return super().train(order)
"""


def findings(folder, body, time_limit_s=SECONDS, dtypes=("float32",), problems=()):
    folder.mkdir()
    (folder / "impl.py").write_text(MADE.format(body=body, dtypes=dtypes))
    (made,) = read_folder(folder)
    found = registered(made, folder)
    return examined(found, time_limit_s, variants(found.implementation), problems)


def examined(found, time_limit_s, chosen, problems=()):
    with run_contract(found, list(chosen), problems, time_limit_s) as results:
        return list(results)


@cache
def counted(statuses):
    return {status: statuses.count(status) for status in statuses}


def test_each_check_gives_one_finding_and_what_the_code_prints_is_not_in_the_way(tmp_path):
    found = findings(tmp_path / "a", "print('{\"check\": 1}'); os.write(1, b'noise')")

    assert [finding.check for finding in found] == list(CHECKS)
    assert {finding.status for finding in found} == {"passed"}


def test_an_exception_is_a_failed_check_with_its_place(tmp_path):
    found = findings(tmp_path / "a", "raise ValueError('no way')")
    reasons = {finding.reason for finding in found if finding.status == "failed"}

    assert reasons == {"it raises ValueError: no way (impl.py, line 14)"}


def test_a_crash_names_its_check_and_the_others_go_on(tmp_path):
    found = findings(tmp_path / "a", "len(order) == 2 and order.shape[1] == 3 and os.kill(os.getpid(), signal.SIGSEGV)")
    (crashed,) = [finding for finding in found if finding.status == "crashed"]

    assert crashed.check == "the batch size may change from call to call"
    assert crashed.reason.startswith("was killed by SIGSEGV: impl.py:14: Fatal Python error: Segmentation fault. ")
    assert [finding.check for finding in found] == list(CHECKS)


def test_after_two_crashes_the_other_checks_of_a_variant_are_left_out(tmp_path):
    found = findings(tmp_path / "a", "print('so it ends', flush=True); os._exit(3)")

    assert counted(tuple(finding.status for finding in found)) == {"crashed": 2, "not reached": len(CHECKS) - 2}
    assert found[0].reason == "exited with code 3: so it ends"


def test_a_hanging_check_is_given_up(tmp_path):
    found = findings(tmp_path / "a", "time.sleep(600)", time_limit_s=1)

    assert {finding.reason for finding in found if finding.status == "crashed"} == {
        "no answer within 1 s; --time-limit allows more"
    }


def test_findings_come_in_the_order_of_the_variants_however_long_each_takes(tmp_path, monkeypatch):
    monkeypatch.setattr("paragone.implementation.conformance.examination.usable_cpus", lambda: (0, 1, 2))
    found = findings(tmp_path / "a", "time.sleep(0.02 * (self.dtype == 'float32'))", dtypes=("float32", "float64"))

    assert [f"made[dtype={dtype}]" for dtype in ("float32", "float64") for _ in CHECKS] == [f.variant for f in found]


def test_problems_that_are_asked_for_are_those_of_the_child(tmp_path):
    body = "assert self.problem.name.startswith('nielsen')"
    statuses = {f.status for f in findings(tmp_path / "a", body, problems=(find_problem("nielsen"),))}

    assert {"passed"} == statuses
    assert "failed" in {f.status for f in findings(tmp_path / "b", body)}


def test_what_nobody_waits_for_any_more_is_given_up(tmp_path):
    begun, went_on = str(tmp_path / "begun"), tmp_path / "went on"
    body = f"os.path.exists({begun!r}) or (open({begun!r}, 'w'), time.sleep(3), open({str(went_on)!r}, 'w'))"
    (tmp_path / "impl.py").write_text(MADE.format(body=body, dtypes=("float32", "float64")))
    (made,) = read_folder(tmp_path)
    found = registered(made, tmp_path)
    with pytest.raises(KeyboardInterrupt), run_contract(found, list(variants(found.implementation)), (), SECONDS):
        raise KeyboardInterrupt

    assert not went_on.exists()


def test_a_child_that_has_ended_is_not_waited_for_where_a_fork_holds_its_pipe(tmp_path, monkeypatch):
    """Of several contenders, each is verified in a fork of this process, which may have the pipe of a child."""
    held, let_go = [], []

    class Held(Child):
        def __init__(self, *arguments, handed_over, **others):
            held.extend(map(os.dup, handed_over))
            super().__init__(*arguments, handed_over=handed_over, **others)

    def close():
        let_go.extend(held)
        for descriptor in held:
            os.close(descriptor)

    monkeypatch.setattr("paragone.implementation.conformance.examination.Child", Held)
    patience = threading.Timer(SECONDS, close)
    patience.start()
    found = findings(tmp_path / "a", "pass", time_limit_s=10 * SECONDS)
    patience.cancel()

    assert ({"passed"}, []) == ({finding.status for finding in found}, let_go)
    close()
