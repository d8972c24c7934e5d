"""Whole runs on a small data set, without processes: nothing lost, nothing measured twice, nothing wrong timed."""

import re
import shutil
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from in_process import SHORT, InProcessWorker, in_process
from msgspec import structs
from quiet_display import QuietDisplay

from paragone.analyse.results import Results
from paragone.errors import InvalidProblem, Misuse, ResultsUnusable
from paragone.files.atomic import write_json
from paragone.files.json_lines import read_json, read_rows
from paragone.implementation.registry import IMPLEMENTATIONS, discover
from paragone.machine import environment
from paragone.measure import planning, rounds
from paragone.measure.aa_pilot import Deviation
from paragone.measure.bench import Bench
from paragone.measure.planning import launches_of
from paragone.plan.power import launches_to_resolve
from paragone.plan.request import Request, request_of
from paragone.store.plan_records import Cell
from paragone.store.reader import read_plan, read_run
from paragone.store.runs import run_folders
from paragone.task.check_result import CheckResult
from paragone.task.mlp.mnist.cache import store
from paragone.task.mlp.mnist.parts import Arrays
from paragone.task.mlp.problem_files import find_problem
from paragone.verify import pilot_result
from paragone.verify.pilot import Pilot
from paragone.worker.commands import CountCpus, EstimateStep
from paragone.worker.estimate import sample_steps
from paragone.worker.worker import Worker

N_TRAIN, N_TEST = 300, 50
PROBLEM = replace(find_problem("nielsen"), n_train=N_TRAIN, layers=(784, 4, 10), batch_sizes=(1, 20))
KEYS = ("problem", "variant", "threads", "size", "wave", "launch", "round")

WRONG = """
from paragone.adapters.arrays import ArrayImplementation
from paragone.adapters.phase_clock import rebound

class Wrong(ArrayImplementation):
    name = "wrong"
    layout = "samples in rows"
    source = "a test"
    idea = "Forgets to update the biases."
    maths = ("rows.py",)
    axes = {"dtype": ("float32",)}

    def formulas(self):
        from . import rows
        return rebound(rows, update=lambda net, dW, db, eta: rows.update(net, dW, [0 * db_l for db_l in db], eta))
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A small data set in a cache of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PARAGONE_CACHE", str(tmp_path_factory.mktemp("cache")))
        random = np.random.Generator(np.random.PCG64(5))
        images = random.integers(0, 256, (N_TRAIN + N_TEST, 784), np.uint8)
        images[random.random(images.shape) > 0.19] = 0
        labels = random.integers(0, 10, N_TRAIN + N_TEST, np.uint8)
        yield store(Arrays(images[:N_TRAIN], labels[:N_TRAIN], images[N_TRAIN:], labels[N_TRAIN:]), "small", "a test")


def request(**changes):
    return Request(
        (PROBLEM,), implementations=("numpy_rows",), dtypes=("float32",), launches=2, rounds=3, budgets=SHORT, **changes
    )


@pytest.fixture(scope="module")
def impls(tmp_path_factory):
    """A folder with one implementation of one float32 variant, so that runs are short."""
    folder = tmp_path_factory.mktemp("impls")
    shutil.copytree(IMPLEMENTATIONS / "numpy_rows", folder / "numpy_rows", ignore=shutil.ignore_patterns("__pycache__"))
    declared = folder / "numpy_rows" / "impl.py"
    declared.write_text(declared.read_text().replace('"order": ("C", "F")', '"order": ("C",)'))
    return folder


@pytest.fixture(scope="module", autouse=True)
def _one_description_and_no_processes():
    """Measuring the load of the machine takes 0.3 s at every description. Every worker is opened as the bench says."""
    described = environment.describe()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(environment, "describe", lambda *_: described)
        patch.setattr("paragone.verify.pilot.WorkerHandle", lambda *_: pytest.fail("a worker has a process"))
        yield


def make(data, results, asked, folder, display=None, open_worker=in_process, verify_again=True):
    found, broken = discover(folder)
    display = display or QuietDisplay()
    given = asked, found, broken, data, results, "paragone bench", display
    return Bench(*given, open_worker=open_worker, verify_again=verify_again)


@pytest.fixture(scope="module")
def runs_made(data, impls, tmp_path_factory):
    """A function that gives the run interrupted at a step of measuring; None: the finished one. Each is made once."""
    made = {}

    def run_made(moment):
        if moment not in made:
            results = tmp_path_factory.mktemp("results")
            made[moment], finished = make(data, results, request(), impls, QuietDisplay(moment)).run()
            assert finished == (moment is None)
        return made[moment]

    return run_made


@pytest.fixture
def interrupted(runs_made, tmp_path):
    """A function that copies the run interrupted at a step into a test's results."""

    def copied(moment):
        original = runs_made(moment)
        return Path(shutil.copytree(original, tmp_path / original.name))

    return copied


