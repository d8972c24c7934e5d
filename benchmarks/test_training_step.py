"""The door for people who live in pytest: every cell of the harness as a pytest-benchmark test.

    pytest benchmarks --benchmark-only -k "numpy_rows and float32"
    pytest benchmarks --benchmark-only --problem all --batch-sizes 10,1000 --benchmark-autosave
    pytest benchmarks --benchmark-disable      (verifies, and trains once)

One round is one sample: `reset` and a short prefix untimed, `train(order)` timed. Before its first round a cell
passes the harness's gate, with its own coefficients and the twin's; after every round the result has the
verified bits or the test fails. --benchmark-min-rounds, --benchmark-max-time, saving, comparing and
--benchmark-compare-fail work as everywhere in pytest-benchmark.

What these times cannot say, because all of them come from one process that works through one cell after the
other: two cells were not sampled at the same time, so a neighbour's burst or a falling clock rate between them
looks like a difference; and one process is one draw from the luck of memory layout, which moves medians by more
than the scatter within the process shows. A crash takes the whole session with it, a hang ends it for nobody.
For "A is faster than B": `make bench`, which interleaves live processes, repeats their launch, and gives intervals.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hosting import GridPoint, Host, Hosted, Round

from harness.data import find_data
from harness.errors import HarnessError, Misuse
from harness.interface import variants
from harness.plan import TOO_SLOW_SECONDS, Cell, Enrolment, grid
from harness.registry import IMPLEMENTATIONS, Broken, discover
from harness.verify import Check
from harness.workloads import find_problem, shipped_names

# A worker of the harness turns no warning of an implementation into an error.
pytestmark = pytest.mark.filterwarnings("default")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test of every cell, and one of every folder that should hold an implementation and does not."""
    try:
        points = grid_points(metafunc.config)
    except HarnessError as error:
        raise pytest.UsageError(str(error)) from None
    metafunc.parametrize("point", points, ids=[p.name if isinstance(p, Broken) else p.id for p in points])


def grid_points(config: pytest.Config) -> list[GridPoint | Broken]:
    """Return the cells that the options ask for, in the order in which one implementation follows the other."""
    asked = config.getoption("--problem", None) or ["nielsen"]
    names = [name for problem in asked for name in (shipped_names() if problem == "all" else [problem])]
    problems = [find_problem(name) for name in dict.fromkeys(names)]
    sizes = batch_sizes(config.getoption("--batch-sizes", None) or "")
    folder = Path(config.getoption("--implementations-folder", None) or IMPLEMENTATIONS)
    found, broken = discover(folder)
    if not found and not broken:
        raise Misuse(f"--implementations-folder {folder}: expected folders with an impl.py, found none")
    threads = config.getoption("--threads", 1)
    return broken + [
        GridPoint(Enrolment(problem, entry, variant, threads), size)
        for problem in problems
        for entry in found
        for variant in variants(entry.implementation)
        for size in grid(problem, sizes)
    ]


def batch_sizes(text: str) -> list[int | str]:
    """Return the sizes of "1,10,full". Raises Misuse."""
    parts = text.replace(",", " ").split()
    for part in parts:
        if part != "full" and not (part.isascii() and part.isdigit()):
            raise Misuse(f"--batch-sizes: expected whole numbers or full, separated by commas; got {part!r}")
    return [part if part == "full" else int(part) for part in parts]


@pytest.fixture(scope="session")
def host(request: pytest.FixtureRequest) -> Iterator[Host]:
    """Yield the host of the session, with the data that the harness would find."""
    terminal = request.config.pluginmanager.get_plugin("terminalreporter")
    data = find_data(None, terminal.write_line)
    points = [item.callspec.params.get("point") for item in request.session.items if hasattr(item, "callspec")]
    host = Host(data, [point for point in points if isinstance(point, GridPoint)])
    yield host
    host.drop()


def test_training_step(
    point: GridPoint | Broken, host: Host, benchmark: Any, pytestconfig: pytest.Config
) -> None:
    """Verify a cell, then time it round by round."""
    hosted, planned = planned_cell(point, host)
    checks = host.checks(planned)
    refuse_failed(checks)
    verified = hosted.sample(planned)
    refuse_failed({"the end of a sample": host.check_sample(planned, verified.digest)})

    measured = Round(hosted, planned, verified.digest)
    benchmark.group = f"{planned.problem} {hosted.enrolment.variant.dtype} batch size {planned.batch_size}"
    benchmark.extra_info.update(facts(planned, hosted, host, checks))
    benchmark.pedantic(measured.train, setup=measured.prepare, rounds=n_rounds(planned, pytestconfig))
    measured.compare()
    if not measured.deterministic:
        refuse_failed({"the last round": host.check_sample(planned, measured.digest())})
    if benchmark.stats is not None:
        images = planned.batch_size * planned.n_steps
        benchmark.extra_info["images_per_second"] = images / benchmark.stats.stats.median


def planned_cell(point: GridPoint | Broken, host: Host) -> tuple[Hosted, Cell]:
    """Return the variant, loaded, and how its cell is sampled; skip what cannot run here or takes too long."""
    if isinstance(point, Broken):
        pytest.fail(point.reason, pytrace=False)
    enrolment = point.enrolment
    implementation = enrolment.variant.implementation
    if reason := implementation.missing() or implementation.supports(enrolment.problem):
        pytest.skip(f"unavailable: {reason}")
    hosted = host.hold(enrolment)
    planned = hosted.planned(point.batch_size)
    if planned.step_seconds > TOO_SLOW_SECONDS:
        command = f"paragone bench -i {enrolment.found.name} --slow"
        pytest.skip(f"a step takes about {planned.step_seconds:.0f} s; {command} measures it all the same")
    return hosted, planned


def refuse_failed(checks: Mapping[str, Check]) -> None:
    """Fail the test with the reason of the first check that failed."""
    for what, check in checks.items():
        if check.status == "failed":
            pytest.fail(f"failed verification, {what}: {check.reason}", pytrace=False)


def facts(planned: Cell, hosted: Hosted, host: Host, checks: Mapping[str, Check]) -> dict[str, Any]:
    """Return what a time means nothing without, for the JSON of pytest-benchmark."""
    return {
        "problem": planned.problem,
        "implementation": hosted.enrolment.found.name,
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
