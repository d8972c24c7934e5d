"""`verify --contract`: what it looks at by default, what with --all, and what it says of that."""

import shlex
from contextlib import contextmanager

import pytest
from small_problem import SMALL

from paragone.cli import contract
from paragone.cli.contract import ALL_SIZES
from paragone.implementation.conformance.examination import PromiseResult
from paragone.task.mlp.problem_files import shipped_names
from paragone.verify.pilot import Pilot
from paragone.verify.pilot_result import PilotResult

CODES = [f"numpy_rows[dtype={dtype},order={order}]" for dtype in ("float32", "float64") for order in "CF"]


class LookedAt:
    """What the gate and the checks of the contract were asked to look at."""

    def __init__(self):
        self.cells = set()  # problem, variant, size
        self.data_seconds = None
        self.promises = set()  # variants
        self.problems = None  # of the contract's checks; none: those that ship

    def examine(self, pilot, contender, sizes, begin):
        problem, variant, _ = contender.key
        self.cells |= {(problem, variant, size) for size in sizes}
        self.data_seconds = pilot.request.budgets.data_seconds
        result = PilotResult(contender)
        for size in sizes:
            result.add_outcome("head", "passed", "", size)
        return result

    @contextmanager
    def run_contract(self, found, variants, problems, time_limit_s):
        self.promises |= {variant.name for variant in variants}
        self.problems = [problem.name for problem in problems]
        yield (PromiseResult(variant.name, "the order is followed", "passed") for variant in variants)


@pytest.fixture
def looked_at(monkeypatch, small):
    seen = LookedAt()
    monkeypatch.setattr(Pilot, "examine", lambda *arguments: seen.examine(*arguments))
    monkeypatch.setattr("paragone.verify.examiners.examiner_slots", lambda *_: [()])  # in this process, to be seen
    monkeypatch.setattr(contract, "run_contract", seen.run_contract)
    monkeypatch.setattr("paragone.task.mlp.data.check_fits", lambda problem, data: None)  # the data set is a small one
    return seen


def test_by_default_the_smallest_problem_is_looked_at_with_two_sizes_in_one_dtype(looked_at, paragone):
    code, out, _ = paragone("verify", "numpy_rows", "--contract")

    assert 0 == code
    assert {("nielsen", variant, size) for variant in CODES[:2] for size in (10, 100)} == looked_at.cells
    assert looked_at.promises == {*CODES[:2]}
    assert looked_at.problems == ["nielsen"]
    assert looked_at.data_seconds < 1
    assert "Looked at: nielsen at batch sizes 10 and 100 in float32, over part of the training set." in out


def test_with_all_everything_is_looked_at(looked_at, paragone):
    code, out, _ = paragone("verify", "numpy_rows", "--contract", "--all")

    assert 0 == code
    assert {(name, code, size) for name in shipped_names() for code in CODES for size in ALL_SIZES} == looked_at.cells
    assert looked_at.promises == {*CODES}
    assert looked_at.problems == []
    assert looked_at.data_seconds == 2
    assert "Looked at" not in out


def test_what_the_user_names_is_looked_at(looked_at, paragone):
    named = ("-p", "softmax", "-p", "mlp4", "-b", "7", "--dtype", "float64")
    _, out, _ = paragone("verify", "numpy_rows[order=F]", "--contract", *named)

    assert {("softmax", CODES[3], 7), ("mlp4", CODES[3], 7)} == looked_at.cells
    assert looked_at.promises == {CODES[3]}
    assert looked_at.problems == ["softmax", "mlp4"]
    assert "Looked at: softmax and mlp4 at batch size 7 in float64" in out


def test_what_supports_the_smallest_problem_not_is_looked_at_with_the_next(looked_at, paragone, tmp_path):
    (tmp_path / "picky").mkdir()
    (tmp_path / "picky" / "impl.py").write_text(PICKY)
    paragone("verify", "picky", "--contract", "--plugins", tmp_path / "picky")

    assert {problem for problem, _, _ in looked_at.cells} == {"softmax"}


PICKY = """
from paragone.implementation.registry import IMPLEMENTATIONS, read_folder

(Rows,) = read_folder(IMPLEMENTATIONS / "numpy_rows")


class Picky(Rows):
    name = "picky"
    maths = ()

    @classmethod
    def supports(cls, problem):
        return None if problem.output_activation == "softmax" else "softmax alone"
"""


