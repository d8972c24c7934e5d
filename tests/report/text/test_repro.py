"""The commands that repeat a cell: the command line itself takes them, and they mean that cell."""

import shlex
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer
from everyone import EVERYONE
from made_up_run import BASE, OTHER, change_plan, made_up_run

from paragone.analyse.results import Results
from paragone.cli.app import app
from paragone.cli.values import bytes_of
from paragone.implementation.registry import select
from paragone.plan.cells import chosen_variants
from paragone.plan.request import Request
from paragone.report.text.repro import bench_command, repro_command, sure_commands, verify_command
from paragone.report.text.rows import each_row

COMMANDS = typer.main.get_command(app).commands


def parsed(command):
    """What the command line makes of a command, without carrying it out."""
    paragone, verb, *words = shlex.split(command)
    assert paragone == "paragone"
    values = COMMANDS[verb].make_context(verb, words).params
    # An option that may be repeated is a list or a tuple, by the version of typer.
    return SimpleNamespace(**{name: list(v) if isinstance(v, tuple) else v for name, v in values.items()})


def plan_and_row(**changes):
    run = made_up_run(Path("run"), {(BASE, 100): [[2e-5] * 5] * 5, (OTHER, 100): [[1e-5] * 5] * 5})
    change_plan(run, **changes)
    rows = [row for row in each_row(Results(run).summary) if row.variant == OTHER]
    return run.plan, rows[0]


def test_the_bench_command_measures_that_cell_as_often_as_the_run_did():
    found = parsed(bench_command(*plan_and_row()))

    assert (found.implementations, found.problem) == ([OTHER], ["nielsen"])
    assert (found.sizes, found.threads, found.seed) == ("100", "1", 1)
    assert (found.launches, found.rounds, found.new) == (5, 5, True)


def test_the_verify_command_checks_that_cell():
    found = parsed(verify_command(*plan_and_row()))

    assert (found.implementations, found.problem) == ([OTHER], ["nielsen"])
    assert (found.sizes, found.threads, found.seed, found.verbose) == ("100", 1, 1, True)


@pytest.mark.parametrize("command", [bench_command, verify_command, repro_command])
@pytest.mark.parametrize("name", ["numpy_rows[dtype=float32,order=F]", f"{BASE} (A/A)"])
def test_the_command_names_the_variant_of_an_implementation_with_several(command, name):
    plan, row = plan_and_row()
    row = row._replace(variant=name, implementation="numpy_rows", found_in="rounds")
    asked = tuple(parsed(command(plan, row)).implementations)

    names = [
        variant.name
        for variant in chosen_variants(Request(problems=(), implementations=asked), select(EVERYONE, asked))
    ]
    assert names == [name.removesuffix(" (A/A)")]


@pytest.mark.parametrize("command", [bench_command, verify_command, repro_command])
def test_code_data_and_limits_are_those_of_the_run(command):
    asked = {"plugins": ["/my impls/; rm -rf $HOME", "/b"], "slow": True, "time_limit_s": 7.5}
    found = parsed(
        command(
            *plan_and_row(
                command="paragone bench --data x --data '/my data'",
                request=asked,
                problem_arguments={"nielsen": "my problems/nielsen.toml"},
                seed=9,
            )
        )
    )

    assert found.plugins == asked["plugins"]
    assert (found.data, found.problem, found.seed) == ("/my data", ["my problems/nielsen.toml"], 9)
    assert (found.slow, found.time_limit) == (True, 7.5)


def test_a_limit_of_memory_is_that_of_the_run():
    assert verify_command(*plan_and_row(request={"memory_limit_bytes": 4 * 10**9})).endswith("--memory-limit 4000MB")


@pytest.mark.parametrize("n_bytes", [500 * 2**20, 10**12])
def test_a_limit_of_memory_is_taken_whatever_its_size(n_bytes):
    found = parsed(verify_command(*plan_and_row(request={"memory_limit_bytes": n_bytes})))

    assert bytes_of(found.memory_limit) == n_bytes


@pytest.mark.parametrize(("found_in", "verb"), [("pilot", "verify"), ("rounds", "bench")])
def test_a_failure_in_the_rounds_is_repeated_in_rounds(found_in, verb):
    plan, row = plan_and_row()

    assert shlex.split(repro_command(plan, row._replace(found_in=found_in)))[1] == verb


@pytest.mark.parametrize("command", [bench_command, verify_command, repro_command])
def test_a_cell_of_a_live_comparison_is_repeated_by_the_command_of_the_run(command):
    plan, row = plan_and_row(command="paragone compare --live HEAD .")

    assert command(plan, row._replace(implementation="numpy_tuned@HEAD")) == "paragone compare --live HEAD ."


def test_a_quick_run_is_repeated_as_one():
    found = parsed(bench_command(*plan_and_row(quick=True, launches=1)))

    assert (found.quick, found.rounds) == (True, 5)


def test_another_baseline_and_no_memory_pass_are_asked_for():
    found = parsed(bench_command(*plan_and_row(baseline="numpy_rows[order=F]", request={"memory": False})))

    assert (found.baseline, found.memory) == ("numpy_rows[order=F]", False)


@pytest.mark.parametrize("command", ["paragone bench --data=/d", "paragone bench -i x --data /d --slow"])
def test_the_data_of_the_run_is_found_in_its_command(command):
    assert parsed(verify_command(*plan_and_row(command=command))).data == "/d"


@pytest.mark.parametrize("command", ["paragone bench", "paragone bench 'unclosed", "", "paragone bench --data"])
def test_without_data_in_its_command_none_is_named(command):
    assert parsed(verify_command(*plan_and_row(command=command))).data is None


def sure(command, **changes):
    return sure_commands(plan_and_row(command=command, **changes)[0])


def test_the_command_for_sure_numbers_is_the_users_own_without_what_made_it_quick():
    typed = "paragone bench -i 'numpy_rows[order=F]' -b 10 --quick --plugins 'my steps' --data d --new --no-curves"

    assert sure(typed) == [
        ("paragone bench -i 'numpy_rows[order=F]' -b 10 --plugins 'my steps' --data d --no-curves", "")
    ]


@pytest.mark.parametrize("sizes", ["-b 10", "-b10", "--sizes 10", "--sizes=10", "--batch-sizes 10", "--batch-sizes=10"])
def test_sizes_that_were_typed_are_kept(sizes):
    assert sure(f"paragone bench --quick {sizes}") == [(f"paragone bench {sizes}", "")]


def test_where_quick_chose_the_sizes_there_is_a_command_for_them_and_one_for_all():
    assert sure("paragone bench --quick -i x") == [
        ("paragone bench -i x -b 100", "these batch sizes"),
        ("paragone bench -i x", "all batch sizes"),
    ]


def test_the_commands_for_sure_numbers_are_understood_and_are_not_quick():
    for command, _ in sure("paragone bench --quick -k pairwise -i 'a b' --baseline c"):
        found = parsed(command)

        assert (found.quick, found.kernel, list(found.implementations), found.baseline) == (
            *(False, "pairwise", ["a b"], "c"),
        )


def test_claims_that_were_tested_quickly_keep_their_verb():
    assert sure("paragone claims --quick -i S4") == [("paragone claims -i S4", "")]


@pytest.mark.parametrize("command", ["paragone bench -i x", "paragone bench --quick -i 'x"])
def test_a_run_that_is_not_quick_or_whose_command_cannot_be_read_has_no_command_for_sure_numbers(command):
    assert sure(command) == []
