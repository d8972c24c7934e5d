"""A library that is not installed, that raises when it is imported, or that lives in an environment of its own."""

import sys
import tomllib

import numpy as np
import pytest
from easy_data import easy_data
from own_environments import Environments, add_package
from zoo_faults import FAULTS, ORDER, STATE, Workers

from paragone.adapters.packages import CPU_EXTRAS, PackageImplementation, package_unavailable
from paragone.errors import MeasurementFailed
from paragone.files.paths import PROJECT
from paragone.implementation.registry import read_folder
from paragone.machine.python_environments import probe


@pytest.fixture
def environments(tmp_path, monkeypatch):
    monkeypatch.setenv("PARAGONE_ENVIRONMENTS", str(tmp_path / "environments"))
    probe.cache_clear()
    yield Environments(tmp_path / "environments")
    probe.cache_clear()


@pytest.fixture
def needs_a_package():
    (implementation,) = read_folder(FAULTS / "needs_a_package")
    return implementation


@pytest.fixture
def workers(tmp_path):
    with Workers(easy_data(tmp_path / "cache")) as workers:
        yield workers


def test_a_package_that_is_not_installed_comes_with_the_command_that_installs_it():
    reason = package_unavailable("no_such_library", "torch")
    assert reason == "no_such_library is not installed. Install: make peers PEERS=torch"

    reason = package_unavailable("no_such_library", "cupy")
    assert reason == "no_such_library is not installed. Install: pip install 'paragone[cupy]'"


def test_a_package_that_is_installed_is_not_imported_to_find_out(tmp_path, monkeypatch):
    add_package(tmp_path, "library_of_a_test", "raise SystemExit('imported')")
    monkeypatch.syspath_prepend(str(tmp_path))

    assert package_unavailable("library_of_a_test", "jax") is None
    assert "library_of_a_test" not in sys.modules


def test_the_folder_that_an_uninstalled_package_leaves_behind_is_no_package(tmp_path, monkeypatch):
    (tmp_path / "library_of_a_test" / "__pycache__").mkdir(parents=True)
    monkeypatch.syspath_prepend(str(tmp_path))

    assert "is not installed" in package_unavailable("library_of_a_test", "jax")


def test_every_extra_that_a_command_names_is_one_and_their_sum_is_one_too():
    extras = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["optional-dependencies"]

    assert set(CPU_EXTRAS) | {"cupy", "parquet", "dask", "slurm", "selftest", "peers"} == set(extras)
    assert extras["peers"] == [f"paragone[{','.join(CPU_EXTRAS)}]"]


def test_the_build_info_names_the_version_of_the_package():
    class InNumpy(PackageImplementation):
        package, extra = "numpy", "numpy"
        load = reset = train = params = None

    assert InNumpy(dtype="float32").build_info() == {"numpy": np.__version__}
    assert InNumpy(dtype="float32").advice() == ""


# --- raising when it is imported ---


@pytest.mark.parametrize(
    "fault", ["raise ImportError('libcuda.so: no such file')", "raise OSError('libcuda.so: no such file')"]
)
def test_a_package_that_raises_when_it_is_imported_is_told_with_two_commands(workers, tmp_path, fault):
    add_package(tmp_path / "site", "library_of_a_test", fault)
    path = f"{tmp_path / 'site'}:{FAULTS.parent}"
    worker = workers.open("needs_a_package", environment={"PYTHONPATH": path, "PARAGONE_ENVIRONMENTS": str(tmp_path)})

    with pytest.raises(MeasurementFailed) as raised:
        workers.load(worker, "needs_a_package")
    reason = str(raised.value)
    assert "Error: libcuda.so: no such file (impl.py, line " in reason
    assert reason.endswith(" -c 'import library_of_a_test'. Install it again: make peers PEERS=jax")


def test_a_package_that_can_be_imported_is_not_blamed_for_what_load_raises(workers, tmp_path):
    add_package(tmp_path / "site", "library_of_a_test", "del __version__")
    path = f"{tmp_path / 'site'}:{FAULTS.parent}"
    worker = workers.open("needs_a_package", environment={"PYTHONPATH": path})

    with pytest.raises(MeasurementFailed) as raised:
        workers.load(worker, "needs_a_package")
    assert "has no attribute '__version__'" in str(raised.value)
    assert "Install" not in str(raised.value)


# --- in an environment of its own ---


def test_its_worker_starts_in_the_environment_named_as_the_extra_where_there_is_one(environments, needs_a_package):
    assert needs_a_package.environment_name() == ""
    assert needs_a_package.missing() == "library_of_a_test is not installed. Install: make peers PEERS=jax"

    environments.make("jax")
    environments.add_package("jax", "library_of_a_test")
    assert needs_a_package.environment_name() == "jax"
    assert needs_a_package.missing() is None


def test_what_is_wrong_with_that_environment_is_mended_by_the_command_that_makes_it(environments, needs_a_package):
    environments.make("jax")
    reason = needs_a_package.missing()
    assert reason.endswith("lacks library_of_a_test. Install: make peers PEERS=jax OWN=jax")

    environments.lose_interpreter("jax")
    assert needs_a_package.missing().endswith("Make it: make peers PEERS=jax OWN=jax")


def test_a_package_is_imported_from_that_environment_though_the_harness_has_none(environments, workers):
    environments.make("jax")
    environments.add_package("jax", "library_of_a_test", version="7.0")
    worker = workers.open("needs_a_package", own_environment="jax")
    loaded = workers.load(worker, "needs_a_package")

    assert loaded.build_info["library_of_a_test"] == "7.0"
    assert worker.train(STATE, ORDER)[0].step == 3