def timed(folder):
    return Counter(tuple(r[k] for k in KEYS) for r in read_rows(folder / "samples.jsonl") if r["kind"] == "timed")


def memory_places(folder):
    return Counter((row["variant"], row["size"]) for row in read_rows(folder / "memory.jsonl"))


def test_a_run_holds_every_planned_sample_once(runs_made, impls):
    folder = runs_made(None)

    run = read_run(folder)
    cells = list(run.plan.cells)
    assert 4 == len(cells)
    assert {(*c.contender, c.size, 0, launch, round_) for c in cells for launch in (0, 1) for round_ in range(3)} == {
        (p, v, t, b, w, launch, r) for p, v, t, b, w, launch, r in timed(folder)
    }
    assert {1} == set(timed(folder).values())
    assert {"passed"} == set(run.outcomes["status"])
    assert {"head", "sample", "stress"} <= set(run.outcomes["stage"])
    assert {"done"} == set(run.launches["status"])
    assert [0, 1, 2] == sorted(set(run.accuracy["epoch"]))[:3]
    assert {(c.variant, c.size) for c in cells if "A/A" not in c.variant} == memory_places(folder).keys()
    assert {"measured"} == set(run.memory["status"])
    assert run.plan.eta_seconds > run.plan.memory_seconds > 0
    identity = run.plan.identity
    assert {f"source of {name}": kept.hash for name, kept in run.sources.items()}.items() <= identity.items()
    assert {entry.implementation for entry in run.plan.variants} == run.sources.keys()
    assert all((impls / name / "impl.py").read_text() == kept.files["impl.py"] for name, kept in run.sources.items())


def test_a_control_has_the_checks_of_its_baseline(runs_made):
    outcomes = read_run(runs_made(None)).outcomes
    piloted = outcomes[outcomes["launch"].isna()]
    checks = {
        name: sorted(zip(rows["stage"], rows["size"].fillna(0), rows["status"], strict=True))
        for name, rows in piloted.groupby("variant")
    }

    baseline = "numpy_rows[dtype=float32,order=C]"
    assert {baseline, f"{baseline} (A/A)"} == checks.keys()
    assert checks[baseline] == checks[f"{baseline} (A/A)"]


def again(data, impls, folder, monkeypatch, worker=InProcessWorker, **settings):
    """Two runs of the same request, with a cache of their own; the outcomes and the workers of the second."""
    monkeypatch.setenv("PARAGONE_CACHE", str(folder / "cache"))
    asked = request(memory=False, curves=False)
    make(data, folder / "first", asked, impls, verify_again=False).run()
    workers = []
    opens = lambda *_: workers.append(worker()) or workers[-1]  # noqa: E731 -- it is what a bench takes
    second, _ = make(data, folder / "second", asked, impls, open_worker=opens, **settings).run()
    return read_run(second), workers


def was_piloted(workers):
    return any(isinstance(command, CountCpus) for worker in workers for command in worker.commands)


def test_what_a_run_has_verified_the_next_one_takes_over_and_says_so(data, impls, tmp_path, monkeypatch):
    run, workers = again(data, impls, tmp_path, monkeypatch, verify_again=False)
    before_the_launches = run.outcomes[run.outcomes["launch"].isna()]

    assert not was_piloted(workers)
    assert before_the_launches["verified"].notna().all()
    assert {"passed"} == set(before_the_launches["status"])
    assert {("head", 1), ("sample", 20), ("stress", 20)} <= set(
        zip(before_the_launches["stage"], before_the_launches["size"], strict=True)
    )
    assert 2 * 2 * 2 * 3 == sum(run.samples["kind"] == "timed")


