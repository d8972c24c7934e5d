"""What was verified before: used in the very same state, and in no other."""

import os
from dataclasses import replace
from types import SimpleNamespace

import pytest
from everyone import FOUND
from in_process import SHORT
from msgspec import structs

from paragone.implementation.registry import find_variant
from paragone.machine import environment
from paragone.machine.surroundings import stamp
from paragone.plan.cells import Contender, cell
from paragone.plan.request import Request
from paragone.task.check_result import CheckResult
from paragone.task.kernel.family import DrawnData
from paragone.task.mlp.problem_files import find_problem
from paragone.verify import verified_before
from paragone.verify.first_steps import FirstSteps
from paragone.verify.pilot_result import PilotResult
from paragone.verify.verified_before import VerifiedBefore

PROBLEM = find_problem("nielsen")
ROWS = Contender(PROBLEM, FOUND["numpy_rows"], find_variant(FOUND.values(), "numpy_rows[dtype=float32,order=C]"), 1)
REQUEST = Request((PROBLEM,), SHORT)
STEPS = FirstSteps(n_steps=3, digest="abc")


@pytest.fixture(scope="module")
def described():
    return environment.describe()


@pytest.fixture
def before(tmp_path, described):
    return VerifiedBefore(DrawnData(), REQUEST, described, tmp_path)


def verified(*sizes, step_seconds=1e-4):
    """The pilot's result of one that passes at these sizes."""
    result = PilotResult(ROWS, peak_bytes=1000, load_seconds=0.5)
    for size in sizes:
        result.step_seconds[size] = step_seconds
        result.first_steps[size] = STEPS
        result.cells.append(cell(ROWS, size, step_seconds, SHORT))
        for stage in ("head", "sample", "stress"):
            result.add_check(stage, size, CheckResult("passed", error=1e-7, bound=1e-5, n_steps=9))
    result.add_check("data", None, CheckResult("passed", n_steps=30))
    return result


def test_what_passed_is_known_again_with_its_cells_its_checks_and_the_time_when(before):
    before.keep(verified(1, 10))
    again = before.result_of(ROWS, (1, 10))

    assert again.cells == verified(1, 10).cells
    assert again.first_steps == {1: STEPS, 10: STEPS}
    assert (again.peak_bytes, again.load_seconds) == (1000, 0.5)
    assert verified(1, 10).outcomes == [structs.replace(row, verified=None) for row in again.outcomes]
    assert all(row.verified for row in again.outcomes)


def test_nothing_is_known_of_a_size_that_was_not_verified(before):
    before.keep(verified(1))
    assert before.result_of(ROWS, (1, 10)) is None


def test_sizes_of_several_runs_come_together(before):
    before.keep(verified(1))
    before.keep(verified(10))
    assert [1, 10] == [planned.size for planned in before.result_of(ROWS, (1, 10)).cells]


def in_another_state(name, before, contender, patch):
    """The records and the contender, where one thing is another than it was."""
    request, described = before.request, before.described
    if name == "seed":
        return replace(before, request=structs.replace(request, seed=2)), contender
    if name == "version":
        return replace(before, described=structs.replace(described, packages={"numpy": "0.1"})), contender
    if name == "machine":
        machine = structs.replace(described.machine, cpu="another")
        return replace(before, described=structs.replace(described, machine=machine)), contender
    if name == "compiler":
        patch.setattr(verified_before, "toolchain_files", lambda: {"gcc": "/usr/bin/gcc 1 2"})
    if name == "harness":
        revision = structs.replace(described.revision, source_hash="another")
        return replace(before, described=structs.replace(described, revision=revision)), contender
    if name == "variable":
        patch.setenv("MY_STEP_FAST", "1")
    if name == "source":
        patch.setattr("paragone.implementation.registry.Registered.source_hash", lambda self: "another")
    if name == "data":
        return replace(before, data=SimpleNamespace(sha256="another")), contender
    if name == "problem":
        contender = replace(contender, problem=replace(PROBLEM, learning_rate=0.123))
    if name == "threads":
        contender = replace(contender, threads=2)
    if name == "variant":
        other = find_variant(FOUND.values(), "numpy_rows[dtype=float32,order=F]")
        contender = replace(contender, variant=other)
    return before, contender


@pytest.mark.parametrize(
    "name",
    [
        "seed",
        "version",
        "machine",
        "compiler",
        "harness",
        "variable",
        "source",
        "data",
        "problem",
        "threads",
        "variant",
    ],
)
def test_nothing_is_known_where_one_thing_is_another(before, monkeypatch, name):
    before.keep(verified(1))
    assert before.result_of(ROWS, (1,)) is not None

    other, contender = in_another_state(name, before, ROWS, monkeypatch)
    assert other.result_of(contender, (1,)) is None


def test_a_size_that_failed_a_check_is_not_kept_beside_one_that_passed(before):
    result = verified(1, 10)
    result.add_check("stress", 10, CheckResult("failed", "W1 is wrong"))
    result.cells.pop()
    before.keep(result)

    assert before.result_of(ROWS, (1,)) is not None
    assert before.result_of(ROWS, (10,)) is None


