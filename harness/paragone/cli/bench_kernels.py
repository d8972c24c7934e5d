"""Runs of `paragone bench`: of one kernel, or of several one after the other, with the gallery at their end."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from msgspec import structs

from paragone.cli.app import EXIT_FAILED_CHECK, EXIT_INTERRUPTED, command_line, err, exit_where_interrupted, out
from paragone.cli.display import TerminalDisplay
from paragone.cli.gallery import write_and_name
from paragone.cli.kernel_names import NETWORKS
from paragone.cli.on_hosts import GivenToRun, run_on_hosts, write_joined
from paragone.cli.options import CellOptions, PoolOptions, RunOptions
from paragone.cli.report import measured, refuse_failures, write_and_print
from paragone.cli.request import implementations_for, request_from, results_for_runs, with_data
from paragone.cli.values import absolute, names_of
from paragone.errors import Misuse, UnknownName
from paragone.implementation.plugins import kernel_folders, paths_in_variable
from paragone.plan.gallery_point import DTYPE, gallery_size
from paragone.plan.request import Request, request_of
from paragone.store.reader import read_plan
from paragone.store.runs import find_run, results_folder
from paragone.task.kernel.problem import KernelProblem

if TYPE_CHECKING:
    from paragone.analyse.results import Results

EVERY = "all"
KERNEL_OPTIONS = ("--kernel", "-k")


@dataclass(frozen=True)
class HowToRun:
    """What the options say of a run beside its request."""

    run: RunOptions
    pool: PoolOptions
    new: bool
    verify_again: bool
    strict: bool
    json: bool


def kernels_of(asked: str, plugins: Sequence[str]) -> list[str]:
    """The kernels that --kernel names: one, several with commas between them, or `all`, those of the user included."""
    names = list(names_of([asked]))
    return [NETWORKS, *kernel_folders(plugins)[0]] if names == [EVERY] else names or [asked]


def refuse_for_several(cells: CellOptions, baseline: str | None, resume: str | None) -> None:
    """Raise Misuse for an option that means another thing to each kernel."""
    given = {"--sizes": cells.sizes, "--problem": cells.problem, "--baseline": baseline, "--resume": resume}
    for option, value in given.items():
        if value is not None:
            raise Misuse(f"{option} is of one kernel, and --kernel {cells.kernel} names several: leave out {option}")


def request_of_kernel(kernel: str, cells: CellOptions, run: RunOptions, threads: tuple[int, ...]) -> Request:
    """The request of one kernel among several: at its gallery size, and in float64 if it can, unless asked."""
    asked = request_from(replace(cells, kernel=kernel), run, threads)
    (problem,) = asked.problems
    dtypes = problem.spec.dtypes if isinstance(problem, KernelProblem) else (DTYPE,)
    dtype = DTYPE if DTYPE in dtypes else dtypes[0]
    return structs.replace(asked, sizes=(gallery_size(problem),), dtypes=asked.dtypes or (dtype,))


def bench_one(request: Request, problem_arguments: dict[str, str], how: HowToRun, resume: str | None) -> None:
    """Measure and report one run. Ends the command where it was interrupted, or where what was named failed."""
    display = TerminalDisplay(err)
    runs = results_for_runs(how.run.results, display) if resume is None else results_folder(how.run.results)
    folder = None if resume is None else find_run(runs, resume)
    if folder is not None:
        from paragone.measure.resume import refuse_unnamed_code

        planned = request_of(read_plan(folder))
        refuse_unnamed_code(folder, planned, [*request.plugins, *absolute(paths_in_variable())])
        request = planned
    results, own = _run(request, problem_arguments, how, runs, display, command_line(), folder)
    refuse_failures(results, own, how.strict)


def bench_each(requests: Mapping[str, Request], how: HowToRun) -> None:
    """Measure one kernel after the other, then write their gallery; a kernel that fails does not keep the next waiting.

    Everything that can be wrong with a request is found before the first is measured. Raises Misuse, UnknownName.
    """
    display = TerminalDisplay(err)
    runs = results_for_runs(how.run.results, display)
    chosen = _with_implementations(requests, display)
    measured_runs: list[Results] = []
    failed: list[str] = []
    for number, (kernel, request) in enumerate(chosen.items(), 1):
        display.say(f"Kernel {number} of {len(chosen)}: {kernel}")
        try:
            results, own = _run(request, {kernel: kernel}, how, runs, TerminalDisplay(err), command_of(kernel, request))
            measured_runs.append(results)
            refuse_failures(results, own, how.strict)
        except typer.Exit as ending:
            if ending.exit_code != EXIT_FAILED_CHECK:
                _say_how_to_go_on(list(chosen)[number - 1 :], display)
                raise
            failed.append(kernel)
    write_and_name(runs, measured_runs, err if how.json else out)
    if failed:
        display.say(f"Of {', '.join(failed)}, something failed: its reasons stand above, and in its own report.")
        raise typer.Exit(EXIT_FAILED_CHECK)


def _with_implementations(requests: Mapping[str, Request], display: TerminalDisplay) -> dict[str, Request]:
    """The requests whose kernel has an implementation that is asked for. Raises UnknownName where none has."""
    chosen, refused = {}, {}
    for kernel, request in requests.items():
        try:
            implementations_for(request)
        except UnknownName as error:
            refused[kernel] = error
        else:
            chosen[kernel] = request
    if not chosen:
        raise next(iter(refused.values()))
    if refused:
        display.say(f"Nothing that is asked for is an implementation of {', '.join(refused)}: left out.")
    return chosen


def _run(
    request: Request,
    problem_arguments: dict[str, str],
    how: HowToRun,
    runs: Path,
    display: TerminalDisplay,
    command: str,
    resume: Path | None = None,
) -> tuple[Results, set[str]]:
    """Measure, report, and return the results, with the names of what is the user's own or the baseline."""
    registered, unusable = implementations_for(request)
    request, data = with_data(request, how.run.data, display)
    if request.quick and not request.sizes:
        request = structs.replace(request, sizes=request.problems[0].quick_sizes)
    given = GivenToRun(request, registered, unusable, data, runs, command, display, problem_arguments)
    with exit_where_interrupted("Interrupted before the plan was fixed: nothing was measured, nothing is left behind."):
        ended = _folders(given, how, resume)
    results = [write_and_print(folder, how.json) for folder, _ in ended]
    if len(results) > 1:
        write_joined(results, runs)
    if not all(finished for _, finished in ended):
        raise typer.Exit(EXIT_INTERRUPTED)
    own = {request.baseline, *(entry.name for entry in registered if entry.location.is_given)}
    for others in results[1:]:
        refuse_failures(others, own, how.strict)
    return results[0], own