def test_the_whole_run_is_forecast_before_anything_is_verified_and_again_with_the_plan(data, impls, tmp_path):
    display = QuietDisplay(interrupt_at=0, title="verifying")
    with pytest.raises(KeyboardInterrupt):
        make(data, tmp_path, request(), impls, display).run()
    (at_first,) = display.expected
    display = QuietDisplay()
    folder, _ = make(data, tmp_path, request(), impls, display).run()

    assert at_first > 1
    assert [at_first, read_plan(folder).eta_seconds] == display.expected


def test_the_stages_of_a_run_are_the_run(data, impls, tmp_path):
    begin = time.perf_counter()
    folder, _ = make(data, tmp_path, request(), impls).run()
    elapsed_s = time.perf_counter() - begin
    stages = read_run(folder).stages

    in_launches = ["limits of the machine", "loading", "first calls", "rounds"]
    before, after = ["verification", "A/A pilot", "cost of a call"], ["peak memory", "learning curves"]
    assert [*before, *2 * in_launches, *after] == list(stages["stage"])
    assert [0] * 4 + [1] * 4 == [int(launch) for launch in stages["launch"].dropna()]
    assert 0.2 * elapsed_s < stages["elapsed_s"].sum() <= elapsed_s


def test_a_run_that_is_to_verify_again_does(data, impls, tmp_path, monkeypatch):
    run, workers = again(data, impls, tmp_path, monkeypatch, verify_again=True)

    assert was_piloted(workers)
    assert run.outcomes["verified"].isna().all()


def in_confirming(monkeypatch, name, value):
    """Have what is named be another while first steps are confirmed, and only then."""
    confirm = rounds.confirm

    def confirmed(*arguments):
        with monkeypatch.context() as patch:
            patch.setattr(name, value)
            return confirm(*arguments)

    monkeypatch.setattr(rounds, "confirm", confirmed)


def test_other_bits_than_those_that_were_verified_are_compared_with_the_reference(data, impls, tmp_path, monkeypatch):
    in_confirming(monkeypatch, "paragone.verify.first_steps.result_digest", lambda *_: "another")
    run, _ = again(data, impls, tmp_path, monkeypatch, verify_again=False)
    compared = run.outcomes[run.outcomes["launch"].notna()]

    assert {("head", "passed")} == set(zip(compared["stage"], compared["status"], strict=True))
    assert {"other bits than when it was verified: compared with the reference again"} == set(compared["note"])
    assert {1, 20} == set(compared["size"])


def test_what_is_recorded_no_more_when_the_launch_begins_is_compared_with_the_reference(
    data, impls, tmp_path, monkeypatch
):
    monkeypatch.setattr("paragone.verify.verified_before.VerifiedBefore.first_steps", lambda *_: None)
    run, _ = again(data, impls, tmp_path, monkeypatch, verify_again=False)
    compared = run.outcomes[run.outcomes["launch"].notna()]

    assert {"the record of its verification has gone: compared with the reference again"} == set(compared["note"])
    assert {("passed", 1), ("passed", 20)} == set(zip(compared["status"], compared["size"], strict=True))


def test_other_bits_that_are_wrong_end_the_cell(data, impls, tmp_path, monkeypatch):
    def wrong(worker, state, order, n_steps=None):
        result, losses = Worker.train(worker, state, order, n_steps)
        result.W[0][:] *= 1.01
        return result, losses

    in_confirming(monkeypatch, "in_process.InProcessWorker.train", wrong)
    run, _ = again(data, impls, tmp_path, monkeypatch, verify_again=False)
    failed = run.outcomes[run.outcomes["status"] == "failed"]

    assert {1, 20} == set(failed["size"])
    assert failed["reason"].str.contains("W1").all()
    piloted = run.samples[(run.samples["kind"] == "timed") & ~run.samples["variant"].str.contains("A/A")]
    assert piloted.empty


def test_what_failed_in_a_launch_is_verified_by_the_next_run(data, impls, tmp_path, monkeypatch):
    monkeypatch.setenv("PARAGONE_CACHE", str(tmp_path / "cache"))
    asked = request(memory=False, curves=False)
    make(data, tmp_path / "first", asked, impls, verify_again=False).run()
    with monkeypatch.context() as patch:
        wrong = CheckResult("failed", "W1 is wrong", n_steps=1)
        patch.setattr("paragone.verify.verifier.Verifier.check_sample", lambda *_: wrong)
        make(data, tmp_path / "second", asked, impls, verify_again=False).run()
    third, _ = make(data, tmp_path / "third", asked, impls, verify_again=False).run()

    assert read_run(third).outcomes["verified"].isna().all()


