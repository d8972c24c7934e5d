"""What is said to differ around two runs, and whose code counts as the same."""

from dataclasses import replace

import pandas as pd
from made_up_kernel_run import PAIRWISE, kernel_run, of_kernel
from made_up_run import BASE, CONTROL, ENVIRONMENT, launch_row
from pair_of_runs import OTHERS, SLOWED, noisy_run

from paragone.analyse.results import Results
from paragone.comparison.comparable import (
    CHANGED,
    SAME,
    UNKNOWN,
    are_versions_same,
    environment_differences,
    in_both,
    refusals,
    source_states,
    surroundings,
)

VARIANTS = (BASE, CONTROL, SLOWED)


def run(name, seed=1, **others):
    return noisy_run(name, seed, variants=list(VARIANTS), **others)


def launched(**build_info):
    return {"launches": [launch_row(name, launch, build_info=build_info) for name in VARIANTS for launch in range(5)]}


def test_runs_in_the_same_surroundings_differ_in_nothing():
    assert environment_differences([run("a"), run("b")]) == []
    assert are_versions_same(run("a"), run("b"))
    assert refusals(run("a"), run("b")) == []


def test_arrays_of_a_kernel_that_differ_are_told_as_their_author_wrote_them(tmp_path):
    before = kernel_run(tmp_path)
    points, distances = PAIRWISE.spec.arrays
    renamed = replace(PAIRWISE.spec, arrays=(replace(points, name="P"), distances))

    (sentence,) = refusals(before, of_kernel(before, replace(PAIRWISE, spec=renamed)))
    assert "problem pairwise is defined differently: arrays (X in (n, d) real, " in sentence
    assert " and (P in (n, d) real, " in sentence


def test_what_a_run_of_others_leaves_empty_is_left_out():
    empty = dict.fromkeys(("os", "python", "packages", "own_environments", "blas", "revision", "load", "inherited"))
    told = surroundings(run("a", environment=empty, tables=launched(compiler=None)))

    assert told["git revision"] == "none"
    assert told["compilers"] == "None"
    assert "C library" not in told


def test_every_thing_that_differs_is_named_with_what_each_run_says():
    machine = {**ENVIRONMENT["machine"], "cpu": "Other CPU", "governors": {"powersave": 2}}
    newer = {
        "machine": machine,
        "packages": {"numpy": "2.5.0"},
        "blas": [{"library": "mkl", "version": "2026", "architecture": "AVX2"}],
        "python": {"version": "3.12.0", "implementation": "CPython", "compiler": "GCC"},
        "os": {"system": "Linux", "release": "6.9", "c_library": "glibc 2.40"},
        "revision": {"commit": "def5678", "dirty": True, "source_hash": "beef"},
        "inherited": [{"name": "OPENBLAS_CORETYPE", "value": "Haswell", "treatment": "kept"}],
    }

    found = dict(
        environment_differences([run("a"), run("b"), run("c", environment=newer, tables=launched(compiler="gcc 14"))])
    )

    assert found == {
        "CPU": ["Test CPU", "Test CPU", "Other CPU"],
        "system": ["Linux 6.1", "Linux 6.1", "Linux 6.9"],
        "Python": ["CPython 3.11.2", "CPython 3.11.2", "CPython 3.12.0"],
        "BLAS": ["openblas 0.3.30 Haswell", "openblas 0.3.30 Haswell", "mkl 2026 AVX2"],
        "numpy": ["2.4.0", "2.4.0", "2.5.0"],
        "OPENBLAS_CORETYPE": ["none", "none", "Haswell"],
        "frequency governor": ["none", "none", "powersave"],
        "C library": ["glibc 2.36", "glibc 2.36", "glibc 2.40"],
        "compilers": ["none", "none", "gcc 14"],
        "git revision": ["abc1234", "abc1234", "def5678 with changes"],
        "source of the harness": ["feed", "feed", "beef"],
    }


def test_the_data_set_is_named_with_its_hash():
    assert surroundings(run("a"))["data set"] == "MNIST 00"


def test_code_is_the_same_where_its_files_are():
    states = source_states(run("a"), run("b", changed=[SLOWED]))

    assert states == {BASE: SAME, CONTROL: SAME, SLOWED: CHANGED}


def test_the_same_files_built_by_another_compiler_are_other_code():
    states = source_states(run("a", tables=launched(compiler="gcc 12")), run("b", tables=launched(compiler="gcc 14")))

    assert set(states.values()) == {CHANGED}


def test_a_run_that_does_not_say_what_its_code_was_leaves_that_unknown():
    assert set(source_states(run("a"), run("b", plan={"identity": {}})).values()) == {UNKNOWN}


def test_another_version_is_another_surrounding_and_another_commit_is_not():
    assert not are_versions_same(run("a"), run("b", environment={"packages": {"numpy": "2.5.0"}}))
    assert are_versions_same(run("a"), run("b", environment={"revision": {"commit": "other", "source_hash": "x"}}))


def test_cells_are_those_of_both_and_the_rest_says_why_not():
    a, b = Results(run("a")).summary, Results(noisy_run("b", 1, variants=[BASE, CONTROL, *OTHERS[1:2]])).summary
    b.loc[(b["variant"] == BASE) & (b["size"] == 10), ["status", "reason"]] = ["not checked", "chaotic"]
    b = b[~((b["variant"] == CONTROL) & (b["size"] == 1000))]

    cells, not_compared = in_both(a, b, "batch size")

    assert set(cells[["variant", "size"]].itertuples(index=False, name=None)) == {(BASE, 1000), (CONTROL, 10)}
    why = {(row.variant, row.size): row.why for row in not_compared.itertuples()}
    assert why == {
        (BASE, 10): "not checked in B: chaotic",
        (CONTROL, 1000): "batch size or threads not in B",
        **{(SLOWED, size): "variant not in B" for size in (10, 1000)},
        **{(OTHERS[1], size): "variant not in A" for size in (10, 1000)},
    }


def test_a_workload_that_only_one_run_has_is_named_as_that():
    a = Results(run("a")).summary

    _, not_compared = in_both(a, pd.concat([a, a.assign(problem="softmax")]), "batch size")

    assert set(not_compared["why"]) == {"problem not in A"}
