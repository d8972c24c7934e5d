"""Environments of their own: what is asked of them, what is wrong with them, and that a worker really runs in one."""

import subprocess
import sys

import numpy as np
import pytest
from described_here import described, registered
from easy_data import easy_data
from own_environments import SITE, Environments, link_worker_packages
from zoo_faults import FAULTS, ORDER, PROBLEM, STATE, Workers

from paragone.errors import MeasurementFailed
from paragone.files.paths import PROJECT
from paragone.implementation.conformance.examination import run_contract
from paragone.implementation.contract import variants
from paragone.implementation.registry import read_folder
from paragone.machine import python_environments
from paragone.machine.python_environments import (
    WORKER_PACKAGES,
    ProbeResult,
    environment_unavailable,
    exists,
    folder_of,
    interpreter,
    probe,
    shell_path,
)
from paragone.plan.cells import Contender
from paragone.verify.pilot import open_worker

FOLDER = FAULTS / "lives_elsewhere"


@pytest.fixture
def environments(tmp_path, monkeypatch):
    """The folder that PARAGONE_ENVIRONMENTS names, empty."""
    monkeypatch.setenv("PARAGONE_ENVIRONMENTS", str(tmp_path / "environments"))
    probe.cache_clear()
    yield Environments(tmp_path / "environments")
    probe.cache_clear()


@pytest.fixture
def lives_elsewhere():
    (implementation,) = read_folder(FOLDER)
    return implementation


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return easy_data(tmp_path_factory.mktemp("cache"))


# --- where they lie ---


def test_an_environment_lies_in_dot_venvs_or_in_the_users_folder(monkeypatch, tmp_path):
    monkeypatch.delenv("PARAGONE_ENVIRONMENTS", raising=False)
    assert folder_of("jax") == PROJECT / ".venvs" / "jax"

    monkeypatch.setenv("PARAGONE_ENVIRONMENTS", str(tmp_path))
    assert folder_of("jax") == tmp_path / "jax"
    assert interpreter("jax") == str(tmp_path / "jax" / "bin" / "python")
    assert interpreter("") == sys.executable
    assert not exists("jax")
    assert not exists("")


def test_a_path_is_quoted_for_a_shell_without_the_users_name(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))

    assert shell_path(PROJECT / ".venvs" / "jax") == ".venvs/jax"
    assert shell_path(tmp_path / "envs" / "jax") == "~/envs/jax"
    assert shell_path(tmp_path / "my envs") == "~/'my envs'"
    assert shell_path("/opt/jax") == "/opt/jax"


# --- what is wrong with one ---


def test_a_probe_of_a_working_environment_imports_none_of_its_packages(environments):
    environments.make("elsewhere")
    environments.add_package("elsewhere", "only_elsewhere", "raise SystemExit('imported')")

    assert environment_unavailable("elsewhere", ("only_elsewhere",)) is None
    assert dict(probe(interpreter("elsewhere")).versions)["only-elsewhere"] == "1.2.3"
    assert "only-elsewhere" not in dict(probe(interpreter("")).versions)


def test_of_two_installed_versions_the_importable_one_is_reported(environments):
    environments.make("elsewhere", with_numpy=False)
    environments.add_package("elsewhere", "numpy", version="1.0")
    (environments.site_of("elsewhere") / "seen.pth").write_text(f"{SITE}\n")

    assert dict(probe(interpreter("elsewhere")).versions)["numpy"] == "1.0"


def test_a_missing_environment_is_reported_with_the_commands_that_make_it(environments):
    reason = environment_unavailable("elsewhere", ("torch",))
    place = environments.folder / "elsewhere"

    assert reason == (
        f"its environment {place} does not exist. Make it: python3 -m venv --clear {place} && "
        f"{place}/bin/python -m pip install msgspec numpy platformdirs psutil threadpoolctl torch"
    )


def test_the_commands_of_a_reason_solve_it(environments):
    """But for pip, which has no network here: what it would install is put there by hand."""
    make = environment_unavailable("elsewhere").partition("Make it: ")[2].partition(" && ")[0]
    subprocess.run([sys.executable, *make.split()[1:], "--without-pip"], check=True)
    link_worker_packages(environments.site_of("elsewhere"))

    assert environment_unavailable("elsewhere") is None


def test_an_environment_without_its_interpreter_is_reported_with_the_given_command(environments):
    environments.make("elsewhere")
    environments.lose_interpreter("elsewhere")

    reason = environment_unavailable("elsewhere", mend="make it so")
    assert reason.endswith("/elsewhere has no bin/python that can be executed. Make it: make it so")


def test_an_interpreter_that_does_not_run_is_reported_with_its_error(environments):
    environments.make("elsewhere")
    environments.break_interpreter("elsewhere")

    assert "does not run: library not found. Make it again: " in environment_unavailable("elsewhere")