def test_sizes_that_a_problem_cannot_have_are_left_out(looked_at, paragone, tmp_path):
    (tmp_path / "tiny.toml").write_text(SMALL.replace("n_train = 300", "n_train = 60"))
    paragone("verify", "numpy_rows", "--contract", "-p", tmp_path / "tiny.toml")

    assert {size for _, _, size in looked_at.cells} == {10}


def test_the_command_for_everything_can_be_copied_into_a_shell(looked_at, paragone, tmp_path):
    folder = tmp_path / "my own"
    (folder / "picky").mkdir(parents=True)
    (folder / "picky" / "impl.py").write_text(PICKY)
    _, out, _ = paragone("verify", "picky", "--contract", "-b", "5", "--plugins", folder, "--data", "digits")
    (command,) = [line.partition("For everything: ")[2] for line in out.splitlines() if "For everything: " in line]

    assert f"paragone verify picky --contract --all --plugins {shlex.quote(str(folder))} --data digits" == command


def test_all_without_contract_is_refused(paragone):
    code, _, err = paragone("verify", "numpy_rows", "--all")

    assert 2 == code
    assert "--all goes with --contract" in err


def test_a_broken_promise_ends_with_the_exit_code_of_a_failed_check(looked_at, paragone, monkeypatch):
    @contextmanager
    def broken(*arguments):
        yield iter([PromiseResult("numpy_rows[…]", "the order is followed", "failed", "use `order`")])

    monkeypatch.setattr(contract, "run_contract", broken)
    code, out, _ = paragone("verify", "numpy_rows", "--contract")

    assert 1 == code
    assert "failed numpy_rows[…]: the order is followed: use `order`" in out


def test_the_contracts_of_all_that_are_named_are_tried_and_one_that_is_broken_is_enough(
    looked_at, paragone, monkeypatch
):
    @contextmanager
    def broken(found, *others):
        status = "failed" if found.name == "numpy_columns" else "passed"
        yield iter([PromiseResult(f"{found.name}[…]", "the order is followed", status, "use `order`")])

    monkeypatch.setattr(contract, "run_contract", broken)
    code, out, _ = paragone("verify", "numpy_columns", "numpy_rows", "--contract")

    assert 1 == code
    assert "The contract of numpy_columns" in out
    assert "The contract of numpy_rows" in out
    assert {"numpy_columns", "numpy_rows"} == {variant.partition("[")[0] for _, variant, _ in looked_at.cells}
    assert 0 == paragone("verify", "numpy_rows", "numpy_tuned", "--contract")[0]


def test_of_those_named_what_cannot_run_here_is_told_and_the_others_are_tried(looked_at, paragone, monkeypatch):
    found = {"numpy_rows": "", "numpy_columns": "no columns here"}
    monkeypatch.setattr(contract, "unavailable_reason", lambda described, *_: found[described.name])
    code, out, _ = paragone("verify", "numpy_rows", "numpy_columns", "--contract")

    assert 0 == code
    assert "numpy_columns cannot run here: no columns here" in out
    assert "The contract of numpy_rows" in out
    assert "The contract of numpy_columns" not in out


def test_without_a_name_no_contract_is_tried(paragone):
    code, _, err = paragone("verify", "--contract")

    assert 2 == code
    assert "looks at the implementations that you name" in err


def test_what_fails_every_check_is_told_once_and_counted(looked_at, paragone, monkeypatch):
    @contextmanager
    def broken(*arguments):
        yield (PromiseResult("numpy_rows[…]", f"check {n}", "failed", "SyntaxError, line 3") for n in range(19))

    monkeypatch.setattr(contract, "run_contract", broken)
    code, out, _ = paragone("verify", "numpy_rows", "--contract")

    assert 1 == code
    assert "failed numpy_rows[…]: check 0: SyntaxError, line 3" in out
    assert "19 times: SyntaxError, line 3" in out
    assert "each of 19 checks: 1 failed" in out
    assert 2 == out.count("SyntaxError")


def test_checks_that_fail_for_reasons_of_their_own_are_all_told(looked_at, paragone, monkeypatch):
    @contextmanager
    def broken(*arguments):
        failed = [PromiseResult("numpy_rows[…]", f"check {n}", "failed", f"reason {n}") for n in range(2)]
        yield iter([*failed, PromiseResult("numpy_rows[…]", "check 2", "passed", "")])

    monkeypatch.setattr(contract, "run_contract", broken)
    _, out, _ = paragone("verify", "numpy_rows", "--contract")

    assert all(f"check {n}: reason {n}" in out for n in range(2))
    assert "times" not in out
    assert "    check 0: 1 failed\n    check 1: 1 failed" in out
