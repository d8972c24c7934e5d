"""bench of several kernels: which they are, what is refused, the command of each, and what an end of one does."""

import pytest
from own_kernel import write_kernel

from paragone.cli.bench_kernels import command_of, kernels_of
from paragone.implementation.plugins import kernel_folders
from paragone.plan.request import FEWEST_ROUNDS
from paragone.store.reader import read_plan
from paragone.store.runs import run_folders


def test_all_is_the_networks_every_kernel_that_ships_and_those_of_the_user(tmp_path):
    found = kernels_of("all", [str(write_kernel(tmp_path, "twice"))])

    assert found[0] == "mlp"
    assert {*kernel_folders()[0], "twice"} == {*found[1:]}


def test_several_are_named_with_commas_between_them():
    assert kernels_of("heat,pairwise", ()) == ["heat", "pairwise"]
    assert kernels_of("heat", ()) == ["heat"]


@pytest.mark.parametrize(
    "option", [("--sizes", "10"), ("--problem", "nielsen"), ("--baseline", "whole"), ("--resume", "latest")]
)
def test_an_option_that_means_another_thing_to_each_kernel_is_misuse(paragone, option):
    code, _, err = paragone("bench", "-k", "heat,pairwise", *option)

    assert code == 2
    assert f"{option[0]} is of one kernel, and --kernel heat,pairwise names several: leave out {option[0]}" in err


def test_an_unknown_kernel_among_several_is_found_before_anything_is_measured(paragone, tmp_path):
    code, _, err = paragone("bench", "-k", "heat,nowhere", "--results", tmp_path)

    assert code == 2
    assert "nowhere" in err
    assert run_folders(tmp_path) == []


def test_one_kernel_after_the_other_is_measured_and_a_failure_keeps_nobody_waiting(paragone, without_figures, tmp_path):
    write_kernel(tmp_path / "own", "thrice", factor=3)
    write_kernel(tmp_path / "own", "twice")
    results = tmp_path / "results"
    code, out, err = paragone(
        "bench", "-k", "thrice,twice", "--quick", "--rounds", 3, "--plugins", tmp_path / "own", "--results", results
    )

    assert code == 1
    assert "Kernel 2 of 2: twice" in err
    assert "Of thrice, something failed" in err
    plans = [read_plan(folder) for folder in run_folders(results)]
    assert [list(plan.problems) for plan in plans] == [["thrice"], ["twice"]]
    assert "thrice" not in plans[1].command
    assert plans[1].command.endswith("-k twice --sizes 20 --dtype float64")
    assert "Gallery: " in out
    assert [path.name for path in results.glob("*gallery*/*.md")] == ["gallery.md"]


@pytest.mark.parametrize(("asked", "rounds"), [((), FEWEST_ROUNDS), (("--rounds", 8), 8)])
def test_each_of_several_kernels_has_the_fewest_rounds_unless_others_are_asked_for(
    paragone, monkeypatch, tmp_path, asked, rounds
):
    requests = {}
    monkeypatch.setattr("paragone.cli.bench.bench_each", lambda given, how: requests.update(given))

    paragone("bench", "-k", "heat,pairwise", *asked, "--results", tmp_path)

    assert [request.rounds for request in requests.values()] == [rounds, rounds]
    command = command_of("heat", requests["heat"])
    assert command.count("--rounds") == 1
    assert f"--rounds {rounds}" in command
