"""Whole runs, in processes, among cheats that hide time: each is found for what it hides, its honest twin passes."""

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import trainer_elsewhere
from faulty_members import SMALL
from time_cheats import AT_FULL_BATCH, HIDING, LONG_STEPS, twins
from zoo_faults import wait_until
from zoo_runs import PROBLEM, accused, missed, verdicts, zoo_runs

from paragone.machine.child import import_path
from paragone.machine.cpus import usable_cpus
from paragone.machine.threads import worker_environment

pytestmark = pytest.mark.slow


@contextmanager
def trainer_of_nobody():
    """Run a trainer that is no child of any worker; yield its address."""
    variables, _ = worker_environment(1, os.environ)
    with TemporaryDirectory() as folder:
        command = [sys.executable, trainer_elsewhere.__file__, f"{folder}/trainer"]
        with subprocess.Popen(command, env={**variables, "PYTHONPATH": import_path(variables)}) as trainer:
            try:
                assert wait_until(Path(command[-1]).exists)
                yield command[-1]
            finally:
                trainer.kill()


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    with zoo_runs(tmp_path_factory) as measure, trainer_of_nobody() as address, pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZOO_TRAINER", address)
        yield lambda members, size: measure(members, n_steps=LONG_STEPS, sizes=(size,))


@pytest.mark.parametrize(("size", "cheats"), [(SMALL, HIDING), (PROBLEM.n_train, AT_FULL_BATCH)], ids=["small", "full"])
def test_who_hides_time_is_found_for_what_hides_it_and_who_hides_none_passes(measured, size, cheats):
    if len(usable_cpus()) < 2:  # the CPUs of a worker are those of everybody
        cheats = {name: cheat for name, cheat in cheats.items() if "_cpus_" not in name}
    found = verdicts(measured(cheats | twins(cheats), size))

    assert missed(cheats, found) == {}
    assert accused(found, ["numpy_rows", *twins(cheats)]) == {}
