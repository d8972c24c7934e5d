"""The comment of a live comparison: two commits, the answer in words, the noise, and the worst cells first."""

import re

import pytest
from made_up_run import BASE, CONTROL, cell, change_plan, made_up_run, outcome

from paragone.analyse.results import Results
from paragone.report.text.live_comment import live_comment

STEADY = [[1e-5, 1.01e-5, 0.99e-5]] * 5
LIVE = {
    "a": {"label": "a1b2c3d", "words": "revision a1b2c3d (HEAD~1, 2026-01-01): thanks to @bob, fixes #12"},
    "b": {"label": "worktree", "words": "working tree, e4f5a6b and 1 changed file"},
    "left_out": {"other": "its source is the same on both sides"},
    "fail_slower": 0.05,
}
FACTORS = {"slow": 1.25, "slowest": 2.0, "fast": 0.5, "equal": 1.0}


def scaled(by):
    return [[by * seconds for seconds in launch] for launch in STEADY]


def live_run(factors, live=LIVE, failed=(), sizes=(10,), **others):
    """Return a run of two versions; `factors` is how many times longer B takes, by implementation."""
    names = {BASE: 1.0, CONTROL: 1.0}
    for name, by in factors.items():
        names |= {f"{name}@a1b2c3d[dtype=float32]": 1.0, f"{name}@worktree[dtype=float32]": by}
    times = {(name, size): scaled(by) for name, by in names.items() for size in sizes}
    wrong = {"status": "failed", "reason": "W1 differs, asks @bob"}
    said = [outcome(name, **(wrong if name in failed else {})) for name in names]
    cells, times = [cell(*key) for key in times], {key: times[key] for key in times if key[0] not in failed}
    run = made_up_run(None, times, cells=cells, outcomes=said, memory=[], **others)
    change_plan(run, live=live)
    return run


def comment_of(factors, **others):
    return live_comment(Results(live_run(factors, **others)))


def rows_of(text):
    return re.findall(r"^\| `(\w+)\[", text, re.MULTILINE)


@pytest.fixture(scope="module")
def comment():
    return comment_of({**FACTORS, "wrong": 1.0}, failed=["wrong@worktree[dtype=float32]"])


def test_it_names_both_commits_and_calls_nobody(comment):
    assert "- **A**, a1b2c3d: `revision a1b2c3d (HEAD~1, 2026-01-01): thanks to @bob, fixes #12`" in comment
    assert "- **B**, worktree: `working tree, e4f5a6b and 1 changed file`" in comment
    assert not re.search(r"[@#]\w", re.sub(r"`[^`\n]*`", "", comment))


def test_it_says_in_words_what_was_found(comment):
    assert "**5 cells: 1 faster, 2 slower, 1 same, 1 not compared.**" in comment
    assert "B fails where A passes in 1 cell. B surely takes more than 5 % longer for a step in 2 cells." in comment
    assert "No cell surely takes more than 5 % longer for a step." in comment_of({"fast": 0.5})


def test_it_has_the_line_about_a_a(comment):
    assert "\nNoise: the baseline against itself (A/A) stays within ±1.0 %." in comment


def test_what_failed_and_the_slowest_are_its_first_rows_and_what_is_the_same_is_folded(comment):
    shown, folded = comment.split("<summary>1 other cell</summary>")

    assert ["wrong", "slowest", "slow", "fast"] == rows_of(shown)
    assert ["equal"] == rows_of(folded)
    assert "| `slow[dtype=float32]` | 10 | 1.00 M | 800 k | 0.80× [0.80, 0.80] | **slower** |" in shown
    assert "| 1.00 M | *failed* |  | `B: failed, W1 differs, asks @bob` |" in shown
    assert "| `equal[dtype=float32]` | 10 | 1.00 M | 1.00 M | 1.00× [1.00, 1.00] | same within 1 % |" in folded


def test_what_all_cells_share_is_said_once(comment):
    assert "All cells: `nielsen`, 1 thread." in comment
    assert "| implementation | batch size | A, images/s | B, images/s | speed of B relative to A | verdict |" in comment


def test_what_was_not_measured_is_there_with_its_reason(comment):
    assert "Not measured, as their source is the same: 1 implementation." in comment
    left_out = {**LIVE["left_out"], "broken": "worktree cannot use it: impl.py, line 3: ask @bob"}
    text = comment_of({"equal": 1.0}, live={**LIVE, "left_out": left_out})
    assert "| `worktree cannot use it: impl.py, line 3: ask @bob` | `broken` |" in text
    assert text.index("cannot use it") < text.index("`equal[")


def test_a_run_that_was_interrupted_says_so():
    assert comment_of({"equal": 1.0}, finished=False).startswith("## B against A, interrupted\n")


def test_a_run_of_very_many_cells_fits_a_comment_and_the_rest_is_counted():
    factors = {f"implementation_{n}": 1.0 + 0.3 * (n % 40 == 0) for n in range(400)}
    left_out = {f"left_out_{n}": f"reason {n} {'x' * 900}" for n in range(300)}
    text = comment_of(factors, live={**LIVE, "left_out": left_out}, sizes=(1, 10))

    assert 60_000 < len(text) <= 65_536
    assert "20 slower, 780 same" in text
    assert 20 == text.count("**slower**")
    assert len(rows_of(text)) + int(re.search(r"want of room: (\d+) cells", text)[1]) == 800


def test_text_from_outside_adds_no_line_and_no_markup():
    text = "a\n</details>|`<script>`**x**\x1b[2J"
    sides = {side: {**LIVE[side], "words": text} for side in "ab"}
    live, harmless = {**LIVE, **sides, "left_out": {text: text}}, {**LIVE, "left_out": {"other": "a reason"}}
    found, plain = (live_comment(Results(live_run({"slow": 1.2}, live=each))) for each in (live, harmless))

    assert found.count("\n") == plain.count("\n")
    assert "<script>" not in re.sub(r"(`+).*?(?<!`)\1(?!`)", "", found)
    assert found.replace("\n", "").isprintable()
