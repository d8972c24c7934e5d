"""Whole runs among cheats: each is found, its honest twin passes, and what nobody can know before is of no use."""

import contextlib
import os
from multiprocessing.shared_memory import SharedMemory

import pytest
from cheating_members import OMISSIONS, REMEMBERING, TWINS
from faulty_members import SMALL
from in_process import in_process
from zoo_runs import accused, missed, verdicts, zoo_runs


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    with zoo_runs(tmp_path_factory) as measure:
        yield measure
    for member in (*OMISSIONS, *TWINS):
        with contextlib.suppress(FileNotFoundError):
            memory = SharedMemory(f"Member_{os.getpid()}_{member}")
            memory.close()
            memory.unlink()


def test_who_leaves_steps_out_is_found_whatever_it_goes_by(measured):
    found = verdicts(measured(OMISSIONS | REMEMBERING, in_process, sizes=(SMALL,)))

    assert missed(OMISSIONS, found) == {}
    assert accused(found, ["numpy_rows", *REMEMBERING]) == {}


@pytest.mark.slow
def test_who_leaves_none_out_passes_whatever_it_goes_by(measured):
    assert accused(verdicts(measured(TWINS, in_process, sizes=(SMALL,))), TWINS) == {}
