"""Every cell as a test of pytest-benchmark, for those who measure with pytest.

    pytest benchmarks --benchmark-only -k "numpy_rows and float32"
    pytest benchmarks --benchmark-only --problem all --batch-sizes 10,1000 --benchmark-autosave
    pytest benchmarks --benchmark-disable      (verifies, and trains once)

One round is one sample: `reset` and a short prefix untimed, `train(order)` timed. Times are of one step; a table
compares the cells of one problem, dtype, batch size and number of threads. Before its first round a cell passes the
gate, with its own coefficients and with those of the stress problem. After every round the result must have the
verified bits, or the test fails. Saving, comparing and --benchmark-compare-fail work as always in pytest-benchmark.

One process works through one cell after the other, so these times cannot tell small differences. Two cells are not
sampled at the same time: a burst of load or a falling clock rate between them looks like a difference. And one
process has one memory layout, which moves medians by more than the scatter within the process shows. Nothing is
isolated either: a crash or a hang of one implementation ends the session.
For "A is faster than B": `make bench`, which interleaves processes, launches each anew, and gives intervals.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from loaded_variant import GridPoint, LoadedVariant, TimedCell, VariantHolder

from paragone.errors import HarnessError, Misuse
from paragone.implementation.contract import variants
from paragone.implementation.described import unavailable_reason
from paragone.implementation.registry import IMPLEMENTATIONS, discover
from paragone.plan.cells import Contender, grid
from paragone.plan.request import TOO_SLOW_SECONDS
from paragone.store.plan_records import Cell
from paragone.task.check_result import CheckResult
from paragone.task.mlp.data import find_data
from paragone.task.mlp.problem_files import find_problem, shipped_names

# A worker of the harness turns no warning of an implementation into an error.
pytestmark = pytest.mark.filterwarnings("default")


class Selection(NamedTuple):
    """The cells that the options select, by the parameters of their test; and the unusable folders with the reason."""

    points: dict[tuple[str, str, int, int], GridPoint]
    unusable: dict[str, str]


PARAMETERS = ("problem", "variant", "size", "threads")
SELECTION = pytest.StashKey[Selection]()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each cell, and one, which fails, for each unusable folder."""
    try:
        selection = metafunc.config.stash[SELECTION] = select(metafunc.config)
    except HarnessError as error:
        raise pytest.Collector.CollectError(str(error)) from None
    # Text and numbers: they go into the JSON, and --benchmark-group-by=param:problem reads them.
    cells = [pytest.param(*key, id=point.id) for key, point in selection.points.items()]
    unusable = [pytest.param(None, name, None, None, id=name) for name in selection.unusable]
    metafunc.parametrize(PARAMETERS, unusable + cells)


def select(config: pytest.Config) -> Selection:
    """The cells of one variant and problem stand together, so that it is loaded once.

    Raises HarnessError where an option asks for what cannot be.
    """
    asked = config.getoption("--problem", None) or ["nielsen"]
    names = [name for problem in asked for name in (shipped_names() if problem == "all" else [problem])]
    problems = [find_problem(name) for name in dict.fromkeys(names)]
    sizes = batch_sizes(config.getoption("--batch-sizes", None) or "")
    folder = Path(config.getoption("--implementations-folder", None) or IMPLEMENTATIONS)
    registered, unusable = discover(folder)
    if not registered and not unusable:
        raise Misuse(f"--implementations-folder {folder}: expected folders with an impl.py, found none")
    threads = config.getoption("--threads", 1)
    points = {
        (problem.name, variant.name, size, threads): GridPoint(Contender(problem, entry, variant, threads), size)
        for problem in problems
        for entry in registered
        for variant in variants(entry.implementation)
        for size in grid(problem, sizes)
    }
    return Selection(points, {entry.name: entry.reason for entry in unusable})


def batch_sizes(text: str) -> list[int | str]:
    """(1, 10, "full") for "1,10,full". Raises Misuse."""
    parts = text.replace(",", " ").split()
    for part in parts:
        if part != "full" and not (part.isascii() and part.isdigit()):
            raise Misuse(f"--batch-sizes: expected whole numbers or full, separated by commas; got {part!r}")
    return [part if part == "full" else int(part) for part in parts]


@pytest.fixture(scope="session")
def holder(request: pytest.FixtureRequest) -> Iterator[VariantHolder]:
    """One for the session, with the data that a run would find."""
    terminal = request.config.pluginmanager.get_plugin("terminalreporter")
    data = find_data(None, terminal.write_line if terminal else print)
    chosen = [item.callspec.params for item in request.session.items if hasattr(item, "callspec")]
    points = request.config.stash[SELECTION].points
    wanted = [points.get(tuple(params.get(name) for name in PARAMETERS)) for params in chosen]
    holder = VariantHolder(data, [point for point in wanted if point is not None])
    yield holder
    holder.drop()


