"""The whole adapter, in process: through juliacall where it is there, else through a stand-in and any old Julia."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from paragone.adapters import julia
from paragone.errors import MeasurementFailed
from paragone.files.paths import IMPORT_ROOT, PROJECT
from paragone.implementation.registry import read_folder
from paragone.machine.julia_install import find_julia, julia_unavailable, juliacall_unavailable
from paragone.task.mlp.problem_files import shipped_names

DRIVERS = PROJECT / "tests" / "julia_in_process"
STAND_IN = DRIVERS / "by_ctypes"  # in a folder of its own: that of a script comes first on sys.path
PAGE = (PROJECT / "docs" / "julia.md").read_text()
AGAINST_JULIACALL = juliacall_unavailable()
AGAINST_THE_STAND_IN = "juliacall itself is here" if AGAINST_JULIACALL is None else julia_unavailable()
WAYS = [
    pytest.param("juliacall", marks=pytest.mark.skipif(AGAINST_JULIACALL is not None, reason=str(AGAINST_JULIACALL))),
    pytest.param("stand-in", marks=pytest.mark.skipif(bool(AGAINST_THE_STAND_IN), reason=str(AGAINST_THE_STAND_IN))),
]

# What replaces what in the example, the verb that fails, and what it says (LINE is that of the change), if any does.
FAULTY = {
    "throws_in_load": ("Network{T}(problem", 'error("boo"); Network{T}(problem', "load", r"boo \(load at mine.jl:LINE"),
    "out_of_bounds": (
        *("network.X[:, batch .+ 1]", "network.X[:, batch .+ 1000]", "train"),
        r"BoundsError: attempt to access .*\(gather at mine.jl:LINE, step! at mine.jl:",
    ),
    "calls_nothing": ("= step!(", "= leap!(", "train", r"leap!`? not defined.*\(train! at mine.jl:LINE"),
    "cannot_be_parsed": ("sigmoid(z) =", "sigmoid(z = ) =", "load", r"mine.jl:LINE"),
    "has_no_reset": ("function reset!(", "function set!(", "reset", r"reset!`? not defined"),
    "collects": (
        "\nparams(network) =",
        "\ncollects() = (n = Base.gc_num().pause; GC.gc(); Base.gc_num().pause > n)"
        '\nparams(network) = collects() ? error("garbage is collected in params") :',
        *(None, None),
    ),
    "does_not_collect": (
        "    for k in axes(order, 2)",
        '    n = Base.gc_num().pause; GC.gc(); n < Base.gc_num().pause || error("nothing is collected in train!")\n'
        "    for k in axes(order, 2)",
        *(None, None),
    ),
    "is_no_module": ("\nmodule Mine", "\nif true", "load", r"the file must end with the end of the one module that it"),
}


def of_the_page(language):
    """The example of docs/julia.md in this language."""
    (block,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return block


def write(folder: Path, maths: str) -> str:
    folder.mkdir()
    (folder / "impl.py").write_text(of_the_page("python"))
    (folder / "mine.jl").write_text(maths)
    return str(folder)


def environment(way, folder: Path) -> dict[str, str]:
    """Surroundings in which `import juliacall` finds the true one, or the stand-in that takes any Julia for new."""
    ours = {"LANG": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(IMPORT_ROOT)}
    if way == "juliacall":
        return {**os.environ, **ours}
    wrapper = folder / "julia"
    wrapper.write_text(
        f'#!/bin/sh\n[ "$1" = --version ] && echo julia version 1.10.4 && exit\nexec {find_julia()} "$@"\n'
    )
    wrapper.chmod(0o755)
    named = {"PYTHON_JULIACALL_EXE": str(wrapper), "PYTHON_JULIACALL_PROJECT": str(folder)}
    return {**os.environ, **ours, **named, "PYTHONPATH": f"{STAND_IN}{os.pathsep}{IMPORT_ROOT}"}


def drive(way, folder: Path, *arguments) -> dict:
    command = [sys.executable, str(DRIVERS / "drive.py"), *arguments]
    answer = subprocess.run(command, env=environment(way, folder), capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr[-3000:]
    return json.loads(answer.stdout.splitlines()[-1])


@pytest.fixture(scope="module", params=WAYS)
def both(request, tmp_path_factory):
    """What the example of the page did, and said of itself; and the same with its phases told."""
    folder, maths = tmp_path_factory.mktemp("julia"), of_the_page("julia")
    folders = write(folder / "mine", maths), write(folder / "phased", with_phases(maths))
    return drive(request.param, folder, "gate", *folders)


@pytest.fixture
def told(both):
    return both["mine"]


@pytest.fixture
def phased(both):
    return both["phased"]


def with_phases(maths):
    """The example in a module of its own, and the words of docs/julia.md where its phases begin."""
    changes = {
        "\nmodule Mine\n": "\nmodule Phased\nphase(name) = nothing\n",
        "    X, Y = gather(": "    phase(:gather)\n    X, Y = gather(",
        "    Z, A = forward(": "    phase(:forward)\n    Z, A = forward(",
        "    dW, db = backward(": "    phase(:backward)\n    dW, db = backward(",
    }
    for before, after in changes.items():
        assert maths.count(before) == 1
        maths = maths.replace(before, after)
    return maths


@pytest.fixture(scope="module", params=WAYS)
def faults(request, tmp_path_factory):
    """The verb that failed first and what it said, of every faulty file."""
    folder = tmp_path_factory.mktemp("julia")
    maths = of_the_page("julia")
    folders = []
    for name, (right, wrong, *_) in FAULTY.items():
        assert maths.count(right) == 1
        folders.append(write(folder / name, maths.replace(right, wrong)))
    return drive(request.param, folder, "faults", *folders)


def test_the_true_juliacall_is_not_hidden_by_the_stand_in():
    """The folder of a script comes before all others on its sys.path."""
    assert not list(DRIVERS.glob("juliacall*"))


def test_the_example_of_the_page_is_short():
    assert len(of_the_page("julia").splitlines()) < 100


@pytest.mark.slow
def test_the_example_of_the_page_passes_the_gate_on_every_workload_and_its_twin(told):
    assert len(told["verdicts"]) == 4 * len(shipped_names())  # with its stress problem, in two dtypes
    assert [verdict for verdict in told["verdicts"] if verdict[1:] != ["passed", ""]] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "what", ["a reset state comes back", "two sessions are apart", "in parts as at once", "started once"]
)
def test_a_session_keeps_its_state_to_itself(told, what):
    assert told[what] is True


@pytest.mark.slow
def test_clocks_change_no_bit_and_phases_are_told_where_the_file_tells_them(told, phased):
    assert told["with clocks the same bits"] is True
    assert told["phases"] == {}, "the example of the page does not tell them"
    assert phased["with clocks the same bits"] is True
    assert list(phased["phases"]) == ["gather", "forward", "backward"]
    assert all(ns > 0 for ns in phased["phases"].values())


@pytest.mark.slow
@pytest.mark.parametrize("what", ["a read-only order", "no steps", "closed twice"])
def test_what_is_allowed_raises_nothing(told, what):
    assert told[what] is None


@pytest.mark.slow
@pytest.mark.parametrize("what", ["int32", "transposed"])
def test_an_order_whose_memory_is_laid_out_otherwise_is_refused(told, what):
    assert told[what].startswith("MeasurementFailed: order: expected int64 in C order, got int")


@pytest.mark.slow
def test_the_build_info_says_versions_optimisation_and_blas(told):
    assert {"Julia", "juliacall", "executable", "BLAS", "CPU", "optimisation"} <= told["receipt"].keys()
    assert re.fullmatch(r"1\.\d+\.\d+.*", told["receipt"]["Julia"])
    assert told["receipt"]["optimisation"] == "-O3"
    assert "blas" in told["receipt"]["BLAS"]


@pytest.mark.slow
def test_the_threads_are_read_back(told):
    assert told["threads"] == {"Julia": 1, "Julia's BLAS": 1}


@pytest.mark.slow
@pytest.mark.parametrize("fault", [name for name, (*_, words) in FAULTY.items() if words])
def test_what_julia_throws_is_a_sentence_with_the_place_in_the_file(faults, fault):
    right, _, verb, words = FAULTY[fault]
    line = 1 + of_the_page("julia").partition(right)[0].count("\n")
    failed, said = faults[fault]

    assert failed == verb
    assert re.match(f"MeasurementFailed: mine.jl: .*{words.replace('LINE', str(line))}", said), said  # . is no newline
    assert "LoadError" not in said
    assert len(said) < 700


@pytest.mark.slow
@pytest.mark.parametrize("what", ["collects", "does_not_collect"])
def test_garbage_is_collected_in_train_and_not_around_it(faults, what):
    assert faults[what] is None


@pytest.fixture
def surroundings(monkeypatch, tmp_path):
    """An environment without Julia's variables, in which a fit Julia and PythonCall are found; the cache is cleared."""
    monkeypatch.setattr(os, "environ", {name: value for name, value in os.environ.items() if "JULIA" not in name})
    monkeypatch.setattr(julia, "find_julia", lambda least: "/opt/julia")
    monkeypatch.setattr(julia, "juliacall_project", lambda: tmp_path)
    julia._start.cache_clear()
    yield os.environ
    julia._start.cache_clear()