def test_the_budgets_of_a_request_reach_the_cells_and_every_command_that_spends_one(data, impls, tmp_path):
    workers = []
    folder, _ = make(
        data, tmp_path, request(), impls, open_worker=lambda *_: workers.append(InProcessWorker()) or workers[-1]
    ).run()
    plan = read_plan(folder)

    spent = [command for worker in workers for command in worker.commands if hasattr(command, "budgets")]
    assert {EstimateStep, CountCpus} == set(map(type, spent))
    assert all(command.budgets == SHORT for command in spent)
    assert all(cell.n_steps == sample_steps(cell.step_seconds, SHORT.sample_seconds) for cell in plan.cells)
    assert SHORT.curve_passes == max(row["epoch"] for row in read_rows(folder / "accuracy.jsonl"))


@pytest.mark.parametrize("moment", [0, 3, 7, 20])
def test_an_interrupted_run_goes_on_and_repeats_nothing(data, impls, tmp_path, interrupted, moment):
    folder = interrupted(moment)
    before = timed(folder)

    display = QuietDisplay()
    again, finished = make(data, tmp_path, request(), impls, display).run()

    assert finished
    assert folder == again
    assert any("Going on with run" in sentence for sentence in display.sentences)
    assert before <= timed(folder)
    assert {1} == set(timed(folder).values())
    assert 4 * 2 * 3 == len(timed(folder))
    assert 0 == len(display.plans)


def test_an_interrupted_memory_pass_goes_on_and_repeats_no_cell(data, impls, tmp_path):
    folder, finished = make(data, tmp_path, request(), impls, QuietDisplay(1, "peak memory")).run()
    before = timed(folder)
    assert not finished
    assert [1] == list(memory_places(folder).values())

    _, finished = make(data, tmp_path, request(), impls).run()

    assert finished
    assert [1, 1] == list(memory_places(folder).values())
    assert before == timed(folder)


def test_a_run_without_the_memory_pass_has_no_row_of_it_and_no_time_for_it_in_the_plan(data, impls, tmp_path):
    folder, finished = make(data, tmp_path, request(memory=False), impls).run()

    assert finished
    assert not (folder / "memory.jsonl").exists()
    assert 0 == read_json(folder / "plan.json")["memory_seconds"]


def test_a_torn_last_row_is_dropped_and_measured_again(data, impls, tmp_path, interrupted):
    folder = interrupted(7)
    samples = folder / "samples.jsonl"
    samples.write_bytes(samples.read_bytes()[:-40])

    _, finished = make(data, tmp_path, request(), impls).run()

    assert finished
    assert 4 * 2 * 3 == len(timed(folder))
    assert {1} == set(timed(folder).values())


def test_a_run_of_another_plan_is_not_taken_up_and_the_reason_is_said(data, impls, tmp_path, interrupted):
    folder = interrupted(3)
    display = QuietDisplay(interrupt_at=3)
    other, _ = make(data, tmp_path, request(seed=2), impls, display).run()

    assert folder != other
    assert any("what was asked for has changed" in sentence for sentence in display.sentences)


def test_a_finished_run_is_left_alone(data, impls, tmp_path, interrupted):
    first = interrupted(None)
    size = (first / "samples.jsonl").stat().st_size
    second, _ = make(data, tmp_path, request(), impls, QuietDisplay(interrupt_at=2)).run()

    assert first != second
    assert size == (first / "samples.jsonl").stat().st_size


@pytest.mark.parametrize(
    ("hashes", "changed"),
    [
        ("paragone.implementation.registry.Registered.source_hash", "source of numpy_rows"),
        ("paragone.machine.environment.source_hash", "source of the harness"),
    ],
)
def test_a_changed_source_refuses_to_be_joined_to_the_run(
    data, impls, tmp_path, interrupted, monkeypatch, hashes, changed
):
    folder = interrupted(3)
    monkeypatch.setattr(hashes, lambda *_: "changed")

    with pytest.raises(Misuse, match=f"{changed} has changed"):
        make(data, tmp_path, request(), impls).run(resume=folder)


