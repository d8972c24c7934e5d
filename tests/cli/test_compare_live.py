"""`compare --live` as a user types it: what the options become, and whole runs of two versions on a small data set."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer
from kernel_folder import write_kernel
from made_up_run import BASE, CONTROL, made_up_run, with_plan
from msgspec.structs import replace
from pair_of_runs import written
from small_project import commit, make_project, run_git

from paragone.analyse.results import Results
from paragone.cli import compare_live
from paragone.cli.compare import OrLive
from paragone.cli.options import RunOptions
from paragone.comparison.home import Home
from paragone.implementation.registry import IMPLEMENTATIONS
from paragone.measure import bench
from paragone.plan.request import Request, request_of
from paragone.report.write import write_report
from paragone.store.reader import read_plan, read_run
from paragone.store.runs import run_folders
from paragone.task.kernel.problem import KernelProblem
from paragone.task.mlp.problem_files import find_problem


@pytest.fixture
def problem(small, monkeypatch):
    """The small problem at one batch size, without the A/A pilot, which doubles the length of a run."""
    monkeypatch.setattr(bench, "launch_deviation", lambda *_: None)
    small.write_text(small.read_text().replace("[1, 20]", "[20]"))
    return small


ROWS = '''"""All points at once."""

import numpy as np


def run(X, centre, D):
    D[:] = np.sqrt(((X - centre) ** 2).sum(axis=1))
'''
LOOPS = """
#include <math.h>

#include "reach.h"

void reach(int64_t n, int64_t d, const real *X, const real *centre, real *D)
{
    for (int64_t i = 0; i < n; i++) {
        real sum = 0;
        for (int64_t j = 0; j < d; j++)
            sum += (X[i * d + j] - centre[j]) * (X[i * d + j] - centre[j]);
        D[i] = (real)sqrt(sum);
    }
}
"""
BUILD = """
language = "C"
idea = "two loops"
build = "gcc -O2 -shared -fPIC -DPARAGONE_REAL={real} -I{include} -o {library} loops.c -lm"
"""


@pytest.fixture
def reach(tmp_path, monkeypatch):
    """The folder of a kernel of one's own in a repository, with implementations in Python and C."""
    monkeypatch.setattr(bench, "launch_deviation", lambda *_: None)
    monkeypatch.setenv("PARAGONE_CACHE", str(tmp_path / "cache"))
    (tmp_path / "mine").mkdir()
    folder = write_kernel(tmp_path / "mine", sizes=["n = [1000]", "d = 3"])
    for name, text in {"numpy_rows.py": ROWS, "loops.c": LOOPS, "loops.toml": BUILD}.items():
        (folder / name).write_text(text)
    run_git(folder.parent, "init", "--quiet", "--initial-branch", "trunk")
    commit(folder.parent, "both are right")
    monkeypatch.chdir(folder.parent)
    return folder


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project whose impls/ hold `one` and `other` of this one's NumPy; sides are its revisions."""
    project = make_project(tmp_path / "project")
    shutil.rmtree(project / "impls")
    for name in ("one", "other"):
        folder = project / "impls" / "mlp" / name
        shutil.copytree(IMPLEMENTATIONS / "numpy_rows", folder, ignore=shutil.ignore_patterns("__pycache__"))
        edit(folder / "impl.py", '"numpy_rows"', f'"{name}"')
        edit(folder / "impl.py", '{"dtype": FLOATS, "order": ("C", "F")}', '{"dtype": FLOATS[:1]}')
    commit(project, "copies")
    home = Home(project, Path("impls/mlp"))
    monkeypatch.setattr("paragone.comparison.home.home_of", lambda *_: home)
    monkeypatch.chdir(project)
    return project


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def forget_biases(project):
    """Make `other` of the working tree wrong."""
    edit(project / "impls" / "mlp" / "other" / "rows.py", "b[l] -= eta * db[l]", "b[l] -= 0 * db[l]")


def asked_of(paragone, monkeypatch, *arguments):
    """Return what the options of a command line become."""
    got = {}
    monkeypatch.setattr(compare_live, "compare_live", lambda *values: got.update(enumerate(values)))
    code, _, err = paragone("compare", "--live", "HEAD", ".", *arguments)
    assert (0, "") == (code, err)
    return got


def test_without_options_it_promises_five_per_cent_and_fails_beyond_them(paragone, monkeypatch):
    got = asked_of(paragone, monkeypatch)
    a, b, request, problem_arguments, shown, everything, *_ = got.values()

    assert ("HEAD", ".", 0.05, compare_live.Shown(0.05)) == (a, b, request.resolve, shown)
    assert {"nielsen": "nielsen"} == problem_arguments
    assert not everything
    assert not request.memory


def test_a_worker_may_hold_as_much_memory_as_is_said(paragone, monkeypatch):
    assert asked_of(paragone, monkeypatch, "--memory-limit", "4GB")[2].memory_limit_bytes == 4 * 10**9