def test_an_environment_that_lacks_worker_packages_is_reported_with_their_names(environments):
    environments.make("elsewhere", with_numpy=False)

    reason = environment_unavailable("elsewhere", ("torch",))
    assert "lacks msgspec, numpy, platformdirs, psutil, threadpoolctl, torch. Install: " in reason
    assert reason.endswith("elsewhere/bin/python -m pip install msgspec numpy platformdirs psutil threadpoolctl torch")


def test_the_folder_that_an_uninstalled_package_leaves_behind_is_no_package(environments):
    environments.make("elsewhere")
    (environments.site_of("elsewhere") / "only_elsewhere").mkdir()

    assert "lacks only_elsewhere" in environment_unavailable("elsewhere", ("only_elsewhere",))


def test_a_python_that_is_too_old_is_reported(environments, monkeypatch):
    environments.make("elsewhere")
    monkeypatch.setattr(python_environments, "probe", lambda python, modules: ProbeResult(version=(3, 10, 4)))

    assert environment_unavailable("elsewhere").endswith("expected Python 3.11 or newer, got 3.10.4")


# --- a worker in one ---


def test_a_worker_imports_nothing_beyond_the_worker_packages():
    """Every package besides: hidden. Starting a worker, and loading an implementation of NumPy, asks for no more."""
    code = """
import importlib.abc, sys
allowed = {*sys.stdlib_module_names, *sys.argv[1:], "paragone"} | {name for name in sys.modules}
class Refuse(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] not in allowed and not name.startswith("paragone_numpy_rows"):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Refuse())
import paragone.worker.process
from paragone.machine.threads import loaded_thread_pools
from paragone.implementation.registry import IMPLEMENTATIONS, read_folder
read_folder(IMPLEMENTATIONS / "numpy_rows")
loaded_thread_pools()
"""
    answer = subprocess.run([sys.executable, "-c", code, *WORKER_PACKAGES], cwd=PROJECT, capture_output=True, text=True)

    assert answer.returncode == 0, answer.stderr


def test_a_worker_runs_in_the_environment_that_its_implementation_names(environments, data):
    environments.make("elsewhere")
    environments.add_package("elsewhere", "only_elsewhere")
    with Workers(data) as workers:
        worker = workers.open("lives_elsewhere", own_environment="elsewhere")
        loaded = workers.load(worker, "lives_elsewhere")
        state, _ = worker.train(STATE, ORDER)

    assert state.step == 3
    assert loaded.build_info == {
        "environment": "elsewhere",
        "python": ".".join(map(str, sys.version_info[:3])),
        "numpy": np.__version__,
        "only_elsewhere": "1.2.3",
        "started from": str(environments.folder / "elsewhere"),
    }


def test_the_harness_opens_the_worker_there(environments, lives_elsewhere, data, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(FAULTS.parent))
    environments.make("elsewhere")
    environments.add_package("elsewhere", "only_elsewhere")
    found = registered(lives_elsewhere, FOLDER)
    variant = next(variants(found.implementation))
    worker = open_worker(Contender(PROBLEM, found, variant, 1), 60)
    try:
        found = worker.load(variant, str(FOLDER), PROBLEM, str(data.folder), seed=1)
    finally:
        worker.kill()

    assert found.build_info["environment"] == "elsewhere"
    assert found.build_info["started from"] == str(environments.folder / "elsewhere")


def test_the_contract_is_examined_there(environments, lives_elsewhere, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(FAULTS.parent))
    environments.make("elsewhere")
    environments.add_package("elsewhere", "only_elsewhere")
    found = registered(lives_elsewhere, FOLDER)
    with run_contract(found, list(variants(found.implementation)), (), 60) as results:
        findings = list(results)

    assert "it says what it is" in {finding.check for finding in findings if finding.status == "passed"}
    assert not any("only_elsewhere" in finding.reason for finding in findings)


def test_an_interpreter_that_vanishes_after_its_probe_costs_one_row(environments, data):
    environments.make("elsewhere")
    environments.lose_interpreter("elsewhere")

    with Workers(data) as workers:
        worker = workers.open("lives_elsewhere", own_environment="elsewhere")

        assert not worker.alive
        with pytest.raises(MeasurementFailed, match=r"^train: the worker cannot be started: .*/elsewhere/bin/python: "):
            worker.train(STATE, ORDER)


def test_an_implementation_whose_environment_is_not_there_is_unavailable(environments, lives_elsewhere):
    assert described(lives_elsewhere, FOLDER).missing.startswith(
        f"its environment {environments.folder}/elsewhere does not exist"
    )

    environments.make("elsewhere")
    probe.cache_clear()
    assert described(lives_elsewhere, FOLDER).missing is None