@pytest.fixture
def point(problem: str, variant: str, size: int, threads: int, pytestconfig: pytest.Config) -> GridPoint:
    """The cell of these parameters; fails for an unusable folder."""
    selection = pytestconfig.stash[SELECTION]
    if variant in selection.unusable:
        pytest.fail(selection.unusable[variant], pytrace=False)
    return selection.points[problem, variant, size, threads]


def test_training_step(point: GridPoint, holder: VariantHolder, benchmark: Any, pytestconfig: pytest.Config) -> None:
    """Verify a cell, then time it round by round."""
    loaded, planned = planned_cell(point, holder)
    checks = holder.checks(loaded, planned)
    refuse_failed(checks)
    verified = loaded.sample(planned)
    refuse_failed({"a sample": holder.check_sample(loaded, planned, verified)})

    measured = TimedCell(loaded, planned, verified.digest)
    dtype = loaded.contender.variant.dtype
    benchmark.group = f"{planned.problem} {dtype} B={planned.size} threads={planned.threads}"
    benchmark.extra_info.update(extra_info(planned, loaded, holder, checks))
    benchmark.pedantic(measured.train, setup=measured.prepare, rounds=n_rounds(planned, pytestconfig))
    measured.compare()
    if not measured.deterministic:
        refuse_failed({"the last round": holder.check_sample(loaded, planned, measured.seen())})
    if benchmark.enabled:
        count_in_steps(benchmark, planned.n_steps)
        benchmark.extra_info["work_per_second"] = planned.size / benchmark.stats.stats.median


def count_in_steps(benchmark: Any, n_steps: int) -> None:
    """Turn the times of rounds into times of one step, and `iterations` into the steps of a round.

    Cells differ in the steps of a sample, so times of whole rounds cannot be compared. Pedantic mode would divide by
    `iterations` itself, but it also calls so often, without a reset before each call.
    """
    benchmark.stats.iterations = n_steps
    benchmark.stats.stats.data[:] = [seconds / n_steps for seconds in benchmark.stats.stats.data]


def planned_cell(point: GridPoint, holder: VariantHolder) -> tuple[LoadedVariant, Cell]:
    """The loaded variant, and its cell as planned; skips what cannot run here or takes too long."""
    contender = point.contender
    implementation = contender.variant.implementation
    if reason := unavailable_reason(implementation, contender.problem):
        pytest.skip(f"unavailable: {reason}")
    if name := implementation.environment_name:
        pytest.skip(
            f"it lives in the environment {name}, and this process does not: paragone bench -i {implementation.name}"
        )
    loaded = holder.hold(contender)
    planned = loaded.planned(point.size)
    if planned.step_seconds > TOO_SLOW_SECONDS:
        command = f"paragone bench -i {contender.found.name} --slow"
        pytest.skip(f"a step takes about {planned.step_seconds:.0f} s; {command} measures it all the same")
    return loaded, planned


def refuse_failed(checks: Mapping[str, CheckResult]) -> None:
    """Fail the test with the reason of the first check that failed."""
    for what, check in checks.items():
        if check.status == "failed":
            pytest.fail(f"failed verification, {what}: {check.reason}", pytrace=False)


def extra_info(
    planned: Cell, loaded: LoadedVariant, holder: VariantHolder, checks: Mapping[str, CheckResult]
) -> dict[str, Any]:
    """What belongs to a time, for the JSON of pytest-benchmark."""
    return {
        "problem": planned.problem,
        "implementation": loaded.contender.found.name,
        "variant": planned.variant,
        "size": planned.size,
        "n_steps": planned.n_steps,
        "threads": planned.threads,
        "data": holder.data.name,
        "data_sha256": holder.data.sha256,
        "verification": next((check.status for check in checks.values() if not check.passed), "passed"),
    }


def n_rounds(planned: Cell, config: pytest.Config) -> int:
    """As many as fill --benchmark-max-time, and at least --benchmark-min-rounds.

    Pedantic mode, needed for the reset before each round, ignores these two options.
    """
    most_seconds = float(config.getoption("benchmark_max_time"))
    fewest: int = config.getoption("benchmark_min_rounds")
    return max(fewest, math.ceil(most_seconds / (planned.n_steps * planned.step_seconds)))