def test_version_a_is_the_baseline_where_one_implementation_is_compared_and_else_that_of_the_problem():
    problem, a = find_problem("nielsen"), SimpleNamespace(label="abc123")

    assert "one@abc123" == compare_live.baseline_of(["one"], a, problem)
    assert "numpy_rows" == compare_live.baseline_of(["one", "other"], a, problem)


def test_a_baseline_that_is_named_is_that_of_the_run(paragone, monkeypatch):
    assert "" == asked_of(paragone, monkeypatch)[2].baseline
    assert "c_blas" == asked_of(paragone, monkeypatch, "--baseline", "c_blas")[2].baseline


def test_launches_that_are_asked_for_are_those_measured(paragone, monkeypatch):
    assert (7, None) == _launches(asked_of(paragone, monkeypatch, "--launches", "7"))
    assert (7, 0.02) == _launches(asked_of(paragone, monkeypatch, "--launches", "7", "--resolve", "2%"))


def _launches(got):
    return got[2].launches, got[2].resolve


def test_the_other_options_are_those_of_bench(paragone, monkeypatch):
    options = "-i one -b 1,7 --dtype float32 -t 1,2 --fail-slower 3% --all -p mlp4"
    got = asked_of(paragone, monkeypatch, *options.split())
    request = got[2]

    assert (("one",), (1, 7), ("float32",), (1, 2)) == (
        request.implementations,
        request.sizes,
        request.dtypes,
        request.threads,
    )
    assert (0.03, True) == (got[4].allowed, got[5])


def test_live_is_a_command_with_its_own_options_wherever_it_stands(monkeypatch):
    """`compare` without it stays what it is."""
    app = typer.Typer()

    @app.command("compare", cls=OrLive)
    def compare(runs: list[str]):
        got.append(("runs", *runs))

    @app.command()
    def another():
        pass

    got = []
    monkeypatch.setattr(compare_live, "compare_live", lambda a, b, *_: got.append(("live", a, b)))
    for arguments in (["x", "y", "z"], ["--live", "HEAD", "."], ["HEAD", "-b", "10", ".", "--live"]):
        app(["compare", *arguments], standalone_mode=False)

    assert [("runs", "x", "y", "z"), ("live", "HEAD", "."), ("live", "HEAD", ".")] == got


def test_live_has_a_help_of_its_own(paragone):
    code, out, _ = paragone("compare", "--live", "--help")

    assert 0 == code
    assert "compare --live" in out
    assert "--fail-slower" in out
    assert "Example: paragone compare --live HEAD ." in out


@pytest.mark.parametrize(
    ("arguments", "ends", "reason"),
    [
        (["HEAD", ".", "--fail-slower", "much"], 2, "--fail-slower: expected a percentage such as 5%, got 'much'"),
        (["HEAD", "HEAD"], 6, "nothing differs between"),
        (["no-such-thing", "."], 2, "'no-such-thing' is no revision"),
        (["HEAD", ".", "-i", "nobody"], 2, "unknown implementation 'nobody'"),
    ],
)
def test_a_mistake_is_said_before_any_data_is_looked_for(paragone, project, monkeypatch, arguments, ends, reason):
    monkeypatch.setattr("paragone.task.mlp.data.find_data", None)
    code, _, err = paragone("compare", *arguments, "--live")

    assert ends == code
    assert reason in err


def test_a_comparison_ends_with_1_where_b_cannot_use_what_a_can_though_all_else_is_the_same(tmp_path):
    names = (BASE, CONTROL, "one@a[dtype=float32]", "one@b[dtype=float32]")
    run = made_up_run(None, {(name, 10): [[1e-5] * 3] * 5 for name in names}, memory=[])
    sides = {side: {"label": side, "words": side} for side in "ab"}
    folder = written(with_plan(run, live={**sides, "left_out": {}, "fail_slower": 0.05}), tmp_path)
    shown = compare_live.Shown(0.05)

    compare_live._end(folder, True, shown, ())
    with pytest.raises(typer.Exit) as ending:
        compare_live._end(folder, True, shown, ("other",))
    assert 1 == ending.value.exit_code


