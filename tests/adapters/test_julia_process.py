"""A Julia of its own: the maths files pass the gate in it, and what goes wrong in one is told with its place."""

import re
import subprocess
from collections import namedtuple
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from paragone.adapters import julia_process, process
from paragone.adapters.julia_process import RUNNER, JuliaProcessImplementation
from paragone.adapters.klv import read_message, write_message
from paragone.errors import MeasurementFailed
from paragone.files.paths import PROJECT
from paragone.implementation.registry import IMPLEMENTATIONS, read_folder
from paragone.machine.julia_install import find_julia, julia_unavailable
from paragone.task.mlp.gate import gate
from paragone.task.mlp.problem_files import find_problem, shipped_names
from paragone.task.mlp.stress import stress_problem

SEED, N_TRAIN = 3, 500
NAMES = ("julia_broadcast", "julia_tuned")
MATHS = {"broadcast.jl": "julia_broadcast", "tuned.jl": "julia_tuned"}
NULL = PROJECT / "impls" / "yardsticks" / "networks" / "null.jl"
MANY = 400  # samples: more than julia_tuned takes in one block, in both dtypes
needs_julia = pytest.mark.skipif(julia_unavailable() is not None, reason=str(julia_unavailable()))

_random = np.random.Generator(np.random.PCG64(1))
IMAGES = np.where(_random.random((N_TRAIN, 784)) < 0.19, _random.integers(1, 256, (N_TRAIN, 784)), 0).astype(np.uint8)
LABELS = _random.integers(0, 10, N_TRAIN).astype(np.uint8)


def small(name):
    """The problem with few images and one small hidden layer."""
    return replace(find_problem(name), n_train=N_TRAIN, layers=(784, 6, 10))


def loaded(implementation, problem):
    implementation.load(problem, (IMAGES / 255.0).astype(implementation.dtype), LABELS)
    return implementation


def of_file(path):
    """An implementation whose maths is this file, which need not be in a folder of ours."""
    attributes = {"name": "mine", "axes": {"dtype": ("float32",)}, "program": str(path)}
    return type("Mine", (JuliaProcessImplementation,), attributes)(dtype="float32")


@pytest.fixture
def running():
    """Makes implementations of files, and ends their Julia behind the test."""
    made = []

    def make(path):
        made.append(of_file(path))
        return made[-1]

    yield make
    for implementation in made:
        implementation.close()


def verdict(implementation, problem, batch_size):
    loaded(implementation, problem)

    def train(state, order):
        implementation.reset(state)
        losses = implementation.train(order)
        return implementation.params(), losses

    check = gate(train, problem, IMAGES, LABELS, batch_size, SEED, implementation.dtype)
    return check.status, check.reason


Told = namedtuple("Told", "verdicts build_info threads early unknown again exit_code")


@pytest.fixture(scope="module", params=NAMES)
def told(request):
    """What one Julia said, in which one problem after the other was loaded; a Julia for each would take minutes."""
    (kind,) = [k for k in read_folder(IMPLEMENTATIONS / request.param) if k.name == f"{request.param}_process"]
    first = kind(dtype="float32")
    program = process.TrainingProgram(first.command(), first.folder(), first.environment())
    early, unknown = (answer_to(program, verb) for verb in ("train", "dance"))
    verdicts = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(process, "TrainingProgram", lambda *arguments: program)
        patch.setattr(program, "end", lambda: None)
        for dtype in ("float32", "float64"):
            for name in shipped_names():
                for problem in (small(name), stress_problem(small(name))):
                    verdicts[problem.name, dtype, 10] = verdict(kind(dtype=dtype), problem, 10)
            verdicts["blocks", dtype, MANY] = verdict(kind(dtype=dtype), stress_problem(small("mlp4")), MANY)
        again = answer_to(program, "dance"), answer_to(program, "params")
        implementation = loaded(kind(dtype="float32"), small("nielsen"))
    program.input.close()
    exit_code = program.process.wait()
    program.end()
    return Told(verdicts, implementation.build_info(), implementation.threads(), early, unknown, again, exit_code)


