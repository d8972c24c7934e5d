"""The benchmarks for pytest users: what they time is verified, what they save says what it is."""

import importlib
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import pytest
from described_here import made, registered, variants_of

from paragone.errors import HarnessError
from paragone.files.paths import IMPORT_ROOT, PROJECT
from paragone.implementation.contract import Implementation
from paragone.plan.cells import Contender, cell
from paragone.task.mlp.problem_files import read_problem, shipped_names
from paragone.task.mlp.state import State

PROBLEM = """
dataset = "mnist"
n_train = 1000
layers = [784, 30, 10]
hidden_activation = "sigmoid"
output_activation = "sigmoid"
loss = "quadratic"
learning_rate = 3.0
reduction = "mean"
start = "standard_normal"
batch_sizes = [10, 100]
"""
BASELINE = """
import inspect

from paragone.adapters.phase_clock import rebound
from paragone.implementation.registry import IMPLEMENTATIONS, read_folder

(NumpyRows,) = read_folder(IMPLEMENTATIONS / "numpy_rows")


def is_timed():
    return any("pytest_benchmark" in frame.filename for frame in inspect.stack(context=0))


class Honest(NumpyRows):
    name, maths, axes = {name!r}, (), {{"dtype": ("float32",)}}

"""
FOLDERS = {
    "summed": """
    def formulas(self):
        maths = super().formulas()
        return rebound(maths, backward=lambda A, Y, W, R, *layers: maths.backward(A, Y, W, 1.0, *layers))
""",
    "changes_when_timed": """
    def train(self, order):
        return super().train(order[: len(order) // 2] if is_timed() else order)
""",
    "never_the_same_bits": """
    deterministic = False
    calls = 0

    def train(self, order):
        losses = super().train(order)
        self.calls += 1
        self.b[0] *= 1 + 2e-7 * (self.calls % 2)
        return losses
""",
    "not_the_same_and_wrong_when_timed": """
    deterministic = False

    def train(self, order):
        losses = super().train(order)
        self.b[0] *= 1.5 if is_timed() else 1
        return losses
""",
    "not_installed": """
    @classmethod
    def missing(cls):
        return "libfast is not installed. Install: make libfast"
""",
    "specialised": """
    @classmethod
    def supports(cls, problem):
        return f"{problem.name} is not what it is made for"
""",
    "no_class": "\n\ndel Honest\n",
}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a small problem and the implementations above."""
    place = tmp_path_factory.mktemp("benchmarks")
    (place / "tiny.toml").write_text(PROBLEM)
    for name, body in FOLDERS.items():
        folder = place / "impls" / name
        folder.mkdir(parents=True)
        (folder / "impl.py").write_text(BASELINE.format(name=name) + body)
    yield place
    shutil.rmtree(place)  # the cache of the data is hundreds of megabytes


def run_pytest(place, *arguments, program=("-m", "pytest"), **variables):
    """Run pytest on the benchmarks in a process of its own, with the embedded data."""
    settings = {"PARAGONE_DATA": "digits", "PARAGONE_CACHE": str(place / "cache"), "PYTHONPATH": str(IMPORT_ROOT)}
    # Of a session that is one of several at once, the inner one must not take itself for a part.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_XDIST")}
    # Hypothesis takes a second to import, and these sessions have no use for it.
    without = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest")
    command = [sys.executable, *program, "benchmarks", *without, *map(str, arguments)]
    return subprocess.run(
        command, cwd=PROJECT, env=inherited | settings | variables, capture_output=True, text=True, timeout=120
    )


def quickly(place):
    """The options of a short session on the small problem."""
    return (
        *("--benchmark-only", "--problem", place / "tiny.toml", "--batch-sizes", "10"),
        *("--benchmark-min-rounds", "3", "--benchmark-max-time", "0.01"),
    )


@pytest.fixture(scope="module")
def saved(place):
    """What --benchmark-json holds after a session with the baseline in float32 and order C."""
    output = place / "saved.json"
    run = run_pytest(place, *quickly(place), "-k", "numpy_rows-float32-C", "--benchmark-json", output)
    assert run.returncode == 0, run.stdout + run.stderr
    return json.loads(output.read_text())["benchmarks"]


def test_a_selection_by_name_and_dtype_times_one_cell_and_says_what_it_is(saved):
    (entry,) = saved

    assert entry["name"] == "test_training_step[numpy_rows-float32-C-tiny-B10]"
    cell = {"problem": "tiny", "variant": "numpy_rows[dtype=float32,order=C]", "size": 10, "threads": 1}
    assert entry["params"] == cell
    assert entry["group"] == "tiny float32 B=10 threads=1"
    facts = dict(entry["extra_info"])
    assert len(facts.pop("data_sha256")) == 64
    assert facts.pop("n_steps") > 1
    assert facts.pop("work_per_second") > 0
    assert facts == {
        **cell,
        "implementation": "numpy_rows",
        "data": "scikit-learn digits, enlarged",
        "verification": "passed",
    }


def test_the_times_saved_agree_with_the_work_per_second(saved):
    (entry,) = saved
    facts, stats = entry["extra_info"], entry["stats"]

    assert stats["iterations"] == facts["n_steps"]
    assert stats["rounds"] == len(stats["data"]) == 3
    assert stats["median"] == sorted(stats["data"])[1]
    assert facts["work_per_second"] == pytest.approx(10 / stats["median"])


@pytest.fixture(scope="module")
def outcomes(place):
    """The outcome of every implementation above and its reason, by name."""
    report = place / "report.xml"
    options = ("--implementations-folder", place / "impls", "--junitxml", report)
    run_pytest(place, *quickly(place), *options)
    outcomes = {}
    for case in ElementTree.parse(report).iter("testcase"):
        name = case.attrib["name"].removeprefix("test_training_step[").partition("-")[0].rstrip("]")
        marks = [(mark.tag, mark.attrib["message"]) for mark in case if mark.tag in ("failure", "error", "skipped")]
        outcomes[name] = marks or [("passed", "")]
    return outcomes


@pytest.mark.parametrize(
    ("name", "outcome", "phrase"),
    [
        ("summed", "failure", "failed verification, tiny: "),
        ("changes_when_timed", "failure", "round 1: the result differs from the verified one"),
        ("never_the_same_bits", "passed", ""),
        ("not_the_same_and_wrong_when_timed", "failure", "failed verification, the last round: "),
        ("not_installed", "skipped", "unavailable: libfast is not installed. Install: make libfast"),
        ("specialised", "skipped", "unavailable: tiny is not what it is made for"),
        ("no_class", "error", "expected a class derived from Implementation, found none"),
    ],
)
def test_only_what_is_right_passes_and_the_rest_says_why(name, outcome, phrase, outcomes):
    ((got, message),) = outcomes[name]

    assert got == outcome
    assert phrase in message


def test_a_k_expression_selects_by_implementation_dtype_and_batch_size(place):
    run = run_pytest(place, "--collect-only", "-q", "-k", "numpy_rows and float64 and B1000 and not B10000")

    names = [line.partition("[")[2] for line in run.stdout.splitlines() if "::" in line]
    assert names == ["numpy_rows-float64-C-nielsen-B1000]", "numpy_rows-float64-F-nielsen-B1000]"]


def test_a_workload_that_does_not_exist_stops_the_session_with_a_sentence_and_no_traceback(place):
    run = run_pytest(place, "--collect-only", "--problem", "nilsen")

    assert run.returncode == pytest.ExitCode.INTERRUPTED
    assert "unknown problem 'nilsen'. Did you mean 'nielsen'?" in run.stdout
    assert "Traceback" not in run.stdout + run.stderr


def test_a_numpy_that_was_loaded_first_with_other_threads_is_refused(place):
    numpy_first = "import sys, numpy, pytest; sys.exit(pytest.main(sys.argv[1:]))"
    run = run_pytest(place, "--collect-only", "--threads", "3", program=("-c", numpy_first), OPENBLAS_NUM_THREADS="1")

    assert run.returncode == pytest.ExitCode.USAGE_ERROR
    assert "3 threads were asked for" in run.stderr
    assert "OPENBLAS_NUM_THREADS=3 OMP_NUM_THREADS=3 MKL_NUM_THREADS=3 pytest benchmarks" in run.stderr


class OneMillisecondPerImage(Implementation):
    """Moves a clock instead of training."""

    name = language = layout = source = idea = "slow"
    maths = ()
    now_ns = 0

    def load(self, problem, images, labels):
        self.sizes = set()

    def reset(self, state):
        pass

    def train(self, order):
        self.sizes.add(order.shape[1])
        OneMillisecondPerImage.now_ns += order.size * 1_000_000

    def params(self):
        return State((), (), (), ())


@pytest.fixture
def modules(monkeypatch):
    """The modules of benchmarks/, imported."""
    monkeypatch.syspath_prepend(PROJECT / "benchmarks")
    names = {"loaded_variant": "loaded_variant", "tests": "test_training_step"}
    return SimpleNamespace(**{short: importlib.import_module(name) for short, name in names.items()})


def configured(**options):
    """A configuration of pytest that holds these options and no others."""
    return SimpleNamespace(getoption=lambda name, default=None: options.get(name.strip("-").replace("-", "_"), default))


def test_all_problems_are_there_when_they_are_asked_for_and_several_threads_are_in_the_name(modules):
    selection = modules.tests.select(configured(problem=["all"], threads=2, batch_sizes="full"))

    names = {point.id for point in selection.points.values() if point.contender.found.name == "numpy_rows"}
    assert len(names) == len(shipped_names()) * 4
    assert {"numpy_rows-float32-C-nielsen-B50000-T2", "numpy_rows-float64-F-mlp4-B60000-T2"} < names


def test_nielsen_s_whole_grid_is_there_when_nothing_is_asked_for(modules):
    points = modules.tests.select(configured()).points

    assert {problem for problem, *_ in points} == {"nielsen"}
    assert {size for _, _, size, _ in points} == {1, 10, 100, 1000, 10000}


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("batch_sizes", "10,many", "--batch-sizes: expected whole numbers or full, separated by commas; got 'many'"),
        ("batch_sizes", "0", "batch size 0 does not fit nielsen"),
        ("implementations_folder", "nowhere", "nowhere: expected folders with an impl.py, found none"),
    ],
)
def test_an_option_that_cannot_be_is_refused_with_a_sentence(option, value, sentence, modules):
    with pytest.raises(HarnessError, match=re.escape(sentence)):
        modules.tests.select(configured(**{option: value}))


@pytest.fixture
def slow(modules, tmp_path, monkeypatch):
    """The slow implementation, loaded, on a grid up to a batch of 8000."""
    path = tmp_path / "slow.toml"
    grid = "batch_sizes = [1, 100, 4000, 8000]"
    path.write_text(PROBLEM.replace("batch_sizes = [10, 100]", grid).replace("n_train = 1000", "n_train = 8000"))
    (variant,) = variants_of(OneMillisecondPerImage)
    contender = Contender(read_problem(path), registered(OneMillisecondPerImage, tmp_path), variant, threads=1)
    monkeypatch.setattr(modules.loaded_variant, "instance_of", made)
    images, labels = np.zeros((8000, 784)), np.zeros(8000, np.uint8)
    data = SimpleNamespace(
        name="zeros", n_classes=10, train_images=images, inputs=lambda problem, dtype: (images, labels)
    )
    # The threads are those of the process that runs this test.
    monkeypatch.setattr(modules.loaded_variant, "thread_count_fault", lambda asked, found: None)
    loaded = modules.loaded_variant.LoadedVariant(contender, data, clock=lambda: OneMillisecondPerImage.now_ns)
    loaded.data = data
    yield loaded
    loaded.drop()


def test_a_step_that_smaller_batches_foretell_to_be_too_slow_is_never_taken(slow):
    assert slow.step_seconds(8000) == pytest.approx(8.0)
    assert slow.implementation.sizes == {1, 100}


def test_a_cell_with_too_slow_a_step_is_skipped_and_says_how_to_measure_it(modules, slow):
    holder = SimpleNamespace(hold=lambda contender: slow)

    with pytest.raises(pytest.skip.Exception, match=r"a step takes about 4 s; paragone bench -i slow --slow measures"):
        modules.tests.planned_cell(modules.loaded_variant.GridPoint(slow.contender, 4000), holder)


def test_a_round_has_the_steps_and_the_prefix_of_the_harness_s_sample(modules, slow):
    planned = slow.planned(1)
    measured = modules.loaded_variant.TimedCell(slow, planned, "")

    assert planned == cell(slow.contender, 1, 0.001)
    assert (len(measured.order), len(measured.prefix)) == (planned.n_steps, planned.prefix_steps) == (40, 5)


def test_times_are_counted_in_steps_so_that_cells_with_other_rounds_compare(modules):
    stats = SimpleNamespace(iterations=1, stats=SimpleNamespace(data=[4.0, 8.0]))

    modules.tests.count_in_steps(SimpleNamespace(stats=stats), n_steps=4)

    assert (stats.iterations, stats.stats.data) == (4, [1.0, 2.0])


def test_one_variant_is_in_memory_at_a_time_and_the_twin_comes_first(modules, slow, monkeypatch):
    log = []

    class Logged(modules.loaded_variant.LoadedVariant):
        def __init__(self, contender, data):
            super().__init__(contender, data, clock=lambda: OneMillisecondPerImage.now_ns)
            log.append(f"load {contender.problem.name} in {contender.threads}")

        def drop(self):
            super().drop()
            log.append(f"drop {self.contender.problem.name} in {self.contender.threads}")

    monkeypatch.setattr(modules.loaded_variant, "LoadedVariant", Logged)
    points = [modules.loaded_variant.GridPoint(replace(slow.contender, threads=threads), 4000) for threads in (1, 2)]
    holder = modules.loaded_variant.VariantHolder(slow.data, points)
    for point in (points[0], points[0], points[1]):
        holder.hold(point.contender)

    first = ["load slow (stress problem) in 1", "drop slow (stress problem) in 1", "load slow in 1"]
    second = ["load slow (stress problem) in 2", "drop slow (stress problem) in 2", "load slow in 2"]
    assert log == [*first, "drop slow in 1", *second]
