"""The section on gaps: each has its reason and the command that reproduces it."""

from full_run import IN_F, full_run, text_of
from made_up_run import BASE, CONTROL, OTHER, change_plan, outcome

from paragone.analyse.results import Results
from paragone.report.text.gaps import gaps_table


def test_gaps_of_one_variant_with_one_reason_share_a_line():
    run = full_run(None, outcomes=[outcome(OTHER, "failed", reason="W1")])
    lines = [line for line in gaps_table(Results(run).summary, run.plan).splitlines() if OTHER in line]

    assert len(lines) == 1
    assert "| 1, 10, 1\N{NARROW NO-BREAK SPACE}000 | failed | W1 |" in lines[0]


def test_the_command_that_repeats_a_check_names_the_problem_as_the_user_gave_it():
    run = full_run(None, outcomes=[outcome(OTHER, "failed", reason="W1")])
    change_plan(run, problem_arguments={"nielsen": "my work/nielsen.toml"})

    assert "--problem 'my work/nielsen.toml' --batch-sizes 1 --seed" in gaps_table(Results(run).summary, run.plan)


def test_a_skipped_stress_problem_is_listed_although_its_cells_passed():
    said = [outcome(name, stage=stage) for name in (BASE, CONTROL, IN_F, OTHER) for stage in ("head", "sample")]
    said += [outcome(OTHER, "not checked", size, stage="stress", reason="a step is slow") for size in (10, 1)]
    text = text_of(full_run(None, outcomes=said))

    assert f"- stress problem of `{OTHER}` at batch 1, 10: a step is slow" in text
    assert "not verified* |" not in text
