"""The door for people who live in pytest: every cell of the harness as a pytest-benchmark test.

    pytest benchmarks --benchmark-only -k "numpy_rows and float32"
    pytest benchmarks --benchmark-only --problem all --batch-sizes 10,1000 --benchmark-autosave
    pytest benchmarks --benchmark-disable      (verifies, and trains once)

One round is one sample: `reset` and a short prefix untimed, `train(order)` timed. Times are of one step; a table
compares the cells of one problem, dtype, batch size and number of threads. Before its first round a cell passes the
harness's gate, with its own coefficients and the stress problem's; after every round the result has the verified bits or the
test fails. Saving, comparing and --benchmark-compare-fail work as everywhere in pytest-benchmark.

What these times cannot say, because they come from one process that works through one cell after the other: two
cells are not sampled at the same time, so a neighbour's burst or a falling clock rate between them looks like a
difference; and one process is one draw from the luck of memory layout, which moves medians by more than the scatter
within the process shows. Nor is anything isolated here: a crash or a hang of one implementation ends the session.
For "A is faster than B": `make bench`, which interleaves live processes, launches each anew, and gives intervals.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hosting import GridPoint, Hosted, ReopenedWorker, Round

from paragone.errors import HarnessError, Misuse
from paragone.implementation.contract import variants
from paragone.implementation.registry import IMPLEMENTATIONS, discover
from paragone.plan.cells import Cell, Contender, grid
from paragone.plan.request import TOO_SLOW_SECONDS
from paragone.task.mlp.data import find_data
from paragone.task.mlp.gate import CheckResult
from paragone.task.mlp.problem_files import find_problem, shipped_names

# A worker of the harness turns no warning of an implementation into an error.
pytestmark = pytest.mark.filterwarnings("default")


class Selection(NamedTuple):
    """What the options ask for: cells by the parameters of their test, and the folders that hold no implementation."""

    points: dict[tuple[str, str, int, int], GridPoint]
    broken: dict[str, str]


PARAMETERS = ("problem", "variant", "batch_size", "threads")
SELECTION = pytest.StashKey[Selection]()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test of every cell, and one of every folder that should hold an implementation and does not."""
    try:
        selection = metafunc.config.stash[SELECTION] = select(metafunc.config)
    except HarnessError as error:
        raise pytest.Collector.CollectError(str(error)) from None
    # Plain words and numbers: they go into the JSON, and --benchmark-group-by=param:problem reads them.
    cells = [pytest.param(*key, id=point.id) for key, point in selection.points.items()]
    broken = [pytest.param(None, name, None, None, id=name) for name in selection.broken]
    metafunc.parametrize(PARAMETERS, broken + cells)


def select(config: pytest.Config) -> Selection:
    """Return the cells that the options ask for, all of one variant and problem together.

    Raises HarnessError where an option asks for what cannot be.
    """
    asked = config.getoption("--problem", None) or ["nielsen"]
    names = [name for problem in asked for name in (shipped_names() if problem == "all" else [problem])]
    problems = [find_problem(name) for name in dict.fromkeys(names)]
    sizes = batch_sizes(config.getoption("--batch-sizes", None) or "")
    folder = Path(config.getoption("--implementations-folder", None) or IMPLEMENTATIONS)
    found, broken = discover(folder)
    if not found and not broken:
        raise Misuse(f"--implementations-folder {folder}: expected folders with an impl.py, found none")
    threads = config.getoption("--threads", 1)
    points = {
        (problem.name, variant.name, size, threads): GridPoint(Contender(problem, entry, variant, threads), size)
        for problem in problems
        for entry in found
        for variant in variants(entry.implementation)
        for size in grid(problem, sizes)
    }
    return Selection(points, {entry.name: entry.reason for entry in broken})


def batch_sizes(text: str) -> list[int | str]:
    """Return the sizes of "1,10,full". Raises Misuse."""
    parts = text.replace(",", " ").split()
    for part in parts:
        if part != "full" and not (part.isascii() and part.isdigit()):
            raise Misuse(f"--batch-sizes: expected whole numbers or full, separated by commas; got {part!r}")
    return [part if part == "full" else int(part) for part in parts]


@pytest.fixture(scope="session")
def host(request: pytest.FixtureRequest) -> Iterator[ReopenedWorker]:
    """Yield the host of the session, with the data that the harness would find."""
    terminal = request.config.pluginmanager.get_plugin("terminalreporter")
    data = find_data(None, terminal.write_line if terminal else print)
    chosen = [item.callspec.params for item in request.session.items if hasattr(item, "callspec")]
    points = request.config.stash[SELECTION].points
    wanted = [points.get(tuple(params.get(name) for name in PARAMETERS)) for params in chosen]
    host = ReopenedWorker(data, [point for point in wanted if point is not None])
    yield host
    host.drop()


