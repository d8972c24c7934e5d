"""What a user reads while a command works: every number and every reason, and nothing taken for a colour."""

import io

import msgspec
import pytest
from made_up_run import cell, stored_plan, variant
from rich.console import Console

from paragone.cli.display import TerminalDisplay, minutes, plan_sentences, plan_table
from paragone.cli.verification import case_tables, checks_table, errors_table, reason_sentences, status_line
from paragone.store.plan_records import Plan
from paragone.store.records import Outcome
from paragone.task.families import decode

ROWS32, ROWS64 = "numpy_rows[dtype=float32,order=C]", "numpy_rows[dtype=float64,order=C]"


def console(terminal: bool = False, width: int = 120) -> Console:
    return Console(file=io.StringIO(), record=True, width=width, force_terminal=terminal, color_system="truecolor")


def shown(*renderables, width: int = 120) -> str:
    recorder = console(width=width)
    for renderable in renderables:
        recorder.print(renderable)
    return recorder.export_text()


def cells(text: str, beginning: str) -> list[str]:
    """Return what stands between the lines of a table in the row that begins so."""
    (line,) = [line for line in text.splitlines() if line.strip().startswith(beginning)]
    return parts_of(line)


def parts_of(line: str) -> list[str]:
    return [part.strip() for part in line.replace("┃", "│").split("│")]


def plan(**changed) -> Plan:
    names = (ROWS32, f"{ROWS32} (A/A)", ROWS64)
    stored = stored_plan(
        run="2025-03-04T050607Z",
        variants=[variant(name) for name in names],
        cells=[cell(name, size, once=size == 100) for name in names for size in (10, 100)],
        eta_seconds=480.0,
        memory_limit_bytes=4_000_000_000,
        seed=7,
        minimum_detectable_difference=0.0321,
        request={"resolve": None},
    )
    return msgspec.convert({**stored, **changed}, Plan, dec_hook=decode)


def row(status: str, size: int | None = 10, variant: str = ROWS32, reason: str = "", **changed) -> Outcome:
    place = {"problem": "nielsen", "variant": variant, "size": size, "threads": 1, "stage": "head"}
    numbers = {"error": 2e-9, "bound": 8e-9, "n_steps": 20}
    return Outcome(**{**place, "status": status, "reason": reason, **numbers, **changed})


# --- sentences ---


@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize("sentence", [f"{ROWS32}: failed", "a [link=x]b[/link] c", "[1, 2] [/] \\[x]"])
def test_what_is_said_is_shown_letter_by_letter(sentence, terminal):
    recorder = console(terminal)
    TerminalDisplay(recorder).say(sentence)

    assert sentence == recorder.export_text().rstrip("\n")


def test_a_long_sentence_is_not_broken_into_lines():
    recorder = console(width=40)
    TerminalDisplay(recorder).say("word " * 50)

    assert 1 == len(recorder.export_text().splitlines())


def test_the_plan_is_summed_up_in_numbers():
    sentences = plan_sentences(plan(), [row("passed"), row("passed", 100), row("failed", 100, reason="W1 is wrong")])

    # Three variants: 10 rounds at batch size 10 and one sample at 100, in 5 launches.
    assert "5 launches × 10 rounds, 165 samples, about 8 min; seed 7; data: MNIST." == sentences[0]
    assert "In a typical cell it finds differences of 3.2% and more in 95 of 100 cases." in sentences
    assert f"nielsen {ROWS32} batch 100 failed: W1 is wrong" in sentences
    assert "Verified before timing: 2 checks passed, 1 failed." == sentences[-1]


def test_the_plan_names_the_data_with_its_counts():
    data = msgspec.structs.replace(plan().data, name="letters", n_train=200, n_test=20, each="25 pixels, 26 classes")
    sentences = plan_sentences(msgspec.structs.replace(plan(), data=data), [])

    assert sentences[0].endswith("; data: letters (200 to train, 20 to test; 25 pixels, 26 classes).")