class Imported(Exception):
    """Instead of juliacall."""


def imported_instead(name):
    assert name == "juliacall"
    raise Imported("first\nsecond\nthird\nfourth")


def test_juliacall_is_imported_with_everything_decided(surroundings, monkeypatch, tmp_path):
    monkeypatch.setattr(julia.importlib, "import_module", imported_instead)
    with pytest.raises(MeasurementFailed):
        julia.julia_in_process()

    assert {name: value for name, value in surroundings.items() if "JULIA" in name} == {
        "PYTHON_JULIACALL_EXE": "/opt/julia",
        "PYTHON_JULIACALL_PROJECT": str(tmp_path),
        "PYTHON_JULIACALL_HANDLE_SIGNALS": "no",
        "PYTHON_JULIACALL_THREADS": "1",
        "PYTHON_JULIACALL_MIN_OPTLEVEL": "3",
        "PYTHON_JULIAPKG_OFFLINE": "yes",
    }


def test_an_optimisation_that_the_user_chose_stays(surroundings, monkeypatch):
    surroundings["PYTHON_JULIACALL_OPTIMIZE"] = "1"
    monkeypatch.setattr(julia.importlib, "import_module", imported_instead)
    with pytest.raises(MeasurementFailed):
        julia.julia_in_process()

    assert "PYTHON_JULIACALL_MIN_OPTLEVEL" not in surroundings


