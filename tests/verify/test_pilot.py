"""The pilot: what may be timed, what may not and why, with workers without a process and scripted costs."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from broken.training_sets import OneLabelWrong
from described_here import described, with_class
from easy_data import easy_data
from everyone import FOUND
from in_process import SHORT, InProcessWorker
from msgspec import structs

from paragone.errors import InvalidProblem, MeasurementFailed
from paragone.implementation.registry import find_variant
from paragone.plan.cells import Contender, cell
from paragone.plan.request import Request
from paragone.store.records import Outcome
from paragone.task.check_result import CheckResult
from paragone.task.mlp.gate import check_steps, is_stress_problem
from paragone.task.mlp.problem_files import find_problem
from paragone.verify.examiners import Examination, examine_all
from paragone.verify.pace import first_probe
from paragone.verify.pilot import PILOT_SAMPLES, Pilot, open_worker
from paragone.verify.stress_stage import most_check_steps
from paragone.verify.verifier import Verifier
from paragone.verify.verify_only import verify_only
from paragone.worker.budgets import STANDARD
from paragone.worker.commands import EstimateStep, Reset, TakeSample
from paragone.worker.replies import Modules

PROBLEM = replace(find_problem("nielsen"), n_train=60, layers=(784, 4, 10))
ROWS = Contender(
    PROBLEM, FOUND["numpy_rows"], find_variant(list(FOUND.values()), "numpy_rows[dtype=float64,order=C]"), 1
)
SIZES = (1, 10, 60)
FAST = dict.fromkeys(SIZES, 1e-3)
PASSED = CheckResult("passed", "", 1e-9, 1e-8, "W1", 20)


class ScriptedVerifier:
    """Passes every check but those named, each by (stage, batch size)."""

    def __init__(self, **verdicts):
        self.verdicts = verdicts  # "head_10" → a CheckResult, or an exception
        self.max_steps = {}

    def _verdict(self, worker, stage, size):
        verdict = self.verdicts.get(f"{stage}_{size}", PASSED)
        if isinstance(verdict, Exception):
            worker.alive = False
            raise verdict
        return verdict

    def check_first_steps(self, worker, contender, size, max_steps):
        stage = "stress" if is_stress_problem(contender.problem) else "head"
        self.max_steps[stage, size] = max_steps
        assert worker.problem == contender.problem
        return self._verdict(worker, stage, size)

    def check_data(self, worker, contender, seconds, image_seconds):
        return self._verdict(worker, "data", "all")

    def check_whole_sample(self, worker, contender, input_, seen):
        return self._verdict(worker, "sample", input_.size)


class Stage:
    """The pilot of one contender with scripted workers, and its result."""

    def __init__(self, data, verifier=None, step_seconds=None, contender=ROWS, spoil=None, **request):
        self.workers, self.most_alive = [], 0
        self.verifier = verifier or ScriptedVerifier()
        self.step_seconds, self.spoil = step_seconds or FAST, spoil
        pilot = Pilot(Request((PROBLEM,), **request), data, self.verifier, self.open_worker)
        self.result = pilot.examine(contender, SIZES)

    def open_worker(self, contender):
        worker = InProcessWorker(self.step_seconds)
        if self.spoil:
            self.spoil(worker, len(self.workers))
        self.workers.append(worker)
        self.most_alive = max(self.most_alive, sum(each.alive for each in self.workers))
        return worker

    @property
    def sizes(self):
        """Return the batch sizes that may be timed."""
        return [planned.size for planned in self.result.cells]

    def rows(self, *statuses):
        """Return the outcomes of these statuses as (stage, batch size, reason)."""
        rows = [row for row in self.result.outcomes if row.status in statuses]
        return [(row.stage, row.size, row.reason) for row in rows]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return easy_data(tmp_path_factory.mktemp("cache"))


def test_a_cell_that_passes_every_check_is_planned_and_every_check_is_an_outcome(data):
    stage = Stage(data)

    assert list(SIZES) == stage.sizes
    assert [cell(ROWS, size, 1e-3) for size in SIZES] == stage.result.cells
    passed = [(row.stage, row.size) for row in stage.result.outcomes if row.status == "passed"]
    expected = [(check, size) for size in SIZES for check in ("head", "sample")]
    assert [*expected, ("data", None), *(("stress", size) for size in SIZES)] == passed
    assert len(passed) == len(stage.result.outcomes)


def test_an_outcome_names_its_cell_and_holds_error_bound_and_steps(data):
    row = Stage(data).result.outcomes[0]

    expected = {"problem": "nielsen", "variant": ROWS.variant.name, "size": 1, "threads": 1, "stage": "head"}
    assert Outcome(**expected, status="passed", reason="", error=1e-9, bound=1e-8, n_steps=20) == row


def test_a_cell_whose_worker_gives_a_false_account_of_its_time_is_not_timed(data):
    def spoil(worker, n):
        take_sample = worker.take_sample

        def late(order):
            timing = take_sample(order)
            worker.waited_ns += 10**9 if order.shape[1] == 10 else 0
            return timing

        worker.take_sample = late

    stage = Stage(data, spoil=spoil)

    assert [1, 60] == stage.sizes
    ((_, size, reason),) = stage.rows("failed")
    assert 10 == size
    assert "by the worker's clock" in reason


def test_every_sample_of_the_pilot_has_a_start_and_an_order_of_its_own(data):
    seen = []

    def spoil(worker, n):
        call = worker.call_with_arrays

        def noted(command, arrays=None):
            if isinstance(command, TakeSample | Reset):
                seen.append((type(command), arrays["W1" if isinstance(command, Reset) else "order"].tobytes()))
            return call(command, arrays)

        worker.call_with_arrays = noted

    Stage(data, spoil=spoil)

    starts = [content for kind, content in seen if kind is Reset]
    assert PILOT_SAMPLES * len(SIZES) <= len(starts)  # more where a busy machine asks for a closer look
    assert len(starts) == len(set(starts))


def test_a_contender_with_one_wrong_label_has_no_cell(data, tmp_path):
    contender = replace(ROWS, variant=replace(ROWS.variant, implementation=described(OneLabelWrong)))
    verifier = ScriptedVerifier()  # the head of so small a training set meets every image
    verifier.check_data = Verifier(data, 1, tmp_path).check_data
    stage = Stage(data, verifier, contender=contender)

    assert [] == stage.sizes
    assert [("data", None)] == [(check, size) for check, size, _ in stage.rows("failed")]


def test_a_worker_that_dies_while_its_training_set_is_checked_has_no_cell(data):
    stage = Stage(data, ScriptedVerifier(data_all=MeasurementFailed("the worker crashed")))

    assert [] == stage.sizes
    assert [("data", None, "the worker crashed")] == stage.rows("failed")


def loads(stage):
    """Return the problems that each worker has loaded, in turn."""
    return [[entry[1] for entry in worker.log if entry[0] == "load"] for worker in stage.workers]


def test_one_worker_is_loaded_with_the_problem_and_then_with_its_stress_problem_and_is_killed(data):
    stage = Stage(data)

    assert [["nielsen", "nielsen (stress problem)"]] == loads(stage)
    assert not any(worker.alive for worker in stage.workers)


def test_the_peak_memory_is_the_largest_of_all_batch_sizes(data):
    assert 1000 * max(SIZES) == Stage(data).result.peak_bytes


def test_right_code_passes_the_real_gate_at_every_batch_size(data, tmp_path):
    stage = Stage(data, verifier=Verifier(data, 1, tmp_path))

    assert list(SIZES) == stage.sizes
    assert {"passed"} == {row.status for row in stage.result.outcomes}


# --- what cannot run here ---


@pytest.mark.parametrize(
    ("missing", "supports", "reason"),
    [
        ("no gcc; install: apt install gcc", None, "no gcc; install: apt install gcc"),
        (None, "only with softmax", "only with softmax"),
        ("no gcc", "only with softmax", "no gcc"),
    ],
)
def test_an_unavailable_implementation_starts_no_worker(data, missing, supports, reason):
    methods = {"missing": classmethod(lambda cls: missing), "supports": classmethod(lambda cls, problem: supports)}
    contender = with_class(ROWS, **methods)
    stage = Stage(data, contender=contender)

    assert [("available", None, reason)] == stage.rows("unavailable")
    assert [] == stage.workers == stage.sizes
    assert 1 == len(stage.result.outcomes)


def test_a_failed_load_is_one_outcome_for_all_batch_sizes(data):
    def spoil(worker, n):
        worker.load = lambda *args: worker.die("load: MemoryError: no room")

    stage = Stage(data, spoil=spoil)

    assert [("load", None, "load: MemoryError: no room")] == stage.rows("failed")
    assert 1 == len(stage.workers)
    assert [] == stage.sizes


# --- what only comes near ---


def near(of):
    """An contender of what comes near the problems of which `of` is true."""
    return with_class(ROWS, nearest=classmethod(lambda cls, problem: "another loss" if of(problem) else None))


def test_an_approximate_implementation_is_planned_not_checked_and_has_no_stress_problem(data, tmp_path):
    stage = Stage(data, verifier=Verifier(data, 1, tmp_path), contender=near(lambda problem: True))

    reason = "it only comes near this problem: another loss"
    checks = [(check, size, reason) for size in SIZES for check in ("head", "sample")]
    assert checks == stage.rows("not checked")
    assert len(checks) == len(stage.result.outcomes)
    assert list(SIZES) == stage.sizes
    assert ["nielsen"] == [worker.problem.name for worker in stage.workers]


def test_a_difference_from_the_stress_problem_alone_skips_only_that_check(data, tmp_path):
    stage = Stage(data, verifier=Verifier(data, 1, tmp_path), contender=near(is_stress_problem))

    reason = "it only comes near this problem: another loss"
    assert [("stress", size, reason) for size in SIZES] == stage.rows("not checked")
    assert 2 * len(SIZES) + 1 == len(stage.rows("passed"))
    assert ["nielsen"] == [worker.problem.name for worker in stage.workers]


def test_an_exception_from_the_declared_difference_is_reported(data):
    stage = Stage(data, contender=near(lambda problem: 1 / 0))

    reason = "asking whether it can run raised ZeroDivisionError: division by zero"
    assert [("available", None, reason)] == stage.rows("unavailable")


# --- what is too slow ---


def test_a_step_that_is_too_slow_is_not_measured_and_its_time_is_in_the_reason(data):
    stage = Stage(data, step_seconds={1: 0.1, 10: 2.4, 60: 9.0})

    reason = "a step is estimated at {} s; --slow measures it all the same"
    # 60: not even tried; 60 · 2.4 s / 10 is expected.
    assert [("cost", 10, reason.format(2)), ("cost", 60, reason.format(14))] == stage.rows("not measured")
    assert [1] == stage.sizes
    assert [("first steps", 1), ("first steps", 10)] == [
        entry for entry in stage.workers[0].log if entry[0] == "first steps"
    ]


def test_slow_plans_too_slow_cells_once_per_launch(data):
    stage = Stage(data, step_seconds={1: 0.1, 10: 2.4, 60: 9.0}, slow=True)

    assert [(1, False), (10, True), (60, True)] == [(c.size, c.once_per_launch) for c in stage.result.cells]


def test_slow_steps_are_checked_over_fewer_of_them(data):
    stage = Stage(data, step_seconds={1: 1e-3, 10: 0.2, 60: 0.9})

    assert {1: 20, 10: 5, 60: 1} == {size: stage.verifier.max_steps["head", size] for size in SIZES}


def test_the_stress_problem_is_checked_only_where_a_step_is_short(data):
    stage = Stage(data, step_seconds={1: 1e-3, 10: 0.25, 60: 0.9})

    assert [1, 10] == [size for stage_, size in stage.verifier.max_steps if stage_ == "stress"]
    assert [1, 10, 60] == stage.sizes


@pytest.mark.parametrize("step_seconds", [1e-6, 0.01, 0.3, 0.6, 40.0])
@pytest.mark.parametrize("size", [1, 1000, 60_000])
def test_a_check_trains_one_step_at_least_and_a_second_at_most(step_seconds, size):
    n_steps = most_check_steps(PROBLEM, cell(ROWS, size, step_seconds))

    assert 1 <= n_steps <= check_steps(size)
    assert n_steps == 1 or n_steps * step_seconds <= STANDARD.check_seconds


# --- what is wrong, at one batch size ---


@pytest.mark.parametrize("check", ["head", "sample", "stress"])
def test_a_failed_check_drops_its_cell_and_leaves_the_others(data, check):
    stage = Stage(data, ScriptedVerifier(**{f"{check}_10": CheckResult("failed", "W1 is wrong", 1.0, 1e-8)}))

    assert [(check, 10, "W1 is wrong")] == stage.rows("failed")
    assert [1, 60] == stage.sizes


def test_after_a_failed_head_neither_sample_nor_stress_problem_follows(data):
    stage = Stage(data, ScriptedVerifier(head_10=CheckResult("failed", "W1 is wrong")))

    assert ("sample", 10) not in stage.workers[0].log
    assert ("stress", 10) not in stage.verifier.max_steps


def test_a_cell_whose_reference_diverges_is_not_measured_and_nobody_is_accused(data):
    stage = Stage(data, ScriptedVerifier(head_10=CheckResult("not checked", "it diverges", diverges=True)))

    assert [("head", 10, "it diverges")] == stage.rows("not measured")
    assert ("sample", 10) not in stage.workers[0].log
    assert [1, 60] == stage.sizes


@pytest.mark.parametrize("check", ["head", "sample", "stress"])
def test_a_cell_that_could_not_be_checked_is_planned_as_not_checked(data, check):
    stage = Stage(data, ScriptedVerifier(**{f"{check}_10": CheckResult("not checked", "it diverges")}))

    assert [(check, 10, "it diverges")] == stage.rows("not checked")
    assert list(SIZES) == stage.sizes


@pytest.mark.parametrize("check", ["head", "sample", "stress"])
def test_after_a_crash_a_new_worker_takes_the_other_batch_sizes(data, check):
    crash = MeasurementFailed("train: the worker was killed by SIGSEGV")
    stage = Stage(data, ScriptedVerifier(**{f"{check}_10": crash}))

    ((_, size, reason),) = stage.rows("failed")
    assert (10, str(crash)) == (size, reason)
    assert [1, 60] == stage.sizes
    assert (3 if check == "stress" else 2) == len(stage.workers)
    assert not any(worker.alive for worker in stage.workers)


def test_after_an_error_a_live_worker_goes_on(data):
    def spoil(worker, n):
        call = worker.call_with_arrays

        def fault(command, arrays=None):
            if command == EstimateStep(size=10):
                raise MeasurementFailed("first steps: ValueError: ten is too many")
            return call(command, arrays)

        worker.call_with_arrays = fault

    stage = Stage(data, spoil=spoil)

    assert [("head", 10, "first steps: ValueError: ten is too many")] == stage.rows("failed")
    assert [1, 60] == stage.sizes
    assert 1 == len(stage.workers)


# --- what cannot be loaded twice ---


def refusing(of, end):
    """Spoil workers so that they end as `end` says, a method of theirs, where a load is one of which `of` is true.

    `of` is asked with the number of the worker and that of its load.
    """

    def spoil(worker, n):
        call, n_loads = worker.load, iter(range(9))
        worker.load = lambda *args: end(worker) if of(n, next(n_loads)) else call(*args)

    return spoil


def raises(worker):
    raise MeasurementFailed("load: ValueError: momentum")


def crashes(worker):
    worker.die("load: the worker was killed by SIGSEGV")


@pytest.mark.parametrize("end", [raises, crashes])
def test_a_worker_that_cannot_be_loaded_twice_is_followed_by_a_fresh_one_and_nothing_is_held_against_it(data, end):
    stage = Stage(data, spoil=refusing(lambda n, n_load: n_load == 1, end))

    assert [["nielsen"], ["nielsen (stress problem)"]] == loads(stage)
    assert list(SIZES) == stage.sizes
    assert [] == stage.rows("failed", "not checked")
    assert 1 == stage.most_alive
    assert not any(worker.alive for worker in stage.workers)


def test_a_stress_problem_that_does_not_load_in_a_fresh_worker_either_drops_every_cell(data):
    stage = Stage(data, spoil=refusing(lambda n, n_load: n + n_load == 1, raises))

    assert [("load", None, "load: ValueError: momentum")] == stage.rows("failed")
    assert [] == stage.sizes
    assert 2 == len(stage.workers)


@pytest.mark.parametrize(
    "verdict",
    [CheckResult("failed", "W1 is wrong"), CheckResult("not checked", "it diverges"), MeasurementFailed("it crashed")],
    ids=["fails", "cannot be checked", "crashes"],
)
def test_what_does_not_pass_in_a_worker_that_was_loaded_again_is_checked_in_a_fresh_one_which_decides(data, verdict):
    class KeepsTheFirstCoefficients(ScriptedVerifier):
        def check_first_steps(self, worker, *others):
            self.verdicts = {"stress_10": verdict} if 2 == len([e for e in worker.log if e[0] == "load"]) else {}
            return super().check_first_steps(worker, *others)

    stage = Stage(data, KeepsTheFirstCoefficients())

    assert list(SIZES) == stage.sizes
    assert [] == stage.rows("failed", "not checked")
    stress = [row.size for row in stage.result.outcomes if row.stage == "stress"]
    assert list(SIZES) == stress
    assert 2 == len(stage.workers)


def test_the_time_of_loading_is_that_of_a_fresh_worker(data):
    def spoil(worker, n):
        load = worker.load

        def timed(*args):
            clock["now"] += 5 if len(worker.log) == 0 else 1
            return load(*args)

        worker.load = timed

    clock = {"now": 0.0}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("paragone.verify.pilot.time", SimpleNamespace(perf_counter=lambda: clock["now"]))
        stage = Stage(data, spoil=spoil)

    assert 5 == stage.result.load_seconds


def test_a_variant_that_uses_two_cpus_with_one_thread_is_not_timed(data):
    def spoil(worker, n):
        worker.cpus_used = 1.9

    stage = Stage(data, spoil=spoil)
    reason = "used 1.90 s of CPU time per second with one thread asked for"

    assert [("threads", size, reason) for size in SIZES] == stage.rows("failed")
    assert [] == stage.sizes
    assert list(SIZES) == Stage(data, contender=replace(ROWS, threads=2), spoil=spoil).sizes


# --- around it ---


def test_a_worker_is_opened_with_the_threads_of_its_contender(monkeypatch):
    opened = []
    monkeypatch.setattr("paragone.verify.pilot.WorkerHandle", lambda *args: opened.append(args))
    monkeypatch.setattr("paragone.verify.pilot.worker_cpus", lambda threads: ("cpus", threads))
    open_worker(replace(ROWS, threads=2), time_limit_s=7, memory_limit_bytes=9)

    ((environment, *others),) = opened
    assert ("2", "2") == (environment["OPENBLAS_NUM_THREADS"], environment["OMP_NUM_THREADS"])
    assert [("cpus", 2), 7, "", 9] == others


class Silent:
    """A display that keeps what is being done."""

    def __init__(self):
        self.seen = []

    def progress(self, title, total):
        self.total = total
        return self

    def __enter__(self):
        return lambda what, amount: self.seen.append(what)

    def __exit__(self, *error):
        pass


def test_verify_checks_the_chosen_and_neither_baseline_nor_control_unless_chosen(data, monkeypatch):
    monkeypatch.setattr(
        "paragone.verify.pilot.Pilot.examine", lambda self, e, sizes, begin: SimpleNamespace(outcomes=[(e.key, sizes)])
    )
    monkeypatch.setattr("paragone.verify.verified_before.VerifiedBefore.keep", lambda *_: None)
    lists = replace(ROWS.found, implementation=structs.replace(ROWS.found.implementation, name="lists"))
    everyone = [lists, FOUND["numpy_rows"]]
    display = Silent()
    request = Request((PROBLEM,), SHORT, dtypes=("float64",), sizes=(10,))
    rows = list(verify_only(request, [lists], everyone, data, display))

    names = [f"lists[dtype=float64,order={order}]" for order in "CF"]
    assert [[(("nielsen", name, 1), (10,))] for name in names] == rows
    assert [name for name in names for _ in range(2)] == display.seen
    assert 2 == display.total


@pytest.mark.parametrize(("examined", "moves"), [((10, 20, 40), (0, 0, 1 / 3, 1 / 3, 1 / 3)), ((), (0, 1))])
def test_the_bar_names_the_size_in_turn_and_ends_with_the_contender(examined, moves):
    def examine(contender, sizes, begin):
        for size in examined:
            begin(size)
        return "found"

    said = []
    pilot = SimpleNamespace(examine=examine, request=Request((PROBLEM,), SHORT))
    found = list(examine_all(pilot, [Examination(ROWS, (10, 20, 40))], lambda *step: said.append(step)))

    assert ["found"] == found
    assert list(moves) == pytest.approx([amount for _, amount in said])
    assert [f"{ROWS.variant.name} batch {size}" for size in examined] == [what for what, _ in said[1:-1]]


def test_verify_checks_the_one_variant_asked_for_though_its_sibling_is_the_baseline(data, monkeypatch):
    monkeypatch.setattr(
        "paragone.verify.pilot.Pilot.examine", lambda self, e, sizes, begin: SimpleNamespace(outcomes=e.variant.name)
    )
    monkeypatch.setattr("paragone.verify.verified_before.VerifiedBefore.keep", lambda *_: None)
    request = Request((PROBLEM,), implementations=("numpy_rows[dtype=float64,order=F]",), sizes=(10,))
    rows = list(verify_only(request, [FOUND["numpy_rows"]], list(FOUND.values()), data, Silent()))

    assert ["numpy_rows[dtype=float64,order=F]"] == rows


def test_verify_refuses_a_problem_that_does_not_fit_the_data(data):
    request = Request((replace(PROBLEM, n_train=60_000),))
    with pytest.raises(InvalidProblem, match="n_train"):
        next(verify_only(request, [FOUND["numpy_rows"]], list(FOUND.values()), data, Silent()))


@pytest.mark.parametrize(("sizes", "size", "probe"), [((1, 10, 60), 60, 10), ((1, 10), 1, 1), ((100, 1000), 100, 100)])
def test_the_first_estimate_is_made_at_a_size_that_the_problem_lists(sizes, size, probe):
    """A kernel whose window has 16 numbers cannot be computed for 10."""
    assert probe == first_probe(SimpleNamespace(sizes=sizes), size)


@pytest.mark.parametrize("is_twice", [True, False])
def test_the_code_that_only_the_stress_problem_needs_is_noted_too(data, monkeypatch, is_twice):
    """In the worker that is loaded twice, and in a fresh one."""
    named = lambda hosted, since_s: Modules({hosted.problem.name: ""})  # noqa: E731 -- it stands for a method
    monkeypatch.setattr("paragone.worker.hosted_variant.HostedVariant.list_modules", named)
    if not is_twice:
        monkeypatch.setattr(Pilot, "_loaded_again", lambda *_: None)

    assert 2 == len(Stage(data).result.modules)


def test_one_that_cannot_say_which_code_it_runs_is_timed_and_not_remembered(data, monkeypatch):
    def fail(*_):
        raise ValueError("no list")

    monkeypatch.setattr("paragone.worker.hosted_variant.HostedVariant.list_modules", fail)
    stage = Stage(data)

    assert list(SIZES) == stage.sizes
    assert {} == stage.result.first_steps