def test_a_difference_that_no_number_of_launches_finds_is_told_with_what_is_made_instead():
    noisy = plan(request={"resolve": 0.02}, minimum_detectable_difference=0.35)
    said = (
        "2.0% is not found here, even by 40 launches: the machine is too noisy now. So 5 are made; for more: "
        "--launches 10"
    )

    assert said in plan_sentences(noisy, [])
    assert not any("not found here" in sentence for sentence in plan_sentences(plan(request={"resolve": 0.05}), []))


def test_the_plan_says_what_a_worker_may_use():
    said = "A worker is killed where it holds more than 4 GB of memory, or takes more than 120 s for an answer."

    assert said in plan_sentences(plan(), [])


def test_the_time_of_the_memory_pass_is_named_as_a_part_of_the_whole():
    assert "about 8 min, 65 s of it for peak memory; seed 7" in plan_sentences(plan(memory_seconds=65.0), [])[0]


def test_a_quick_plan_says_what_it_cannot_do():
    sentences = plan_sentences(plan(quick=True, launches=1, minimum_detectable_difference=None), [])

    assert sentences[0].startswith("1 launch × 10 rounds, 33 samples")
    assert any("no intervals and no verdicts" in sentence for sentence in sentences)
    assert not any("95 of 100" in sentence for sentence in sentences)


def test_a_quick_plan_names_the_command_for_sure_numbers_with_the_users_own_options():
    quick = plan(quick=True, launches=1, command="paragone bench -i 'numpy_*' -b 10 --quick")
    said = "Quick: one launch gives no intervals and no verdicts; for those: paragone bench -i 'numpy_*' -b 10"

    assert said in plan_sentences(quick, [])


@pytest.mark.parametrize("status", ["failed", "not measured", "unavailable"])
def test_whatever_is_left_out_is_named_with_its_reason(status):
    sentences = plan_sentences(plan(), [row(status, reason="because")])

    assert f"nielsen {ROWS32} batch 10 {status}: because" in sentences


@pytest.mark.parametrize("status", ["passed", "not checked"])
def test_what_is_timed_is_not_among_what_is_left_out(status):
    assert not any("because" in sentence for sentence in plan_sentences(plan(), [row(status, reason="because")]))


def test_the_control_is_not_told_of_twice():
    sentences = plan_sentences(
        plan(), [row("failed", reason="x"), row("failed", variant=f"{ROWS32} (A/A)", reason="x")]
    )

    assert 1 == sum(sentence.endswith("failed: x") for sentence in sentences)
    assert "Verified before timing: 0 checks passed, 1 failed." == sentences[-1]


def test_an_unusable_folder_is_named():
    unusable = [{"name": "half", "reason": "impl.py: cannot be imported"}]

    assert "half unavailable: impl.py: cannot be imported" in plan_sentences(plan(unusable=unusable), [])


def test_a_status_of_all_batch_sizes_names_none():
    assert f"nielsen {ROWS32} failed" == status_line(row("failed", None), "batch")
    assert f"nielsen {ROWS32} batch 10 failed" == status_line(row("failed"), "batch")


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "0 s"),
        (40.4, "40 s"),
        (89, "89 s"),
        (95, "2 min"),
        (480, "8 min"),
        (89 * 60, "89 min"),
        (90 * 60, "1 h 30 min"),
        (4820, "80 min"),
        (7200, "2 h 0 min"),
        (26 * 3600 + 90, "26 h 2 min"),
    ],
)
def test_durations_read_as_people_say_them(seconds, expected):
    assert expected == minutes(seconds)


# --- tables ---


def test_the_plan_is_a_row_per_problem_dtype_and_threads():
    text = shown(plan_table(plan()))

    assert "Plan of run 2025-03-04T050607Z" in text
    assert [
        ["nielsen", "float32", "1", "2", "10, 100", "4"],
        ["nielsen", "float64", "1", "1", "10, 100", "2"],
    ] == [parts_of(line) for line in text.splitlines() if "nielsen" in line]


