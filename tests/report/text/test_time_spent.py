"""Where the time of a run went, in the report and on the terminal."""

from made_up_run import BASE, made_up_run

from paragone.report.text.time_spent import section, time_sentence

STAGES = [("verification", 3.0), ("A/A pilot", 7e-6), ("cost of a call", 0.05), ("rounds", 5.0)]


def run():
    rows = [{"stage": name, "launch": None, "elapsed_s": seconds} for name, seconds in STAGES]
    return made_up_run(None, {(BASE, 10): [[1e-5] * 3]}, stages=rows)


def test_a_stage_that_had_nothing_to_do_is_not_in_the_report():
    said = section(run())

    assert "A/A pilot" not in said
    assert "cost of a call" in said
    assert "the whole run" in said


def test_the_terminal_names_the_longest_stages_first_and_no_short_one():
    said = "The run took 8.05 s, 0 % of it inside timed samples: rounds 5.00 s, verification 3.00 s."

    assert said == time_sentence(run())
