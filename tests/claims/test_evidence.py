"""From claims to the cells that are measured for them, and to the runs that speak for them already."""

import json
import math
from dataclasses import replace
from types import SimpleNamespace

import msgspec
import pytest
from easy_data import N_TRAIN, easy_data
from everyone import EVERYONE
from everyone import UNUSABLE as BROKEN
from in_process import SHORT, in_process
from made_up_kernel_run import PAIRWISE
from made_up_run import stored_plan
from quiet_display import QuietDisplay

from paragone import METHOD_VERSION
from paragone.claims.claim import Claim, shipped_claims
from paragone.claims.evidence import (
    EvidenceSources,
    _judge_by_profile_in,
    cells_of,
)
from paragone.claims.runnable import runnable, untestable_reason
from paragone.files.atomic import write_json
from paragone.implementation.registry import discover, implementations_of, select
from paragone.machine.environment_record import Environment
from paragone.plan.cells import contenders_of, sizes_of
from paragone.store.reader import read_plan
from paragone.task.mlp.problem_files import find_problem

ROWS, COLUMNS = "numpy_rows[dtype=float32,order=C]", "numpy_columns[dtype=float64,order=F]"
CLAIM = Claim("mine", "me", "so", find_problem("nielsen"), "train", (ROWS,), (COLUMNS,), 10, 100, low=1)
MACHINE = {
    "machine": {
        **{"cpu": "a CPU", "logical_cpus": 2, "physical_cores": 1, "usable_cpus": [0], "cpu_quota": None},
        **{"memory_bytes": 2**33, "transparent_hugepages": "always"},
    },
    "os": {"system": "Linux", "release": "6.1"},
    "python": {"implementation": "CPython", "version": "3.11"},
    "blas": [],
    "packages": {},
    "inherited": [],
    "revision": {"source_hash": "feed"},
}


def evidence(folder=None, **options):
    return EvidenceSources(
        EVERYONE, BROKEN, SimpleNamespace(sha256="00"), folder, "paragone claims", QuietDisplay(), **options
    )


def grid_of(request):
    """Batch sizes by problem and variant."""
    chosen = select(EVERYONE, request.implementations)
    return {each.key[:2]: sizes_of(request, each) for each in contenders_of(request, chosen, EVERYONE)}


def test_only_the_cells_of_the_claims_are_measured_and_the_baseline_beside_them():
    request = evidence()._bench([CLAIM]).request
    control = "numpy_rows[dtype={},order=C] (A/A)".format

    assert grid_of(request) == {
        ("nielsen", ROWS): (10,),
        ("nielsen", control("float32")): (10,),
        ("nielsen", COLUMNS): (100,),
        ("nielsen", "numpy_rows[dtype=float64,order=C]"): (100,),
        ("nielsen", control("float64")): (100,),
    }
    assert (request.launches, request.slow, request.memory, request.evaluated) == (5, True, False, ())


def test_every_claim_that_ships_gets_its_cells():
    of_networks = [claim for claim in shipped_claims() if claim.family == "mlp"]
    claims = [runnable(claim, EVERYONE) for claim in of_networks if not untestable_reason(claim, EVERYONE)]
    timed = [claim for claim in claims if claim.quantity in ("train", "epoch with evaluation")]
    sizes = grid_of(evidence()._bench(timed).request)

    assert timed
    for claim in timed:
        assert all(size in sizes[problem, variant] for problem, variant, _, size in cells_of(claim))


def test_the_request_for_claims_about_a_kernel_has_its_cells_and_its_baseline():
    everyone, _ = discover(implementations_of(PAIRWISE))
    claims = [runnable(claim, everyone) for claim in shipped_claims() if claim.family == "pairwise"]
    here = [claim for claim in claims if claim.variant and claim.than]
    request = replace(evidence(), everyone=everyone)._bench(here).request

    assert (request.baseline, [problem.name for problem in request.problems]) == ("numpy_broadcast", ["pairwise"])
    assert {size for _, _, _, size in request.only} == {1000}


def test_the_test_set_is_evaluated_where_a_claim_speaks_of_it():
    request = evidence(quick=True)._bench([replace(CLAIM, quantity="epoch with evaluation")]).request

    assert request.evaluated == ("nielsen",)
    assert (request.launches, request.quick) == (1, True)