@pytest.fixture
def point(problem: str, variant: str, batch_size: int, threads: int, pytestconfig: pytest.Config) -> GridPoint:
    """Return the cell of these parameters; fail for a folder that holds no implementation."""
    selection = pytestconfig.stash[SELECTION]
    if variant in selection.broken:
        pytest.fail(selection.broken[variant], pytrace=False)
    return selection.points[problem, variant, batch_size, threads]


def test_training_step(point: GridPoint, host: ReopenedWorker, benchmark: Any, pytestconfig: pytest.Config) -> None:
    """Verify a cell, then time it round by round."""
    hosted, planned = planned_cell(point, host)
    checks = host.checks(hosted, planned)
    refuse_failed(checks)
    verified = hosted.sample(planned)
    refuse_failed({"the end of a sample": host.check_sample(hosted, planned, verified.digest)})

    measured = Round(hosted, planned, verified.digest)
    dtype = hosted.contender.variant.dtype
    benchmark.group = f"{planned.problem} {dtype} B={planned.batch_size} threads={planned.threads}"
    benchmark.extra_info.update(facts(planned, hosted, host, checks))
    benchmark.pedantic(measured.train, setup=measured.prepare, rounds=n_rounds(planned, pytestconfig))
    measured.compare()
    if not measured.deterministic:
        refuse_failed({"the last round": host.check_sample(hosted, planned, measured.digest())})
    if benchmark.enabled:
        count_in_steps(benchmark, planned.n_steps)
        benchmark.extra_info["images_per_second"] = planned.batch_size / benchmark.stats.stats.median


def count_in_steps(benchmark: Any, n_steps: int) -> None:
    """Make every time that of one step, and `iterations` the steps of a round.

    Each cell has as many steps in a round as fill its sample: times of whole rounds would compare nothing. Pedantic
    mode would divide by `iterations` itself, but calls as often, and then cannot reset before each round.
    """
    benchmark.stats.iterations = n_steps
    benchmark.stats.stats.data[:] = [seconds / n_steps for seconds in benchmark.stats.stats.data]


def planned_cell(point: GridPoint, host: ReopenedWorker) -> tuple[Hosted, Cell]:
    """Return the variant, loaded, and how its cell is sampled; skip what cannot run here or takes too long."""
    contender = point.contender
    implementation = contender.variant.implementation
    if reason := implementation.missing() or implementation.supports(contender.problem):
        pytest.skip(f"unavailable: {reason}")
    if name := implementation.environment_name():
        pytest.skip(
            f"it lives in the environment {name}, and this process does not: paragone bench -i {implementation.name}"
        )
    hosted = host.hold(contender)
    planned = hosted.planned(point.batch_size)
    if planned.step_seconds > TOO_SLOW_SECONDS:
        command = f"paragone bench -i {contender.found.name} --slow"
        pytest.skip(f"a step takes about {planned.step_seconds:.0f} s; {command} measures it all the same")
    return hosted, planned


def refuse_failed(checks: Mapping[str, CheckResult]) -> None:
    """Fail the test with the reason of the first check that failed."""
    for what, check in checks.items():
        if check.status == "failed":
            pytest.fail(f"failed verification, {what}: {check.reason}", pytrace=False)


def facts(planned: Cell, hosted: Hosted, host: ReopenedWorker, checks: Mapping[str, CheckResult]) -> dict[str, Any]:
    """Return what a time means nothing without, for the JSON of pytest-benchmark."""
    return {
        "problem": planned.problem,
        "implementation": hosted.contender.found.name,
        "variant": planned.variant,
        "batch_size": planned.batch_size,
        "n_steps": planned.n_steps,
        "threads": planned.threads,
        "data": host.data.name,
        "data_sha256": host.data.sha256,
        "verification": next((check.status for check in checks.values() if not check.passed), "passed"),
    }


def n_rounds(planned: Cell, config: pytest.Config) -> int:
    """Return how many rounds fill --benchmark-max-time, at least --benchmark-min-rounds.

    Pedantic mode, which alone can reset before each round, leaves these two options to its user.
    """
    most_seconds = float(config.getoption("benchmark_max_time"))
    fewest: int = config.getoption("benchmark_min_rounds")
    return max(fewest, math.ceil(most_seconds / (planned.n_steps * planned.step_seconds)))
