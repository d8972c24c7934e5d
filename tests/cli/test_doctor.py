import shutil
from pathlib import Path

import pytest
from described_here import registered

from paragone.cli import doctor
from paragone.cli.doctor import (
    base_packages,
    cached_data,
    data_set,
    disk_space,
    examine,
    implementations,
    implementations_here,
    installed_version,
    is_offline,
    python_version,
    requirements,
    results_can_be_written,
    threads_in_a_worker,
    tools,
    worker_threads,
)
from paragone.files.paths import PROJECT
from paragone.implementation.contract import Implementation
from paragone.implementation.registry import Unusable
from paragone.machine.conditions import GIB


@pytest.mark.parametrize(("version", "severity"), [((3, 10, 9), "problem"), ((3, 11, 0), "ok"), ((4, 0, 0), "ok")])
def test_a_python_that_is_too_old_is_a_problem(version, severity):
    finding = python_version(version)

    assert finding.severity == severity
    assert ".".join(map(str, version)) in finding.found


def test_the_oldest_python_is_the_one_the_project_declares():
    assert f'requires-python = ">={doctor.OLDEST_PYTHON[0]}.{doctor.OLDEST_PYTHON[1]}"' in (
        PROJECT / "pyproject.toml"
    ).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("requirement", "found", "said"),
    [
        ("numpy>=2.1", None, "numpy is not installed"),
        ("numpy>=2.1", "2.0.9", "numpy 2.0.9 is older than 2.1"),
        ("numpy>=2.10", "2.9", "numpy 2.9 is older than 2.10"),
        ("numpy >= 2.1, <3", "1.26", "numpy 1.26 is older than 2.1"),
        ("py-cpuinfo", None, "py-cpuinfo is not installed"),
    ],
)
def test_a_package_that_is_missing_or_too_old_is_named_with_the_command(requirement, found, said):
    finding, _ = base_packages([requirement], {requirement: found, "numpy": found}.get)

    assert (finding.severity, finding.found) == ("problem", said)
    assert finding.mend.startswith("pip install")


@pytest.mark.parametrize("found", ["2.1", "2.1.0", "2.10", "3", "2.1.0rc1", "2.1+local"])
def test_a_package_at_or_above_its_bound_is_well(found):
    [finding] = base_packages(["numpy>=2.1.0"], {"numpy": found}.get)

    assert (finding.severity, finding.found) == ("ok", "1 of the base install are new enough")


def test_the_requirements_are_those_of_the_package_without_its_extras(monkeypatch):
    declared = ["numpy>=2.1", 'numba>=0.60; extra == "numba"']
    monkeypatch.setattr(doctor.importlib.metadata, "requires", lambda name: declared)

    assert requirements() == ["numpy>=2.1"]


def test_an_installed_package_has_a_version_and_another_has_none():
    assert installed_version("numpy") == __import__("numpy").__version__
    assert installed_version("no-such-package") is None


def test_each_missing_program_is_a_note_with_what_it_is_for():
    found = {finding.what: finding for finding in tools({"make": "/bin/make"}.get)}

    assert {what: finding.severity for what, finding in found.items()} == {
        "make": "ok",
        "git": "note",
    }
    assert "the commit" in found["git"].found
    assert found["git"].mend == "apt-get install git"


@pytest.fixture
def mnist(tmp_path):
    """A folder with files called like those of MNIST: the doctor looks, it does not read."""
    for name in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        (tmp_path / f"{name}-ubyte.gz").write_bytes(b"")
    return tmp_path


def test_data_that_was_named_and_is_not_there_is_a_problem(tmp_path):
    finding = data_set(str(tmp_path / "nowhere"), tmp_path, offline=False)

    assert finding.severity == "problem"
    assert "nowhere" in finding.found


def test_a_named_folder_that_lacks_a_part_is_a_problem_that_names_the_part(mnist):
    (mnist / "t10k-labels-idx1-ubyte.gz").unlink()

    assert "t10k-labels-idx1-ubyte" in data_set(str(mnist), None, offline=False).found


@pytest.mark.parametrize("chosen", ["~nobody-of-this-name/x", "a\0b"])
def test_a_name_that_is_no_path_is_a_problem_and_not_a_crash(chosen):
    assert data_set(chosen, None, offline=False).severity == "problem"


def test_data_that_was_named_goes_before_data_that_was_kept(mnist):
    finding = data_set(str(mnist), Path("/kept"), offline=False)

    assert finding.severity == "ok"
    assert f"PARAGONE_DATA={mnist}" in finding.found
    assert data_set(None, Path("/kept"), offline=False).found == "MNIST, in /kept"


def test_digits_instead_of_mnist_are_noted():
    assert data_set("digits", Path("/kept"), offline=False).severity == "note"


@pytest.mark.parametrize(("offline", "said"), [(False, "downloads"), (True, "digits")])
def test_without_any_data_what_the_first_run_will_do_is_announced(offline, said):
    finding = data_set(None, None, offline)

    assert finding.severity == "note"
    assert said in finding.found


@pytest.mark.parametrize(("value", "expected"), [(None, False), ("", False), ("0", False), ("1", True)])
def test_being_offline_is_asked_of_the_environment(monkeypatch, value, expected):
    monkeypatch.delenv("PARAGONE_OFFLINE", raising=False)
    if value is not None:
        monkeypatch.setenv("PARAGONE_OFFLINE", value)

    assert is_offline() is expected


def test_an_empty_cache_keeps_no_data(tmp_path, monkeypatch):
    monkeypatch.setenv("PARAGONE_CACHE", str(tmp_path))

    assert cached_data() is None


