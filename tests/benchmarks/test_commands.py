"""The benchmarks of paragone itself, as far as they can be right or wrong without a clock."""

import subprocess
import sys
from pathlib import Path

import calls_beside_other_tools
import commands
import false_alarms
import growth
import numpy as np
import pytest
import verdict_on_a_pair
from everyone import FOUND
from many_plugins import N_KERNELS, N_PLUGINS, write_many

from paragone.comparison.home import Home
from paragone.comparison.revisions import find_sides
from paragone.comparison.versions import version_set
from paragone.files.paths import PROJECT
from paragone.implementation.plugins import kernel_folders, locations_given
from paragone.plan.cells import contenders_of
from paragone.plan.request import Request
from paragone.task.mlp.problem_files import find_problem


def test_the_folder_of_many_plugins_holds_what_its_name_says(tmp_path):
    write_many(tmp_path)
    locations = list(locations_given([str(tmp_path)]))
    shipped, _ = kernel_folders()
    with_them, _ = kernel_folders([str(tmp_path)])

    assert N_PLUGINS == sum(location.file == "impl.py" for location in locations)
    assert N_KERNELS == len(with_them) - len(shipped)


def test_an_edit_of_the_plugin_changes_its_text_and_not_what_it_computes(tmp_path):
    place = commands.Place(tmp_path)
    before = (place.step / "maths.py").read_text()
    place.edit()
    place.edit()

    assert f"{before}# edit 1\n# edit 2\n" == (place.step / "maths.py").read_text()


@pytest.mark.parametrize(("pair", "more"), [("2 % slower", 1), ("the same", 0)])
def test_the_versions_of_a_pair_give_the_same_and_differ_by_one_block_in_fifty(tmp_path, monkeypatch, pair, more):
    monkeypatch.setitem(verdict_on_a_pair.TOOLS, "none", lambda *given: "same")
    verdict_on_a_pair.attempt("none", pair, tmp_path / "pair", sys.executable, "")
    calls, results = {}, {}
    for side in "ab":
        scope = {}
        exp, calls[side] = np.exp, []
        text = (tmp_path / "pair" / side / "pair" / "work.py").read_text()
        exec(compile(text, side, "exec"), scope)
        scope["np"] = _Counting(exp, calls[side])
        x, results[side] = np.random.default_rng(0).uniform(-1, 1, 20_000), np.empty(20_000)
        scope["run"](x, results[side])

    assert (50, 50 + more) == (len(calls["a"]), len(calls["b"]))
    assert len({*calls["a"], *calls["b"]}) == 1, "a block is longer than another"
    assert np.array_equal(results["a"], results["b"])


class _Counting:
    """In the place of NumPy: notes how many numbers each call works on."""

    def __init__(self, exp, lengths):
        self._exp, self._lengths = exp, lengths

    empty_like = staticmethod(np.empty_like)

    def exp(self, x, out):
        self._lengths.append(len(x))
        return self._exp(x, out=out)


@pytest.mark.parametrize(
    ("pair", "answer", "right", "wrong"),
    [
        ("2 % slower", "slower", True, False),
        ("2 % slower", "faster", False, True),
        ("2 % slower", "same", False, False),
        ("2 % slower", "not enough data", False, False),
        ("the same", "same", True, False),
        ("the same", "slower", False, True),
        ("the same", "not enough data", False, False),
    ],
)
def test_what_a_tool_leaves_open_is_neither_right_nor_wrong(pair, answer, right, wrong):
    one = verdict_on_a_pair.Try("paragone", pair, 1.0, answer)

    assert (right, wrong) == (one.is_right, one.is_wrong)


@pytest.mark.parametrize(("pair", "more"), [("3 % slower", 3), ("the same", 0)])
def test_the_functions_of_a_pair_give_the_same_and_differ_by_three_blocks_in_a_hundred(
    tmp_path, monkeypatch, pair, more
):
    monkeypatch.setitem(calls_beside_other_tools.SCRIPTS, "none", "from pair import a\nprint('same')\n")
    one = calls_beside_other_tools.attempt("none", pair, tmp_path, sys.executable)
    scope = {}
    exec(compile((tmp_path / "pair.py").read_text(), "pair.py", "exec"), scope)
    counted = {name: [] for name in "ab"}
    x = np.linspace(-1, 1, 20_000)
    for name, called in counted.items():
        scope["np"] = _Counting(np.exp, called)
        assert np.array_equal(scope[name](x), np.exp(x))

    assert (one.answer, len(counted["a"]), len(counted["b"])) == ("same", 100, 100 + more)


