"""The schedule, with workers that are scripted: which samples are taken, in which order, and what a fault costs."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from everyone import EVERYONE as FOUND
from in_process import SHORT, ScriptedWorker
from msgspec import structs

from paragone.errors import MeasurementFailed
from paragone.files.json_lines import read_rows
from paragone.implementation.registry import find_variant
from paragone.measure.resume import RemainingSamples
from paragone.measure.rounds import CHECKED_ROUNDS, Rounds
from paragone.plan.cells import Contender
from paragone.store.plan_records import Cell
from paragone.store.records import Evaluation, columns
from paragone.store.run_folder import RunFolder
from paragone.task.check_result import CheckResult
from paragone.task.mlp.problem_files import find_problem
from paragone.task.mlp.state import State
from paragone.worker.commands import Load, Prepare, TakeSample, verb
from paragone.worker.handle import WorkerHandle
from paragone.worker.replies import Loaded, Ready, Timing

PROBLEM = replace(find_problem("nielsen"), n_train=50)
NAMES = ("numpy_rows[dtype=float32,order=C]", "numpy_rows[dtype=float32,order=F]", "numpy_rows[dtype=float64,order=C]")


class SamplingWorker(ScriptedWorker):
    """Takes samples of a third of a second at once; `fault(worker, verb, size)` may raise at any command."""

    def __init__(self, name, log, fault=None, number=None, cpu_share=1.0, unseen_ns=0):
        super().__init__(self.reply)
        self.name, self.log, self.fault, self.number, self.cpu_share = name, log, fault, number, cpu_share
        self.unseen_ns = unseen_ns
        self.n_samples = 0

    def reply(self, command):
        return self.loaded() if isinstance(command, Load) else self.sampled(command)

    def loaded(self):
        if self.fault:
            self.fault(self, "load", None)
        self.log.append((self.name, "load"))
        pools = [{"file": "blas.so", "num_threads": 1}]
        return Loaded(load_seconds=0.0, loaded_memory_bytes=1, threads_found={"pools": pools}, build_info={})

    def call_with_arrays(self, command, arrays=None):
        self.n_steps, self.size = arrays["order"].shape if arrays and "order" in arrays else (None, None)
        return super().call_with_arrays(command, arrays)

    def sampled(self, command):
        if isinstance(command, Prepare):
            self.n_samples += 1
            self.log.append((self.name, "prepare", self.size, command))
            return Ready()
        if not isinstance(command, TakeSample):
            return Ready()
        if self.fault:
            self.fault(self, verb(command), self.size)
        self.log.append((self.name, "sample", self.size))
        elapsed_ns = 300_000_000
        self.waited_ns = elapsed_ns + self.unseen_ns
        return Timing(n_steps=self.n_steps, elapsed_ns=elapsed_ns, cpu_ns=int(self.cpu_share * elapsed_ns))

    def call_params(self):
        self.waited_ns = 0

    def result(self):
        number = self.number(self) if self.number else self.n_samples
        return State.at_rest([np.full((1, 1), float(number))], [np.zeros(1)]), None


class ScriptedGatekeeper:
    """Passes every check but those of the samples of the batch sizes in `failing`, from the `first` sample on."""

    def __init__(self, failing=(), first=0, unfit=()):
        self.failing, self.first, self.unfit, self.checked = failing, first, unfit, []
        self.whole, self.seen = [], []

    def check_form(self, contender, input_, seen):
        is_unfit = input_.size in self.unfit and seen.result.state.W[0][0, 0] > self.first
        return CheckResult("failed" if is_unfit else "not checked", "W1 is not finite")

    def check_whole_sample(self, worker, contender, input_, seen):
        self.whole.append(input_.seed)
        return self.check_sample(worker, contender, input_, seen)

    def check_sample(self, worker, contender, input_, seen):
        self.checked.append((contender.variant.name, input_.size, input_.seed))
        self.seen.append((contender.variant.name, seen.account.timing.n_steps))
        done = sum(entry[:2] == (contender.variant.name, input_.size) for entry in self.checked)
        return CheckResult("failed" if input_.size in self.failing and done > self.first else "passed", "W1 is wrong")


class Stage:
    """A plan of three variants × two batch sizes, run by scripted workers into a folder."""

    def __init__(self, folder: Path, verifier=None, **worker_options):
        self.contenders = {}
        for name in NAMES:
            contender = Contender(PROBLEM, FOUND[0], find_variant(FOUND, name), 1)
            self.contenders[contender.key] = contender
        self.cells = [
            Cell("nielsen", name, size, 1, 5, 1, 1e-3, once_per_launch=False) for name in NAMES for size in (1, 10)
        ]
        self.folder, self.log, self.options = folder, [], worker_options
        self.verifier = verifier or ScriptedGatekeeper()
        self.workers = []

    def open_worker(self, contender):
        name = contender.variant.name
        worker = SamplingWorker(name, self.log, **self.options.get(name, {}))
        self.workers.append(worker)
        return worker

    def run(self, launch=0, attempt=0, rounds=4, remaining=None, more_launches=(), seed=3, n_parts=1):
        self.remaining = remaining or RemainingSamples(rounds)
        with RunFolder(self.folder) as rows:
            schedule = Rounds(
                rows,
                self.contenders,
                SimpleNamespace(folder="data"),
                self.verifier,
                self.open_worker,
                self.remaining,
                seed=seed,
                run_started=0.0,
                report_progress=lambda what, seconds: None,
                budgets=SHORT,
                n_parts=n_parts,
            )
            for each in (launch, *more_launches):
                schedule.run_launch(self.cells, each, attempt)

    def rows(self, table):
        return read_rows(self.folder / f"{table}.jsonl")

    def timed(self):
        return [row for row in self.rows("samples") if row["kind"] == "timed"]


def test_every_round_samples_every_live_cell_once(tmp_path):
    stage = Stage(tmp_path)
    stage.run(rounds=4)

    counts = Counter((row["variant"], row["size"], row["round"]) for row in stage.timed())
    assert len(stage.cells) * 4 == len(counts)
    assert {1} == set(counts.values())


def test_each_round_has_an_order_of_its_own_and_the_seed_repeats_it(tmp_path):
    orders = []
    for run in ("a", "b"):
        (tmp_path / run).mkdir()
        stage = Stage(tmp_path / run)
        stage.run(rounds=4)
        orders.append([[(r["variant"], r["size"]) for r in stage.timed() if r["round"] == i] for i in range(4)])

    assert orders[0] == orders[1]
    assert 4 == len({tuple(order) for order in orders[0]})


def test_every_launch_attempt_and_seed_has_an_order_of_its_own(tmp_path):
    orders = set()
    for place in ({}, {"launch": 1}, {"attempt": 1}, {"seed": 4}):
        folder = tmp_path / str(len(orders))
        folder.mkdir()
        stage = Stage(folder)
        stage.run(rounds=2, **place)
        orders.add(tuple((row["variant"], row["size"], row["round"]) for row in stage.timed()))

    assert 4 == len(orders)


def test_cold_and_warm_up_samples_come_first_and_are_marked(tmp_path):
    stage = Stage(tmp_path)
    stage.run(rounds=3)

    rows = [row for row in stage.rows("samples") if row["variant"] == NAMES[0] and row["size"] == 1]
    assert ["cold", "warmup", "timed", "timed", "timed"] == [row["kind"] for row in rows]


def test_only_the_cold_call_has_no_prefix(tmp_path, monkeypatch):
    prefixes = []
    prepare = SamplingWorker.prepare
    monkeypatch.setattr(
        SamplingWorker,
        "prepare",
        lambda self, start, prefix: prefixes.append(len(prefix)) or prepare(self, start, prefix),
    )
    stage = Stage(tmp_path)
    stage.cells = stage.cells[:1]
    stage.run(rounds=3)

    assert [0, 1, 1, 1, 1] == prefixes


def test_all_variants_of_a_round_have_the_same_input_and_no_input_comes_twice(tmp_path):
    stage = Stage(tmp_path)
    stage.run(rounds=4, more_launches=[1])
    rounds = {}
    for row in stage.rows("samples"):
        rounds.setdefault((row["launch"], row["kind"], row["round"]), set()).add(row["input_seed"])

    assert 2 * (4 + 2) == len(rounds)
    assert {1} == {len(seeds) for seeds in rounds.values()}
    assert 2 * (4 + 2) == len(set.union(*rounds.values()))


def test_the_cold_sample_and_those_of_some_rounds_are_compared_with_the_reference(tmp_path):
    stage = Stage(tmp_path)
    stage.run(rounds=6)
    of_samples = {row["input_seed"]: (row["kind"], row["round"]) for row in stage.rows("samples")}
    checked = Counter(of_samples[seed] for _, _, seed in stage.verifier.checked)

    assert {len(stage.cells)} == set(checked.values())
    assert ("cold", -1) in checked
    assert CHECKED_ROUNDS == sum(kind == "timed" for kind, _ in checked)
    assert {"timed"} == {of_samples[seed][0] for seed in stage.verifier.whole}
    assert len(stage.cells) == len(stage.verifier.whole)
    assert {1 + CHECKED_ROUNDS} == {row["samples_checked"] / 2 for row in stage.rows("launches")}


def test_the_rounds_that_are_compared_differ_from_launch_to_launch(tmp_path):
    stage = Stage(tmp_path)
    stage.run(rounds=6, more_launches=range(1, 12))
    of_samples = {row["input_seed"]: (row["launch"], row["round"]) for row in stage.rows("samples")}
    chosen = {}
    for _, _, seed in stage.verifier.checked:
        launch, round_ = of_samples[seed]
        chosen.setdefault(launch, set()).add(round_)

    assert 3 < len({tuple(sorted(rounds)) for rounds in chosen.values()})


def test_a_cell_whose_cold_sample_is_wrong_is_never_timed_and_the_others_are(tmp_path):
    stage = Stage(tmp_path, verifier=ScriptedGatekeeper(failing=(10,)))
    stage.run()

    assert {1} == {row["size"] for row in stage.timed()}
    failed = [row for row in stage.rows("outcomes") if row["status"] == "failed"]
    assert {("sample", 10, "W1 is wrong")} == {(row["stage"], row["size"], row["reason"]) for row in failed}


def test_a_sample_that_is_found_wrong_afterwards_ends_its_cell(tmp_path):
    stage = Stage(tmp_path, verifier=ScriptedGatekeeper(failing=(10,), first=1))
    stage.run(rounds=6)

    failed = [row for row in stage.rows("outcomes") if row["status"] == "failed"]
    assert [(name, 10, "sample", "W1 is wrong") for name in NAMES] == sorted(
        (row["variant"], row["size"], row["stage"], row["reason"]) for row in failed
    )
    assert 6 * len(NAMES) == sum(row["size"] == 1 for row in stage.timed())


def test_every_result_must_have_the_right_form(tmp_path):
    stage = Stage(tmp_path, verifier=ScriptedGatekeeper(unfit=(10,), first=6))
    stage.run(rounds=6)

    failed = [row for row in stage.rows("outcomes") if row["status"] == "failed"]
    assert {(10, "sample", "W1 is not finite")} == {(r["size"], r["stage"], r["reason"]) for r in failed}
    assert 0 < sum(row["size"] == 10 for row in stage.timed()) < 6 * len(NAMES)


def test_a_result_that_comes_again_from_another_start_ends_its_cell(tmp_path):
    stage = Stage(tmp_path, **{NAMES[0]: {"number": lambda worker: min(worker.n_samples, 7)}})
    stage.run(rounds=6)

    failed = [row for row in stage.rows("outcomes") if row["status"] == "failed"]
    assert {(NAMES[0], "sample")} == {(row["variant"], row["stage"]) for row in failed}
    assert all("the result is that of an earlier sample" in row["reason"] for row in failed)


def test_a_false_account_of_its_time_ends_every_cell_of_a_variant(tmp_path):
    stage = Stage(tmp_path, **{NAMES[0]: {"unseen_ns": 100_000_000}})
    stage.run(rounds=4)

    failed = [row for row in stage.rows("outcomes") if row["status"] == "failed"]
    assert {(NAMES[0], 1, "time"), (NAMES[0], 10, "time")} == {
        (row["variant"], row["size"], row["stage"]) for row in failed
    }
    assert 4 * 2 == sum(row["variant"] == NAMES[0] for row in stage.timed())


def test_every_variant_but_a_control_is_asked_whether_it_remembers_results(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(
        "paragone.measure.sampling.refuse_remembered", lambda worker, *others: asked.append(worker.name)
    )
    stage = Stage(tmp_path)
    baseline = stage.contenders.pop(("nielsen", NAMES[0], 1))
    control = replace(baseline, variant=replace(baseline.variant, control=True))
    stage.contenders[control.key] = control
    named = {NAMES[0]: control.variant.name}
    stage.cells = [structs.replace(each, variant=named.get(each.variant, each.variant)) for each in stage.cells]
    stage.run(rounds=3)

    assert {NAMES[1]: 2, NAMES[2]: 2} == Counter(asked)
    assert control.variant.name in {row["variant"] for row in stage.timed()}


def test_a_cell_that_raises_is_dead_and_its_neighbours_live(tmp_path):
    def fault(worker, verb, size):
        if size == 10 and worker.n_samples > 4:
            raise MeasurementFailed("sample: ValueError: boom")

    stage = Stage(tmp_path, **{NAMES[1]: {"fault": fault}})
    stage.run(rounds=5)
    stage.run(launch=1, rounds=5, remaining=stage.remaining)

    (failed,) = [row for row in stage.rows("outcomes") if row["status"] == "failed"]
    assert (NAMES[1], 10, "sample: ValueError: boom") == (failed["variant"], failed["size"], failed["reason"])
    assert 10 == sum(row["variant"] == NAMES[1] and row["size"] == 1 for row in stage.timed())


def test_a_worker_that_dies_takes_only_its_own_launch_with_it(tmp_path):
    def fault(worker, verb, size):
        if worker.n_samples == 6:
            worker.kill()
            raise MeasurementFailed("sample: the worker was killed by SIGSEGV")

    stage = Stage(tmp_path, **{NAMES[2]: {"fault": fault}})
    stage.run(rounds=4)

    others = [row for row in stage.timed() if row["variant"] != NAMES[2]]
    assert 4 * 4 == len(others)
    statuses = {row["variant"]: row["status"] for row in stage.rows("launches")}
    assert {NAMES[0]: "done", NAMES[1]: "done", NAMES[2]: "failed"} == statuses


def test_a_variant_that_does_not_load_is_a_row_and_nothing_else(tmp_path):
    def fault(worker, verb, size):
        if verb == "load":
            raise MeasurementFailed("load: ImportError: no such thing")

    stage = Stage(tmp_path, **{NAMES[0]: {"fault": fault}})
    stage.run()

    (failed,) = [row for row in stage.rows("outcomes") if row["status"] == "failed"]
    assert ("load", "failed", None) == (failed["stage"], failed["status"], failed["size"])
    assert NAMES[0] not in {row["variant"] for row in stage.rows("samples")}


def test_ctrl_c_in_a_round_kills_every_worker_and_keeps_what_was_sampled(tmp_path):
    def fault(worker, verb, size):
        if worker.n_samples == 7:
            raise KeyboardInterrupt

    stage = Stage(tmp_path, **{NAMES[1]: {"fault": fault}})
    with pytest.raises(KeyboardInterrupt):
        stage.run(rounds=9)

    assert not any(worker.alive for worker in stage.workers)
    assert {"interrupted"} == {row["status"] for row in stage.rows("launches")}
    assert len(stage.timed()) > 0


def test_a_recorded_sample_is_never_taken_again(tmp_path):
    def fault(worker, verb, size):
        if worker.n_samples == 7:
            raise KeyboardInterrupt

    stage = Stage(tmp_path, **{NAMES[1]: {"fault": fault}})
    with pytest.raises(KeyboardInterrupt):
        stage.run(rounds=6)
    keys = ("problem", "variant", "threads", "size", "wave", "launch", "round")
    taken = {tuple(row[key] for key in keys) for row in stage.timed()}
    stage.options = {}
    stage.run(attempt=1, remaining=RemainingSamples(6, sampled=set(taken)))

    counts = Counter(tuple(row[key] for key in keys) for row in stage.timed())
    assert len(stage.cells) * 6 == len(counts)
    assert {1} == set(counts.values())


def test_a_slow_cell_is_sampled_once_a_launch(tmp_path):
    stage = Stage(tmp_path)
    stage.cells = [structs.replace(cell, once_per_launch=cell.size == 10) for cell in stage.cells]
    stage.run(rounds=4)

    counts = Counter((row["variant"], row["size"]) for row in stage.timed())
    assert {(name, size): 1 if size == 10 else 4 for name in NAMES for size in (1, 10)} == counts
    assert not [r for r in stage.rows("samples") if r["size"] == 10 and r["kind"] == "warmup"]


def test_each_part_of_a_sample_is_a_round_of_its_own(tmp_path):
    stage = Stage(tmp_path)
    stage.run(rounds=6, n_parts=3)

    rows = [row for row in stage.timed() if (row["variant"], row["size"]) == (NAMES[0], 10)]
    assert [0, 1, 2, 3, 4, 5] == sorted(row["round"] for row in rows)
    assert {5} == {row["n_steps"] for row in rows}
    assert 2 == len({row["input_seed"] for row in rows})
    assert 2 == len({row["digest"] for row in rows})
    assert [0, 3] == [row["round"] for row in stage.rows("rounds")]


def test_samples_in_parts_are_checked_whole(tmp_path):
    stage = Stage(tmp_path)
    stage.run(rounds=9, n_parts=3)

    per_cell = Counter((name, size) for name, size, _ in stage.verifier.checked)
    assert {1 + CHECKED_ROUNDS} == set(per_cell.values())
    assert {5, 15} == {n_steps for _, n_steps in stage.verifier.seen}


def test_only_the_parts_that_are_not_recorded_are_recorded_when_a_run_goes_on(tmp_path):
    stage = Stage(tmp_path)
    place = ("nielsen", NAMES[0], 1, 10, 0, 0)
    recorded = {(*place, round_) for round_ in (0, 1, 2, 3)}
    stage.run(rounds=6, n_parts=3, remaining=RemainingSamples(6, sampled=recorded))

    rounds = Counter((row["variant"], row["size"], row["round"]) for row in stage.timed())
    assert {1} == set(rounds.values())
    assert [4, 5] == sorted(r for name, size, r in rounds if (name, size) == (NAMES[0], 10))
    assert 5 * 6 + 2 == len(rounds)


def test_a_slow_cell_beside_samples_in_parts_is_sampled_once_in_its_own_round(tmp_path):
    stage = Stage(tmp_path)
    stage.cells = [structs.replace(cell, n_steps=1, once_per_launch=cell.size == 10) for cell in stage.cells]
    stage.run(rounds=8, n_parts=4)

    slow = [(row["round"], row["n_steps"]) for row in stage.timed() if row["size"] == 10]
    assert [(10 % 8, 1)] * 3 == slow


def test_a_one_thread_launch_that_uses_two_is_rejected(tmp_path):
    stage = Stage(tmp_path, **{NAMES[0]: {"cpu_share": 1.9}})
    stage.run()

    rejected = [row for row in stage.rows("launches") if row["status"] == "rejected"]
    assert [NAMES[0]] == [row["variant"] for row in rejected]
    reason = "used 1.90 s of CPU time per second with one thread asked for"
    outcomes = [row for row in stage.rows("outcomes") if row["stage"] == "threads"]
    assert {("rejected", reason, 0, 0)} == {(r["status"], r["reason"], r["launch"], r["attempt"]) for r in outcomes}
    assert {reason} == {row["reason"] for row in rejected}


def test_a_rejected_launch_does_not_end_its_cells(tmp_path):
    stage = Stage(tmp_path, **{NAMES[0]: {"cpu_share": 1.9}})
    stage.run(launch=0)
    stage.options = {}
    stage.run(launch=1, remaining=stage.remaining)

    assert 4 * 2 == sum(row["variant"] == NAMES[0] and row["launch"] == 1 for row in stage.timed())


# --- evaluation ---


CALLS = {SHORT: 7}  # of an evaluation, by the budgets of the rounds


def evaluated_stage(folder, monkeypatch, fault=""):
    """A stage of which the first variant is evaluated at batch size 10; `fault` is raised there, behind a sample."""

    def row_after(sample, worker, problem, data, n_calls):
        worker.log.append((worker.name, "evaluate", n_calls))
        if fault:
            raise MeasurementFailed(fault)
        place = {key: getattr(sample, key) for key in columns(Evaluation) if hasattr(sample, key)}
        return Evaluation(**{**place, "n_calls": n_calls, "n_images": 1, "elapsed_ns": 1})

    monkeypatch.setattr(
        "paragone.measure.rounds.calls_of_a_sample", lambda worker, problem, data, budgets: CALLS[budgets]
    )
    monkeypatch.setattr("paragone.measure.rounds.evaluate_after", row_after)
    stage = Stage(folder)
    stage.cells = [structs.replace(cell, evaluates=(cell.variant, cell.size) == (NAMES[0], 10)) for cell in stage.cells]
    return stage


def test_an_evaluation_follows_every_timed_sample_of_the_cells_that_have_them(tmp_path, monkeypatch):
    stage = evaluated_stage(tmp_path, monkeypatch)
    stage.run(rounds=4)
    at = [place for place, entry in enumerate(stage.log) if entry[1] == "evaluate"]

    assert [(NAMES[0], 10, round_, 7) for round_ in range(4)] == [
        (row["variant"], row["size"], row["round"], row["n_calls"]) for row in stage.rows("evaluations")
    ]
    assert all(stage.log[place - 1][:3] == (NAMES[0], "sample", 10) for place in at)


def test_an_evaluation_that_fails_ends_its_cell_and_no_other(tmp_path, monkeypatch):
    stage = evaluated_stage(tmp_path, monkeypatch, fault="predict: wrong classes")
    stage.run(rounds=4)
    (failed,) = [row for row in stage.rows("outcomes") if row["status"] == "failed"]
    counts = Counter((row["variant"], row["size"]) for row in stage.timed())

    assert ("evaluate", NAMES[0], 10) == (failed["stage"], failed["variant"], failed["size"])
    assert {1, 4} == set(counts.values())
    assert 1 == counts[NAMES[0], 10]


def test_a_variant_whose_interpreter_vanished_is_a_row_and_the_others_have_all_their_samples(tmp_path):
    stage = Stage(tmp_path)
    open_worker = stage.open_worker
    stage.open_worker = lambda contender: (
        WorkerHandle({}, (), 5, "gone") if contender.variant.name == NAMES[0] else open_worker(contender)
    )
    stage.run(rounds=4)

    (failed,) = [row for row in stage.rows("outcomes") if row["status"] == "failed"]
    assert (failed["variant"], failed["size"], failed["stage"]) == (NAMES[0], None, "load")
    assert failed["reason"].startswith("load: the worker cannot be started: ")
    assert Counter(row["variant"] for row in stage.timed()) == dict.fromkeys(NAMES[1:], 8)