def answer_to(program, verb):
    """The reason why it does not do this, or the names of the fields of the answer."""
    write_message(program.input, {"do": verb})
    answer = read_message(program.output, 1 << 30)
    return answer["error"].decode() if "error" in answer else list(answer)


@pytest.mark.slow
@needs_julia
def test_the_gate_passes_every_workload_its_twin_and_several_blocks(told):
    assert len(told.verdicts) == 2 * (2 * len(shipped_names()) + 1)
    assert {case: said for case, said in told.verdicts.items() if said != ("passed", "")} == {}


@pytest.mark.slow
@needs_julia
def test_what_comes_too_early_or_is_unknown_is_an_error_after_which_the_session_goes_on(told):
    assert isinstance(told.early, str)
    assert told.unknown == "unknown verb dance"
    assert told.again == (told.unknown, ["state"])


@pytest.mark.slow
@needs_julia
def test_the_runner_ends_where_its_input_does(told):
    assert told.exit_code == 0


@pytest.mark.slow
@needs_julia
def test_the_build_info_says_the_command_julia_and_its_blas(told):
    assert "-O3" in told.build_info["command"]
    assert re.match(r"Julia \d+\.\d+\.\d+\S*, \S", told.build_info["version"])
    if "OpenBLAS" in told.build_info["version"]:
        assert re.search(r"\(OpenBLAS \d+\.\d+\.\d+\S*, \w+\)", told.build_info["version"])


@pytest.fixture(scope="module")
def answers():
    """What tests/julia_network.jl says of both maths files: (file, question) → an answer per dtype and output."""
    julia = find_julia()
    files = [RUNNER.parent / "network.jl", *(IMPLEMENTATIONS / MATHS[name] / name for name in MATHS)]
    command = [julia, "--startup-file=no", str(PROJECT / "tests" / "julia_network.jl"), *map(str, files)]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr[-3000:]
    told = {}
    for line in ran.stdout.splitlines():
        where, question, said = line.split("\t")
        told.setdefault((where.split()[0], question), []).append(said)
    return told


@pytest.mark.slow
@needs_julia
@pytest.mark.parametrize("maths", MATHS)
def test_no_float64_creeps_into_float32(answers, maths):
    assert answers[maths, "keeps its kind"] == ["yes"] * 5


@pytest.mark.slow
@needs_julia
@pytest.mark.parametrize("maths", MATHS)
def test_saturated_neurons_give_finite_losses_and_parameters(answers, maths):
    assert answers[maths, "is finite where saturated"] == ["yes"] * 8


@pytest.mark.slow
@needs_julia
@pytest.mark.parametrize("maths", MATHS)
def test_a_reset_clears_what_diverged(answers, maths):
    assert answers[maths, "forgets at reset"] == ["yes"] * 10


@pytest.mark.slow
@needs_julia
def test_twenty_steps_of_julia_tuned_allocate_as_much_as_two(answers):
    assert answers["tuned.jl", "allocates nothing"] == ["yes"] * 10


@pytest.mark.slow
@needs_julia
def test_the_threads_of_blas_are_set_and_read_back(answers):
    assert answers["network.jl", "sets the threads of BLAS"] == ["[2, 1]"]


def written(folder: Path, right, wrong):
    """A copy of broadcast.jl with a change, and the line of that change."""
    maths = (IMPLEMENTATIONS / "julia_broadcast" / "broadcast.jl").read_text()
    assert maths.count(right) == 1
    path = folder / "mine.jl"
    path.write_text(maths.replace(right, wrong))
    return path, 1 + maths.partition(right)[0].count("\n")


@pytest.mark.slow
@needs_julia
def test_a_syntax_error_is_told_in_load_with_file_and_line(tmp_path, running):
    path, line = written(tmp_path, "sigmoid(z) = 1 /", "sigmoid(z) = = 1 /")

    with pytest.raises(MeasurementFailed, match=rf"^load: julia says: .*\(mine.jl:{line}\)$") as raised:
        loaded(running(path), small("nielsen"))
    assert "LoadError" not in str(raised.value)


