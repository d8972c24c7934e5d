"""The section on other languages, from launches made up by hand."""

from full_run import QUIET
from made_up_run import BASE, CONTROL, OTHER, change_plan, launch_row, made_up_run, sample

from paragone.analyse.results import Results
from paragone.report.text import call_cost

CALLS = [
    {"bridge": "c", "size": 1, "call_seconds": 1.2e-6, "reason": ""},
    {"bridge": "c", "size": 50_000, "call_seconds": 1.3e-6, "reason": ""},
    {"bridge": "julia", "size": 1, "call_seconds": None, "reason": "no Julia"},
    {"bridge": "julia", "size": 50_000, "call_seconds": None, "reason": "no Julia"},
]


def with_receipts(folder, build_info, **others):
    launches = [launch_row(name, launch, build_info=build_info) for name in (BASE, CONTROL) for launch in range(2)]
    return made_up_run(folder, QUIET, launches=launches, **others)


def section(run):
    return call_cost.section(Results(run))


def cells_of(line):
    return [cell.strip() for cell in line.strip("| ").split(" | ")]


def test_a_run_without_other_languages_has_no_section_on_them(tmp_path):
    assert section(made_up_run(tmp_path, QUIET)) == ""
    assert section(with_receipts(tmp_path, {})) == ""


def test_call_costs_have_a_row_for_each_adapter_and_a_column_for_each_size(tmp_path):
    run = made_up_run(tmp_path, QUIET)
    change_plan(run, calls=CALLS)
    *_, c, julia = section(run).splitlines()

    assert ["shared library (C ABI)", "1.20 µs", "1.30 µs"] == cells_of(c)
    assert ["Julia in the same process", "no Julia", "no Julia"] == cells_of(julia)


def test_a_call_in_a_loop_is_a_share_of_the_shortest_that_was_measured(tmp_path):
    run = made_up_run(tmp_path, QUIET)
    shortest = Results(run).summary["seconds_per_step"].min()
    row = {"bridge": "c_function", "size": 1, "variants": [BASE, OTHER]}
    change_plan(
        run,
        calls=[
            {**row, "n_steps": 1, "call_seconds": 9.6e-6},
            {**row, "n_steps": 500_000, "call_seconds": float(0.25 * shortest)},
            {"bridge": "numba_function", "size": 1, "call_seconds": None, "reason": "no Numba"},
        ],
    )
    *_, c, numba = section(run).splitlines()

    assert cells_of(c)[:2] == ["shared library (C ABI)", "9.60 µs"]
    assert cells_of(c)[3].startswith("25 % (`")
    assert cells_of(numba)[:2] == ["function compiled by Numba", "no Numba"]


def test_variants_with_the_same_build_share_a_line(tmp_path):
    *_, line = section(with_receipts(tmp_path, {"compiler": "gcc 12", "flags": "-O3 | x"})).splitlines()

    assert line.count("compiler: gcc 12") == 1
    assert f"`{BASE}`, `{CONTROL}`" in line
    assert "-O3 \\| x" in line


def test_builds_are_sorted_by_the_names_of_their_variants(tmp_path):
    launches = [launch_row(name, 0, build_info={"made of": name}) for name in (OTHER, CONTROL, BASE)]
    *_, first, second, third = section(made_up_run(tmp_path, QUIET, launches=launches)).splitlines()

    assert [line.split("`")[1] for line in (first, second, third)] == [BASE, CONTROL, OTHER]


def test_the_time_outside_a_programs_clock_is_a_share_of_the_sample(tmp_path):
    samples = [
        sample(BASE, 10, launch, round_, 2e-5, runner_ns=share * 2e-5 * 1000 * 1e9)
        for launch in range(2)
        for round_, share in enumerate((0.99, 0.98, 0.9))
    ]
    *_, line = section(made_up_run(tmp_path, QUIET, samples=samples)).splitlines()

    assert [f"`{BASE}`", "2.0 %", "10 %"] == cells_of(line)