def test_a_cell_of_several_waves_is_one_cell():
    twice = plan(cells=[{**cell, "wave": wave} for wave in (0, 1) for cell in msgspec.to_builtins(plan().cells)])

    assert [line for line in shown(plan_table(plan())).splitlines() if "nielsen" in line] == [
        line for line in shown(plan_table(twice)).splitlines() if "nielsen" in line
    ]


def test_the_plan_and_its_sentences_are_shown_together():
    recorder = console()
    TerminalDisplay(recorder).show_plan(plan(), [row("failed", reason=f"see {ROWS64}")])
    text = recorder.export_text()

    assert "float64" in text
    assert f"nielsen {ROWS32} batch 10 failed: see {ROWS64}" in text


def test_the_table_of_errors_shows_the_worst_error_of_the_checks_in_units_of_its_bound():
    rows = [row("passed"), row("passed", error=6e-9, stage="sample"), row("passed", 100, error=8e-10)]
    text = shown(errors_table("nielsen", rows, "batch"))

    assert "nielsen: worst error in units of its bound" in text
    assert ["variant", "batch 10", "batch 100"] == cells(text, "variant")
    assert [ROWS32, "0.75", "0.10"] == cells(text, "numpy_rows")


@pytest.mark.parametrize(("error", "share"), [(6e-11, "0.01"), (4e-12, "0.0005"), (2.4e-16, "3e-08"), (0.0, "0")])
def test_a_share_of_a_bound_has_as_many_places_as_it_needs(error, share):
    assert [ROWS32, share] == cells(shown(errors_table("nielsen", [row("passed", error=error)], "n =")), "numpy_rows")


def test_each_case_that_is_shown_has_a_table_of_its_errors():
    rows = [
        row("passed", shown_errors={"far": 0.44, "wide": 2.94e-5}),
        row("passed", 100, shown_errors={"far": None}),
        row("passed", 100, stage="sample"),
    ]
    far, wide = (shown(table) for table in case_tables("pairwise", rows, "n ="))

    assert "pairwise, case far, shown and not judged: error" in far
    assert ["variant", "n = 10", "n = 100"] == cells(far, "variant")
    assert [ROWS32, "0.44", "not finite"] == cells(far, "numpy_rows")
    assert [ROWS32, "2.9e-05", ""] == cells(wide, "numpy_rows")
    assert [] == case_tables("nielsen", [row("passed")], "batch")


@pytest.mark.parametrize("status", ["failed", "not measured", "unavailable"])
def test_one_bad_check_outweighs_those_that_passed(status):
    rows = [row("passed"), row(status, stage="stress"), row("passed", stage="sample"), row("passed", 100)]

    assert [ROWS32, status, "0.25"] == cells(shown(errors_table("nielsen", rows, "batch")), "numpy_rows")


@pytest.mark.parametrize("stage", ["head", "sample", "stress"])
def test_what_was_not_checked_shows_unless_it_is_the_stress_problem_of_a_cell_that_passed_head_and_tail(stage):
    rows = [
        row("not checked" if stage == checked else "passed", stage=checked) for checked in ("head", "sample", "stress")
    ]

    assert [ROWS32, "0.25" if stage == "stress" else "not checked"] == cells(
        shown(errors_table("nielsen", rows, "batch")), "numpy_rows"
    )


def test_batch_sizes_with_one_reason_share_a_sentence_and_the_stress_problem_has_its_own():
    rows = [row("not checked", size, stage=stage, reason="near") for size in (10, 100) for stage in ("head", "sample")]
    rows += [row("failed", 100, reason="far"), row("failed", None, reason="dead"), row("passed")]
    rows += [row("not checked", stage="stress", reason="near")]

    assert [
        f"nielsen {ROWS32} batch 10, 100 not checked: near",
        f"nielsen {ROWS32} batch 100 failed: far",
        f"nielsen {ROWS32} failed: dead",
        f"nielsen {ROWS32} (stress problem) batch 10 not checked: near",
    ] == reason_sentences(rows, "batch")


def test_what_could_not_be_checked_is_counted_before_the_timing():
    sentences = plan_sentences(plan(), [row("passed"), row("not checked")])

    assert "Verified before timing: 1 checks passed, 0 failed, 1 not possible." == sentences[-1]