def _folders(given: GivenToRun, how: HowToRun, resume: Path | None) -> list[tuple[Path, bool]]:
    """Measure; the folder of the run, and True where it is finished. On hosts of several kinds there are several."""
    from paragone.measure.bench import Bench

    if how.pool.on:
        return run_on_hosts(given, how.pool, how.new, how.verify_again, resume)
    return [measured(Bench(*given, verify_again=how.verify_again), how.new, resume)]


def command_of(kernel: str, request: Request) -> str:
    """The command that measures this kernel alone, as it is among several."""
    words = shlex.split(command_line())
    kept = [word for place, word in enumerate(words) if not _names_the_kernel(words, place)]
    chosen = {
        "-k": kernel,
        "--sizes": ",".join(map(str, request.sizes)),
        "--dtype": ",".join(request.dtypes),
        "--rounds": str(request.rounds),
    }
    passes = {"--no-memory": request.memory or request.quick, "--no-curves": request.curves or request.quick}
    added = [word for option, value in chosen.items() if option not in kept for word in (option, value)]
    return shlex.join(
        [*kept, *added, *(word for word, needless in passes.items() if not needless and word not in kept)]
    )


def _names_the_kernel(words: Sequence[str], place: int) -> bool:
    before, word = words[place - 1] if place else "", words[place]
    return before in KERNEL_OPTIONS or word in KERNEL_OPTIONS or word.startswith(("--kernel=", "-k"))


def _say_how_to_go_on(kernels: Sequence[str], display: TerminalDisplay) -> None:
    """After an interruption: the kernels that are left, and how to see all."""
    display.say(
        f"To go on with the kernels that are left: the same command with -k {','.join(kernels)}; "
        "then all of them: paragone gallery"
    )