@pytest.mark.slow  # a process for each of five variants, and those that verify
def test_an_edit_against_the_last_commit_is_verified_measured_told_and_taken_up(
    paragone, project, problem, tmp_path, monkeypatch
):
    """`one` is edited and right, `other` edited and wrong; then the run loses its end, which is measured anew."""
    edit(project / "impls" / "mlp" / "one" / "rows.py", "import numpy as np", "import numpy as np  # edited")
    forget_biases(project)
    results, output = tmp_path / "results", tmp_path / "comparison.md"
    problem = find_problem(str(problem))
    asked = Request((problem,), launches=1, rounds=3, memory=False)
    shown = compare_live.Shown(0.9, output=output)
    with pytest.raises(typer.Exit) as ending:
        compare_live.compare_live("HEAD", ".", asked, {}, shown, run=RunOptions(results=results))

    (folder,) = run_folders(results)
    run = read_run(folder)
    label = run.plan.live.a.label
    assert 1 == ending.value.exit_code
    assert "worktree" == run.plan.live.b.label
    timed = run.samples[run.samples["kind"] == "timed"].groupby("variant").size()
    assert {f"one@{label}[dtype=float32]": 3, "one@worktree[dtype=float32]": 3, f"other@{label}[dtype=float32]": 3} == {
        name: int(n) for name, n in timed.items() if "@" in name
    }
    assert "numpy_rows[dtype=float32,order=C] (A/A)" in timed.index
    failed = run.outcomes[run.outcomes["status"] == "failed"]
    assert {"other@worktree[dtype=float32]"} == set(failed["variant"])
    written = output.read_text()
    assert "B fails where A passes in 1 cell." in written
    assert "| `other[dtype=float32]` | 20 |" in written
    assert "biases were never updated" in written
    made = (folder / "report.md").read_bytes()
    assert b"## B against A" in made
    write_report(Results(run))
    assert made == (folder / "report.md").read_bytes()

    rows = (folder / "samples.jsonl").read_text().splitlines(keepends=True)
    (folder / "samples.jsonl").write_text("".join(rows[:-4]))
    (folder / "finished.json").unlink()
    code, _, err = paragone("bench", "--resume", folder.name, "--results", results)
    assert 2 == code
    assert "name them again, and it goes on: paragone compare --live A B" in err
    with pytest.raises(typer.Exit):
        compare_live.compare_live("HEAD", ".", asked, {}, shown, run=RunOptions(results=results))
    assert [folder] == run_folders(results)
    again = read_run(folder).samples
    assert dict(timed) == dict(again[again["kind"] == "timed"].groupby("variant").size())
    assert 2 == len(request_of(read_plan(folder)).sides)


def live_of_kernel(a, b, folder, tmp_path, baseline="numpy_rows"):
    """Compare two versions of the kernel's implementations in a short run; return its folder's run and exit code."""
    results = tmp_path / "results"
    asked = Request((KernelProblem.of(folder),), launches=1, rounds=3, memory=False, dtypes=("float64",))
    asked = replace(asked, baseline=baseline, plugins=(str(folder.parent),))
    code = 0
    try:
        compare_live.compare_live(a, b, asked, {}, compare_live.Shown(0.9), run=RunOptions(results=results))
    except typer.Exit as ending:
        code = ending.exit_code
    (written,) = run_folders(results)
    return read_run(written), code


@pytest.mark.slow  # a process for each of five variants, and those that verify
@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
def test_an_edit_of_a_kernel_of_ones_own_is_compared_with_the_last_commit(reach, tmp_path, capsys):
    """In Python the edit is right, in C it is wrong."""
    edit(reach / "numpy_rows.py", "(X - centre) ** 2", "(centre - X) ** 2")
    edit(reach / "loops.c", "j < d", "j + 1 < d")
    run, code = live_of_kernel("HEAD", ".", reach, tmp_path)

    label = run.plan.live.a.label
    timed = run.samples[run.samples["kind"] == "timed"].groupby("variant").size()
    wanted = [f"numpy_rows@{label}", "numpy_rows@worktree", f"loops@{label}"]
    assert {f"{name}[dtype=float64]": 3 for name in wanted} == {
        name: int(n) for name, n in timed.items() if "@" in name
    }
    failed = run.outcomes[run.outcomes["status"] == "failed"]
    assert {"loops@worktree[dtype=float64]"} == set(failed["variant"])
    assert "D differs from the reference" in failed["reason"].iloc[0]
    said = capsys.readouterr()
    assert f"So are kernel.toml and reference.py: those of {reach}." in " ".join(said.err.split())
    assert "B fails where A passes: reach loops[dtype=float64] at n = 1 000." in " ".join(said.out.split())
    assert 1 == code


@pytest.mark.slow  # a process for each of three variants, and those that verify
def test_the_one_implementation_that_is_compared_shows_its_own_noise(reach, tmp_path, capsys):
    """Nothing is measured beside its versions and the control of A: no limits, no cost of a call."""
    edit(reach / "numpy_rows.py", "(X - centre) ** 2", "(centre - X) ** 2")
    run, code = live_of_kernel("HEAD", ".", reach, tmp_path, baseline="")

    label = run.plan.live.a.label
    timed = run.samples[run.samples["kind"] == "timed"].groupby("variant").size()
    a, b = (f"numpy_rows@{each}[dtype=float64]" for each in (label, "worktree"))
    assert {a: 3, f"{a} (A/A)": 3, b: 3} == {name: int(n) for name, n in timed.items()}
    assert ((), 0, 0) == (run.plan.calls, len(run.limits), code)
    assert "reach" in capsys.readouterr().out