def test_a_julia_that_cannot_be_started_is_a_sentence_with_the_command(surroundings, monkeypatch):
    monkeypatch.setattr(julia.importlib, "import_module", imported_instead)

    with pytest.raises(MeasurementFailed) as raised:
        julia.julia_in_process()
    assert str(raised.value) == (
        "Julia could not be started by juliacall: Imported: first second third. Try: paragone julia"
    )


def test_a_julia_that_did_not_start_is_not_started_again(surroundings, monkeypatch):
    tried = []
    monkeypatch.setattr(julia.importlib, "import_module", lambda name: tried.append(name) or imported_instead(name))

    for _ in range(2):
        with pytest.raises(MeasurementFailed, match="Imported: first second third"):
            julia.julia_in_process()
    assert tried == ["juliacall"]


def test_without_a_fit_julia_nothing_is_imported(surroundings, monkeypatch):
    monkeypatch.setattr(julia, "find_julia", lambda least: None)
    monkeypatch.setattr(julia, "juliacall_unavailable", lambda: "there is none")
    monkeypatch.setattr(julia.importlib, "import_module", imported_instead)

    with pytest.raises(MeasurementFailed, match="there is none"):
        julia.julia_in_process()


def test_listing_does_not_import_juliacall(tmp_path):
    write(tmp_path / "mine", of_the_page("julia"))
    read_folder(tmp_path / "mine")

    assert "juliacall" not in sys.modules