def test_what_is_said_of_all_batch_sizes_stands_at_every_one():
    rows = [row("failed", None), row("passed", 10, ROWS64), row("passed", 100, ROWS64)]
    text = shown(errors_table("nielsen", rows, "batch"))

    assert [ROWS32, "failed", "failed"] == cells(text, ROWS32)
    assert [ROWS64, "0.25", "0.25"] == cells(text, ROWS64)


def test_every_check_is_a_row_with_its_numbers():
    rows = [row("passed"), row("failed", None, stage="load", error=None, bound=None, n_steps=None)]
    text = shown(checks_table(rows, "batch"))

    assert [
        ["nielsen", ROWS32, "10", "head", "20", "2.0e-09", "8.0e-09", "passed"],
        ["nielsen", ROWS32, "", "load", "", "", "", "failed"],
    ] == [parts_of(line) for line in text.splitlines() if "nielsen" in line]


# --- progress ---


def test_on_a_pipe_progress_is_one_sentence():
    recorder = console()
    with TerminalDisplay(recorder).progress("measuring", 100) as advance:
        for _ in range(50):
            advance("launch 1 round 1", 2.0)

    assert "measuring …\n" == recorder.export_text()


def test_on_a_terminal_progress_shows_how_far_and_what_letter_by_letter():
    recorder = console(terminal=True)
    with TerminalDisplay(recorder).progress("measuring", 100) as advance:
        advance(f"loading {ROWS32}", 40)
    text = recorder.export_text()

    assert "measuring" in text
    assert "40 %" in text
    assert f"loading {ROWS32}" in text


def test_how_long_the_whole_run_takes_is_said_once_and_shown_in_every_bar(monkeypatch):
    clock = iter([1000.0, 1060.0, 1061.0, 1470.0])
    monkeypatch.setattr("paragone.cli.display.time.monotonic", lambda: next(clock))
    recorder = console(terminal=True)
    display = TerminalDisplay(recorder)
    display.expect(400)  # it ends at 1400
    display.expect(410)  # at 1470
    with display.progress("measuring", 100) as advance:
        advance("launch 1", 40)
    text = recorder.export_text()

    assert 1 == text.count("The whole run takes about 7 min, verification and report included.")
    assert "nearly done" in text


def test_a_run_far_beyond_its_foreseen_end_is_not_called_nearly_done(monkeypatch):
    """On a busy machine it said "measuring: 0%, nearly done", for minutes."""
    clock = iter([1000.0, 1010.0, 1100.0, 1100.0, 1100.0])
    monkeypatch.setattr("paragone.cli.display.time.monotonic", lambda: next(clock))
    recorder = console()
    display = TerminalDisplay(recorder)
    display.expect(40)
    with display.progress("measuring", 100) as advance:
        advance("launch 1", 0)

    assert recorder.export_text().splitlines()[-1] == "measuring: 0%, longer than expected, launch 1"


def test_a_pipe_is_told_how_long_the_whole_run_takes():
    recorder = console()
    TerminalDisplay(recorder).expect(59.6)
    assert "The whole run takes about 60 s, verification and report included.\n" == recorder.export_text()


def test_nothing_to_do_is_no_error():
    with TerminalDisplay(console(terminal=True)).progress("measuring", 0) as advance:
        advance("nothing", 0)


def test_where_there_is_no_terminal_a_line_a_minute_says_how_far_it_is(monkeypatch):
    """A run in a pipe was silent for as long as a stage took."""
    clock = iter([0.0, 30.0, 61.0, 61.0, 100.0, 122.0, 122.0])
    monkeypatch.setattr("paragone.cli.display.time.monotonic", lambda: next(clock))
    recorder = console()
    with TerminalDisplay(recorder).progress("verifying", 4) as advance:
        for number in range(4):
            advance(f"variant_{number}", 1)

    said = recorder.export_text().splitlines()
    assert ["verifying …", "verifying: 50%, variant_1", "verifying: 100%, variant_3"] == said