def test_cached_data_is_the_entry_of_mnist_and_of_nothing_else(monkeypatch, tmp_path):
    asked = []
    entry = type("entry", (), {"folder": tmp_path})
    monkeypatch.setattr(doctor, "find_entry", lambda sha256, say: asked.append(sha256) or entry)

    assert cached_data() == tmp_path
    assert asked == [doctor.MNIST_SHA256]


def test_a_cache_that_cannot_be_read_keeps_no_data(monkeypatch):
    def refuse(sha256, say):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(doctor, "find_entry", refuse)

    assert cached_data() is None


def test_a_results_folder_need_not_exist_yet(tmp_path):
    assert results_can_be_written(tmp_path / "new" / "results").severity == "ok"
    assert list(tmp_path.iterdir()) == []


def test_a_results_folder_that_cannot_be_written_is_a_problem(tmp_path):
    (tmp_path / "file").write_text("")
    finding = results_can_be_written(tmp_path / "file" / "results")

    assert finding.severity == "problem"
    assert finding.found.endswith("results: cannot be written: Not a directory")
    assert finding.mend == "Choose another folder: --results PATH"


@pytest.mark.parametrize(("free", "severity"), [(1 * GIB, "problem"), (50 * GIB, "ok")])
def test_a_full_disk_is_a_problem(tmp_path, free, severity):
    assert disk_space(tmp_path / "new", lambda folder: free).severity == severity


def test_the_disk_asked_about_is_the_one_the_results_will_be_on(tmp_path):
    asked = []
    disk_space(tmp_path / "new" / "results", lambda folder: asked.append(folder) or GIB)

    assert asked == [tmp_path.resolve()]


def test_a_worker_with_more_threads_than_asked_is_a_problem():
    found = {"pools": [{"file": "libgomp.so", "num_threads": 8}]}

    assert "libgomp.so uses 8 threads" in worker_threads(found).found
    assert worker_threads(found).severity == "problem"
    assert worker_threads({"pools": []}).severity == "ok"


def test_a_worker_that_cannot_load_its_libraries_says_why(monkeypatch):
    monkeypatch.setattr(doctor, "WORKER_PROBE", "import no_such_library")
    finding = worker_threads(threads_in_a_worker())

    assert finding.severity == "problem"
    assert "No module named 'no_such_library'" in finding.found


def test_a_folder_called_paragone_in_the_current_one_is_not_what_a_worker_loads(tmp_path, monkeypatch):
    (tmp_path / "paragone").mkdir()
    (tmp_path / "paragone" / "__init__.py").write_text("")
    monkeypatch.chdir(tmp_path)

    assert worker_threads(threads_in_a_worker()).severity == "ok"


@pytest.mark.parametrize(("project", "programs"), [(PROJECT, {"make", "git"}), (None, set())])
def test_only_a_checkout_has_use_for_make_and_git(tmp_path, monkeypatch, project, programs):
    monkeypatch.setattr(doctor, "PROJECT", project)
    monkeypatch.setattr(doctor, "discover", lambda: ([], []))
    monkeypatch.setattr(doctor, "cached_data", lambda: None)
    monkeypatch.setattr(doctor, "threads_in_a_worker", lambda: {"pools": []})
    monkeypatch.setattr(doctor.environment, "describe", lambda: None)
    monkeypatch.setattr(doctor, "findings", lambda described: [])

    assert {finding.what for finding in doctor.examine(tmp_path)} & {"make", "git"} == programs


def test_a_worker_that_hangs_is_given_up(monkeypatch):
    monkeypatch.setattr(doctor, "WORKER_PROBE", "input()")
    monkeypatch.setattr(doctor, "WORKER_TIMEOUT_S", 0)

    assert "no answer" in worker_threads(threads_in_a_worker()).found


def test_the_whole_examination_looks_at_everything_here(tmp_path, monkeypatch):
    monkeypatch.setenv("PARAGONE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("PARAGONE_DATA", raising=False)
    findings = examine(tmp_path / "results")
    looked_at = {finding.what for finding in findings}

    assert {"Python", "packages", "make", "data", "results", "disk", "worker threads", "CPUs", "BLAS"} <= looked_at
    assert {finding.severity for finding in findings} <= {"ok", "note", "problem"}
    assert all(finding.found for finding in findings)
    assert (shutil.which("gcc") is None) == any(f.what == "gcc" and f.severity == "note" for f in findings)


def test_a_folder_of_plugins_that_is_not_there_is_a_problem_and_not_the_end(tmp_path, monkeypatch):
    monkeypatch.setenv("PARAGONE_PLUGINS", str(tmp_path / "gone"))
    (finding,) = implementations_here()

    assert (finding.severity, finding.what) == ("problem", "implementations")
    assert "there is no such folder" in finding.found


def test_languages_that_can_be_measured_are_named_once_and_each_reason_against_others_once():
    def found(name, language, reason=None):
        declared = type(name, (Implementation,), {"language": language, "missing": classmethod(lambda cls: reason)})
        declared.name = name
        return registered(declared, Path())

    there = [found("c_a", "C"), found("c_b", "C"), found("rows", "NumPy")]
    absent = [found(name, "Julia", "no Julia: paragone julia") for name in ("julia_a", "julia_b")]
    ok, note, problem = implementations([*there, *absent], [Unusable("mine", "impl.py: no class")])

    assert (ok.severity, ok.found) == ("ok", "C, NumPy")
    assert (note.severity, note.what, note.found) == ("note", "julia_a, julia_b", "no Julia: paragone julia")
    assert (problem.severity, problem.what, problem.found) == ("problem", "mine", "impl.py: no class")