@pytest.mark.parametrize(
    ("pair", "answer", "right", "wrong"),
    [
        ("3 % slower", "slower", True, False),
        ("3 % slower", "same within 2 %", False, True),
        ("3 % slower", "same within 4 %", False, False),
        ("3 % slower", "not told apart", False, False),
        ("3 % slower", "not enough data", False, False),
        ("the same", "same within 1 %", True, False),
        ("the same", "not told apart", True, False),
        ("the same", "faster", False, True),
    ],
)
def test_an_answer_that_leaves_open_what_differs_is_neither_right_nor_wrong(pair, answer, right, wrong):
    one = calls_beside_other_tools.Try("%timeit", pair, 1.0, answer)

    assert (right, wrong) == (one.is_right, one.is_wrong)


@pytest.mark.parametrize(
    ("row", "word"),
    [
        ("| `work[dtype=float64]` | 20 000 | 54.1 M | 53.3 M | 0.98× [0.97, 0.98] | **slower** |", "slower"),
        ("| `work[dtype=float64]` | 20 000 | 54.1 M | 53.3 M | 1.00× [0.99, 1.01] | same within 2 % |", "same"),
        ("| `work[dtype=float64]` | 20 000 | *failed* | 53.3 M |  | `A: failed, slower than before` |", "failed"),
    ],
)
def test_the_verdict_is_read_from_the_row_of_the_one_cell(row, word):
    said = f"**1 cell: 1 slower.**\n\n| implementation | n | A |\n| --- | --- | --- |\n{row}\n"

    assert word == verdict_on_a_pair.word_of(said)


@pytest.mark.parametrize(
    "script", ["commands.py", "verdict_on_a_pair.py", "calls_beside_other_tools.py", "false_alarms.py"]
)
def test_each_script_says_what_it_does(script):
    command = [sys.executable, str(PROJECT / "benchmarks" / script), "--help"]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)

    assert "Nothing is" in answer.stdout


def test_both_sides_of_a_false_alarm_are_the_same_implementations(tmp_path):
    place = false_alarms.prepared(tmp_path, "pairwise")
    sides = find_sides(str(place / "a"), str(place / "b"), Home(PROJECT, Path("impls/pairwise"), "pairwise"))
    a, b = (version_set(side) for side in sides)

    assert "numpy_product" in a.found
    assert {name: one.version_hash() for name, one in a.found.items()} == {
        name: one.version_hash() for name, one in b.found.items()
    }


def test_an_alarm_is_an_exit_code_and_a_wrong_verdict_is_one_that_tells_a_difference():
    quiet = false_alarms.Comparison(60.0, 0, {"same": 3, "not enough data": 1}, 0, 0.02, 1.0)
    loud = false_alarms.Comparison(80.0, 1, {"faster": 1, "slower": 2, "same": 1}, 2, 0.3, 4.0)
    _, alarms, verdicts = false_alarms.summary([quiet, loud, quiet], "5%")

    assert "--fail-slower 5% ended with 1 in 1 of 3 [0.8, 90.6] %" in alarms
    assert "called 3 of 12 [" in verdicts
    assert "took 60 s" in verdicts
    assert false_alarms.row_of(2, loud).endswith("1 faster, 2 slower, 1 same; 2 failed in B alone")


@pytest.mark.parametrize("n_cells", growth.RUNS["cells"])
def test_the_runs_by_which_growth_is_measured_have_as_many_cells_as_they_say(n_cells):
    options = growth.RUNS["cells"][n_cells]
    chosen = [FOUND[options[at + 1]] for at, option in enumerate(options) if option == "-i"]
    sizes = tuple(map(int, options[options.index("-b") + 1].split(",")))
    dtypes = tuple(options[at + 1] for at, option in enumerate(options) if option == "--dtype")
    request = Request((find_problem("nielsen"),), sizes=sizes, dtypes=dtypes)

    assert n_cells == len(contenders_of(request, chosen, list(FOUND.values()))) * len(sizes)


def test_the_line_goes_through_what_grows_in_a_straight_line():
    assert "2.0 s + 0.50 s × " == growth.line_through([10, 40, 160], [7.0, 22.0, 82.0])