def test_a_source_that_is_edited_during_a_run_costs_its_own_cells_and_is_shown_as_it_was(data, impls, tmp_path):
    """Its first launch was of another code than its second would be: none of it is ranked, all of it is kept."""
    shutil.copytree(impls, tmp_path / "impls")
    edited = tmp_path / "impls" / "edited"
    shutil.copytree(edited.with_name("numpy_rows"), edited)
    declared = edited / "impl.py"
    declared.write_text(declared.read_text().replace('name = "numpy_rows"', 'name = "edited"'))

    def opens(contender, *limits):
        if contender.found.name == "edited" and list(tmp_path.glob("results/*/rounds.jsonl")):
            with (edited / "rows.py").open("a") as file:
                file.write("# an edit\n")
        return in_process(contender, *limits)

    asked = structs.replace(request(), implementations=("numpy_rows", "edited"))
    folder, finished = make(data, tmp_path / "results", asked, tmp_path / "impls", open_worker=opens).run()
    run = read_run(folder)
    (failed,) = run.outcomes[run.outcomes["status"] == "failed"].to_dict("records")
    summary = Results(run).summary
    ranked = summary[summary["status"] == "passed"]["variant"]

    assert finished
    assert (failed["stage"], failed["launch"], str(failed["size"])) == ("load", 1, "nan")
    assert failed["reason"].startswith("its source was changed during the run: rows.py (saved at ")
    assert set(summary[summary["status"] == "failed"]["variant"]) == {failed["variant"]}
    assert len(ranked) == 4, "the baseline and its control go on"
    assert set(run.samples[run.samples["variant"] == failed["variant"]]["launch"]) == {0}
    assert "# an edit" not in run.sources["edited"].files["rows.py"]
    assert "# an edit" in (edited / "rows.py").read_text()


def test_other_data_refuse_to_be_joined_to_the_run(data, impls, tmp_path, interrupted):
    with pytest.raises(Misuse, match="data set has changed"):
        make(replace(data, sha256="another"), tmp_path, request(), impls).run(resume=interrupted(3))


def test_a_changed_machine_is_named_with_the_changes(data, impls, tmp_path, interrupted):
    folder = interrupted(0)
    stored = read_json(folder / "environment.json")
    stored["packages"]["numpy"] = "1.0"
    write_json(folder / "environment.json", stored)
    plan = read_json(folder / "plan.json")
    plan["identity"]["machine and versions"] = "another"
    write_json(folder / "plan.json", plan)

    with pytest.raises(Misuse, match=r"machine and versions \(numpy: 1\.0 then, .* now\) has changed since"):
        make(data, tmp_path, request(), impls).run(resume=folder)


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("memory.jsonl", '{"problem": "nielsen"}\n', "memory.jsonl, line 1: Object missing required field `variant`"),
        (
            "environment.json",
            '{"own_environments": []}',
            "environment.json: Expected `object`, got `array` - at `$.own_environments`",
        ),
    ],
)
def test_a_damaged_run_is_passed_over_and_refused_before_anything_is_measured(
    data, impls, tmp_path, interrupted, file, content, said
):
    display = QuietDisplay(interrupt_at=0)
    folder = interrupted(0)
    (folder / file).write_text(content)
    if file == "environment.json":
        plan = read_json(folder / "plan.json")
        plan["identity"]["machine and versions"] = "another"
        write_json(folder / "plan.json", plan)

    with pytest.raises(ResultsUnusable, match=re.escape(said)):
        make(data, tmp_path, request(), impls).run(resume=folder)
    other, _ = make(data, tmp_path, request(), impls, display).run()

    assert other != folder
    assert any(sentence.startswith(f"Passed over: {folder}/{said}") for sentence in display.sentences)


def test_a_stored_plan_gives_its_request_back(runs_made):
    asked_again = request_of(read_plan(runs_made(None)))

    assert request() == structs.replace(asked_again, budgets=SHORT)


def test_a_wrong_implementation_is_a_row_with_its_reason_and_never_timed(data, impls, tmp_path):
    shutil.copytree(impls / "numpy_rows", tmp_path / "impls" / "numpy_rows")
    shutil.copytree(impls / "numpy_rows", tmp_path / "impls" / "wrong")
    (tmp_path / "impls" / "wrong" / "impl.py").write_text(WRONG)
    asked = structs.replace(request(), implementations=("*",))
    folder, finished = make(data, tmp_path / "results", asked, tmp_path / "impls").run()

    assert finished
    rows = read_rows(folder / "outcomes.jsonl")
    failed = [row for row in rows if row["status"] == "failed"]
    assert {("wrong[dtype=float32]", 1), ("wrong[dtype=float32]", 20)} == {(r["variant"], r["size"]) for r in failed}
    assert all("b1" in row["reason"] or "b2" in row["reason"] for row in failed)
    assert not any(variant == "wrong[dtype=float32]" for _, variant, *_ in timed(folder))