def test_a_size_that_passed_once_and_fails_now_is_known_no_more(before):
    before.keep(verified(1, 10))
    now = verified(1, 10)
    now.add_check("stress", 10, CheckResult("failed", "W1 is wrong"))
    now.cells.pop()
    before.keep(now)

    assert before.result_of(ROWS, (1,)) is not None
    assert before.result_of(ROWS, (10,)) is None


def test_one_that_passed_once_and_cannot_be_loaded_now_is_known_no_more(before):
    before.keep(verified(1))
    now = PilotResult(ROWS)
    now.add_outcome("load", "failed", "no such library")
    before.keep(now)

    assert before.result_of(ROWS, (1,)) is None


def test_one_that_is_forgotten_is_known_no_more(before):
    before.keep(verified(1))
    before.forget(ROWS)
    assert before.result_of(ROWS, (1,)) is None


@pytest.fixture
def module(tmp_path):
    """Code that lies elsewhere."""
    (tmp_path / "library.py").write_text("factor = 1")
    return tmp_path / "library.py"


def verified_with(module):
    result = verified(1)
    result.modules = {str(module): stamp(str(module))}
    return result


def test_nothing_is_known_where_code_that_lies_elsewhere_has_changed(before, module):
    before.keep(verified_with(module))
    assert before.result_of(ROWS, (1,)) is not None

    module.write_text("factor = 1.01")
    assert before.result_of(ROWS, (1,)) is None


def test_code_of_one_size_still_counts_when_another_size_is_verified_without_it(before, module):
    before.keep(verified_with(module))
    before.keep(verified(10))
    assert before.result_of(ROWS, (1, 10)) is not None

    module.write_text("factor = 1.01")
    assert before.result_of(ROWS, (1,)) is None


def test_an_edit_that_keeps_size_and_time_is_an_edit(tmp_path):
    module = tmp_path / "library.py"
    module.write_text("factor = 1")
    seen, about = stamp(str(module)), module.stat()
    module.write_text("factor = 2")
    os.utime(module, ns=(about.st_atime_ns, about.st_mtime_ns))

    assert stamp(str(module)) != seen


def test_a_record_counts_for_the_harness_with_which_the_run_began(before, monkeypatch):
    before.keep(verified(1))
    monkeypatch.setattr(environment, "source_hash", lambda: "edited meanwhile")
    assert before.result_of(ROWS, (1,)) is not None


def test_a_variable_of_the_terminal_changes_nothing(before, monkeypatch):
    before.keep(verified(1))
    monkeypatch.setenv("SSH_CLIENT", "192.0.2.1 50000 22")
    assert before.result_of(ROWS, (1,)) is not None


def test_one_that_lacks_data_is_not_kept_at_all(before):
    result = verified(1)
    result.add_outcome("data", "failed", "image 3 is another")
    before.keep(result)

    assert before.result_of(ROWS, (1,)) is None


def test_a_step_that_is_too_slow_is_known_as_such_and_examined_where_slow_steps_are_asked_for(before):
    result = verified(1)
    result.step_seconds[10] = 3.0
    result.add_too_slow(10, 3.0)
    before.keep(result)
    again = before.result_of(ROWS, (1, 10))

    assert [1] == [planned.size for planned in again.cells]
    assert ["a step is estimated at 3 s; --slow measures it all the same"] == [
        row.reason for row in again.outcomes if row.status == "not measured"
    ]
    assert replace(before, request=structs.replace(REQUEST, slow=True)).result_of(ROWS, (1, 10)) is None


def test_a_run_corrects_the_times_by_which_samples_are_planned(before):
    before.keep(verified(1, 10, step_seconds=1e-4))
    before.note_step_seconds(ROWS, {10: 5e-5})
    planned = {each.size: each for each in before.result_of(ROWS, (1, 10)).cells}

    assert (1e-4, 5e-5) == (planned[1].step_seconds, planned[10].step_seconds)
    assert planned[10].n_steps == cell(ROWS, 10, 5e-5, SHORT).n_steps > planned[1].n_steps


@pytest.mark.parametrize("content", [b"", b"\0\xff", b'{"sizes": {"1": ', b'{"x":' + b"[" * 200_000])
def test_a_damaged_record_counts_for_nothing_and_is_written_anew(before, tmp_path, content):
    before.keep(verified(1))
    (path,) = (tmp_path / "verified").iterdir()
    path.write_bytes(content)

    assert before.result_of(ROWS, (1,)) is None
    before.keep(verified(1))
    assert before.result_of(ROWS, (1,)) is not None


def test_a_cache_that_cannot_be_written_costs_nothing_but_the_record(before, tmp_path):
    (tmp_path / "verified").write_text("a file where the folder should be")
    before.keep(verified(1))
    assert before.result_of(ROWS, (1,)) is None