@pytest.mark.parametrize(("failed_at", "judges"), [(10, False), (None, False), (1000, True)])
def test_the_phases_of_a_cell_that_failed_in_a_later_round_judge_nothing(tmp_path, failed_at, judges):
    claim = replace(CLAIM, quantity="forward", than_size=10)
    problems = {"nielsen": claim.problem.to_json()}
    write_json(tmp_path / "profile.json", stored_plan(run="p", problems=problems))
    places = [{"problem": "nielsen", "variant": name, "size": 10, "threads": 1} for name in (ROWS, COLUMNS)]
    pairs = [
        {
            **place,
            "launch": launch,
            "round": 0,
            "n_steps": 1,
            **{"plain_ns": 100, "clocked_ns": 110, "parts": {}, "is_same": True},
            "phases": {"forward": 100 + launch * (place is places[0])},
        }
        for place in places
        for launch in range(5)
    ]
    failed = {**places[0], "size": failed_at, "stage": "sample", "status": "failed"}
    for name, rows in (("pairs", pairs), ("outcomes", [failed])):
        (tmp_path / f"{name}.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))

    assert bool(_judge_by_profile_in(tmp_path)(claim)) == judges


def test_a_profile_has_several_launches_and_the_cells_alone():
    request = evidence()._profile([replace(CLAIM, quantity="forward")]).request

    assert request.launches == 5
    assert {name for _, name in grid_of(request)} >= {ROWS, COLUMNS}


def test_what_is_missing_is_measured_in_one_run_and_one_profile(no_processes, tmp_path):
    problem = replace(CLAIM.problem, n_train=N_TRAIN, layers=(784, 4, 10), batch_sizes=(10,))
    columns = "numpy_columns[dtype=float32,order=C]"
    trained = replace(CLAIM, problem=problem, than=(columns,), than_size=10)
    phase = replace(trained, id="phase", quantity="forward")
    given = easy_data(tmp_path / "cache"), tmp_path / "results", "paragone claims", QuietDisplay()
    sources = EvidenceSources(EVERYONE, BROKEN, *given, quick=True, budgets=SHORT, open_worker=in_process)
    found, finished = sources.measure([trained, phase])

    assert finished
    assert {"mine", "phase"} == found.keys()
    assert all(judged.ratio > 0 and (judged.variant, judged.than) == (ROWS, columns) for judged in found.values())
    assert {found["mine"].where, found["phase"].where} == {folder.name for folder in (tmp_path / "results").iterdir()}
    taken = sources.from_finished_runs([trained, phase])
    assert {name: judged.ratio for name, judged in found.items()} == {
        name: judged.ratio for name, judged in taken.items()
    }


# --- which runs are suitable ---


@pytest.fixture
def run_is_evidence(tmp_path, monkeypatch):
    """Write a finished run that is suitable but for the changes; return whether it is taken."""
    monkeypatch.setattr("paragone.machine.environment.describe", lambda: msgspec.convert(MACHINE, Environment))

    def is_suitable(plan=None, environment=None, finished=True, **options):
        folder = tmp_path / "2026-01-01T000000Z"
        folder.mkdir()
        write_json(
            folder / "plan.json",
            {**stored_plan(), **(plan or {})},
        )
        write_json(folder / "environment.json", {**MACHINE, **(environment or {})})
        write_json(folder / "finished.json", {"finished": finished})
        return evidence(tmp_path, **options)._is_suitable(folder, read_plan)

    return is_suitable


@pytest.mark.parametrize(
    ("changes", "suitable"),
    [
        ({}, True),
        ({"environment": {"own_environments": {"torch": {"python": "3.12", "packages": {}}}}}, True),
        ({"finished": False}, False),
        ({"plan": {"method_version": METHOD_VERSION - 1}}, False),
        ({"plan": {"launches": 1}}, False),
        ({"plan": {"launches": 1}, "quick": True}, True),
        ({"plan": {"data": {"name": "MNIST", "origin": "a test", "sha256": "11"}}}, False),
        ({"plan": {"data": None}}, False),
        ({"environment": {"revision": {"source_hash": "beef"}}}, False),
        ({"environment": {"os": {"system": "Linux", "release": "6.2"}}}, False),
        ({"environment": {"machine": {}}}, False),
        ({"environment": {"machine": {**MACHINE["machine"], "memory_bytes": math.inf}}}, False),
        ({"environment": {"packages": None}}, False),
    ],
)
def test_a_run_speaks_for_a_claim_where_machine_data_and_code_are_the_same(run_is_evidence, changes, suitable):
    assert run_is_evidence(**changes) is suitable


def test_a_run_that_is_damaged_behind_its_plan_is_no_evidence_and_stops_nothing(run_is_evidence, tmp_path):
    assert run_is_evidence()
    (folder,) = tmp_path.iterdir()
    (folder / "samples.jsonl").write_text("nonsense\n")

    assert evidence(tmp_path).from_finished_runs([CLAIM]) == {}