def test_a_folder_that_cannot_be_imported_is_in_the_plan_with_its_reason(data, impls, tmp_path):
    shutil.copytree(impls / "numpy_rows", tmp_path / "impls" / "numpy_rows")
    (tmp_path / "impls" / "torn").mkdir()
    (tmp_path / "impls" / "torn" / "impl.py").write_text("import nothing_of_this_name\n")
    made = make(data, tmp_path / "results", request(), tmp_path / "impls", QuietDisplay(interrupt_at=0))
    folder, _ = made.run()

    (broken,) = read_json(folder / "plan.json")["unusable"]
    assert "torn" == broken["name"]
    assert "nothing_of_this_name" in broken["reason"]


def test_ctrl_c_before_the_plan_leaves_nothing_behind(data, impls, tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Pilot, "examine", interrupt)
    with pytest.raises(KeyboardInterrupt):
        make(data, tmp_path, request(), impls).run()

    assert [] == run_folders(tmp_path)


def test_a_results_folder_that_cannot_be_written_is_refused_before_the_pilot(data, impls, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(Pilot, "examine", lambda *arguments: pytest.fail("the pilot was begun"))

    with pytest.raises(ResultsUnusable, match="Not a directory"):
        make(data, tmp_path / "file", request(), impls).run()


def test_a_problem_that_does_not_fit_the_data_is_refused_before_the_pilot(data, impls, tmp_path):
    too_large = replace(PROBLEM, n_train=N_TRAIN + 1)

    with pytest.raises(InvalidProblem, match="n_train"):
        make(data, tmp_path, Request((too_large,)), impls).run()
    with pytest.raises(InvalidProblem, match="layers"):
        make(data, tmp_path, Request((replace(PROBLEM, layers=(100, 10)),)), impls).run()


def test_where_memory_is_short_variants_come_in_waves_with_the_baseline_in_each(data, tmp_path, monkeypatch):
    monkeypatch.setattr(planning, "memory_limit_bytes", lambda: 1)
    asked = structs.replace(request(), implementations=("numpy_rows", "numpy_columns"), sizes=(20,))
    folder, finished = make(data, tmp_path, asked, IMPLEMENTATIONS).run()

    assert finished
    waves = {}
    for _, variant, _, _, wave, _, _ in timed(folder):
        waves.setdefault(wave, set()).add(variant)
    shared = {"numpy_rows[dtype=float32,order=C]", "numpy_rows[dtype=float32,order=C] (A/A)"}
    assert 3 == len(waves)
    assert all(shared < variants and 3 == len(variants) for variants in waves.values())


@pytest.mark.parametrize(("n_cells", "expected"), [(1, 10), (80, 10), (120, 9), (400, 5)])
def test_many_cells_shrink_the_rounds_and_never_below_five(n_cells, expected):
    """A round of 120 cells of 0.047 s and the time between takes 6.6 s: nine of them fit into a minute."""
    cells = [Cell("nielsen", "any", 10, 1, 47, 0, 1e-3, once_per_launch=False)] * n_cells
    once = Cell("nielsen", "any", 10, 1, 1, 0, 1.0, once_per_launch=True)

    assert expected == pilot_result.rounds_in_time([*cells, *[once] * 50])


def test_a_difference_to_resolve_is_planned_for_the_upper_end_of_the_noise(data, tmp_path, impls):
    """A typical cell's noise would ask for the fewest launches there are; without --resolve no noise counts."""
    noise = Deviation(typical=0.001, upper=0.02)

    assert launches_of(request(resolve=0.05), noise) == launches_to_resolve(0.05, 0.02) > 5
    assert launches_of(request(), noise) == 2


def test_a_quick_run_has_one_launch_whatever_is_asked_for():
    assert launches_of(request(quick=True, resolve=0.05), Deviation(0.001, 0.02)) == 1