@pytest.mark.slow
@needs_julia
def test_a_type_error_is_told_in_train_with_function_file_and_line(tmp_path, running):
    path, line = written(tmp_path, "batch = batch .+ 1", 'batch = batch .+ "1"')
    problem = small("nielsen")
    implementation = loaded(running(path), problem)
    implementation.reset(problem.start_state(SEED))
    place = rf"\(gather at mine.jl:{line}, step! at mine.jl:.*\)$"

    with pytest.raises(
        MeasurementFailed, match=rf"^train: julia says: MethodError: no method matching .*{place}"
    ) as raised:
        implementation.train(problem.order(SEED, 2, 10))
    assert "candidates" not in str(raised.value)


@pytest.mark.slow
@needs_julia
def test_what_a_maths_file_prints_does_not_get_into_the_protocol(tmp_path, running):
    path, _ = written(
        tmp_path,
        "    for k in 1:size(order, 2)\n",
        '    println("a banner"); ccall(:puts, Cint, (Cstring,), "another"); Libc.flush_cstdio()\n'
        "    for k in 1:size(order, 2)\n",
    )
    implementation = running(path)

    assert verdict(implementation, small("nielsen"), 10) == ("passed", "")


@pytest.mark.slow
@needs_julia
def test_the_null_gives_back_what_it_got_also_without_a_locale_and_with_the_threads_asked_for(monkeypatch, running):
    for name, value in {"LC_ALL": "C", "OPENBLAS_NUM_THREADS": "2"}.items():
        monkeypatch.setenv(name, value)
    problem = stress_problem(small("softmax"))
    state = problem.start_state(SEED)
    implementation = loaded(running(NULL), problem)
    implementation.reset(state)

    assert implementation.params().digest() == state.digest()
    assert implementation.threads() == {"mine": 2}


@pytest.fixture
def machine(monkeypatch):
    """Decides which Julia there is, and on which machine."""

    def decide(version, cpu):
        monkeypatch.setattr(julia_process, "find_julia", lambda: "/opt/julia")
        monkeypatch.setattr(julia_process, "julia_version", lambda path: version)
        monkeypatch.setattr(julia_process.platform, "machine", lambda: cpu)

    monkeypatch.delenv("OPENBLAS_CORETYPE", raising=False)
    return decide


def test_an_old_julia_is_told_of_a_cpu_that_it_knows(machine):
    machine((1, 5, 3), "x86_64")

    assert of_file(NULL).command() == [
        *("/opt/julia", "--startup-file=no", "-O3", "-C", "haswell"),
        *(str(RUNNER), str(NULL)),
    ]
    assert of_file(NULL).environment() == {"OPENBLAS_CORETYPE": "Haswell"}


@pytest.mark.parametrize(("version", "cpu"), [((1, 10, 4), "x86_64"), ((1, 6, 0), "x86_64"), ((1, 5, 3), "aarch64")])
def test_any_other_julia_finds_out_by_itself(machine, version, cpu):
    machine(version, cpu)

    assert of_file(NULL).command() == ["/opt/julia", "--startup-file=no", "-O3", str(RUNNER), str(NULL)]
    assert of_file(NULL).environment() == {}


def test_the_kernels_that_the_user_chose_stay(machine, monkeypatch):
    machine((1, 5, 3), "x86_64")
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Zen")

    assert of_file(NULL).environment() == {"OPENBLAS_CORETYPE": "Zen"}


def test_without_julia_the_reason_names_the_command_that_installs_it(tmp_path, monkeypatch):
    for name in ("PYTHON_JULIACALL_EXE", "PYTHON_JULIAPKG_EXE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHON_JULIAPKG_PROJECT", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))

    assert of_file(NULL).missing() == "Julia 1.5 or newer is not installed. Install it: paragone julia"
