"""The request that the options of a command make, and the data that it is about."""

from __future__ import annotations

from pathlib import Path

from msgspec import structs

from paragone.cli.display import TerminalDisplay
from paragone.cli.kernel_names import NETWORKS
from paragone.cli.options import CellOptions, RunOptions
from paragone.cli.values import (
    absolute,
    bytes_of,
    dtypes_of,
    find_kernel,
    names_of,
    problem_names,
    read_problems,
    refuse_unwritable_output,
    sizes_from,
)
from paragone.errors import Misuse, ResultsUnusable
from paragone.files.paths import cache_folder
from paragone.implementation.registry import Registered, Unusable, refuse_unusable
from paragone.plan.cells import validate_request
from paragone.plan.request import Request
from paragone.task.kernel.family import DrawnData
from paragone.task.mlp.fitting import change, fitted
from paragone.task.mlp.mnist.cache import DataSet
from paragone.task.mlp.problem import NetworkProblem
from paragone.task.mlp.problem_files import find_problem
from paragone.task.problem import Data, Problem


def request_from(
    cells: CellOptions, run: RunOptions, threads: tuple[int, ...] = (1,), default_sizes: tuple[int, ...] = ()
) -> Request:
    """The request of the shared options; a command sets the rest by `replace`."""
    problems = problems_of(cells, run.plugins)
    return Request(
        problems=problems,
        baseline=problems[0].baseline,
        implementations=names_of(cells.implementations),
        dtypes=dtypes_of(cells.dtype),
        sizes=sizes_from(cells.sizes) or default_sizes,
        threads=threads,
        seed=run.seed,
        time_limit_s=run.time_limit,
        memory_limit_bytes=bytes_of(run.memory_limit),
        plugins=absolute(run.plugins),
    )


def problem_arguments(cells: CellOptions) -> dict[str, str]:
    """Problem → how the user named it, which may be a file; for the commands that repeat a cell."""
    if cells.kernel != NETWORKS:
        return {cells.kernel: cells.kernel}
    return {find_problem(given).name: given for given in problem_names(cells.problems)}


def implementations_for(request: Request) -> tuple[list[Registered], list[Unusable]]:
    """Every implementation here, once it is clear that the request can be met.

    Raises HarnessError where an implementation that it names is unusable, Misuse where it asks for what cannot be.
    """
    from paragone.comparison.versions import all_implementations

    registered, unusable = all_implementations(request)
    refuse_unusable(request.implementations or ("*",), registered, unusable)
    validate_request(request, registered)
    return registered, unusable


def results_for_runs(chosen: Path | None, display: TerminalDisplay, output: Path | None = None) -> Path:
    """The folder of the runs; it, the cache and the file of --output are tried, before anything that takes long.

    Raises ResultsUnusable, Misuse. A cache that is there and cannot be written is told: what it holds may be enough.
    """
    from paragone.store.runs import refuse_unwritable, results_folder

    results, cache = results_folder(chosen), cache_folder()
    refuse_unwritable(results)
    if output is not None:
        refuse_unwritable_output(output)
    try:
        refuse_unwritable(cache, "Set PARAGONE_CACHE to a folder that can be written and has 1 GB of room")
    except ResultsUnusable as error:
        if not cache.is_dir():
            raise
        display.say(f"{error}. What is new is not kept there, and what must be fails.")
    return results


def problems_of(cells: CellOptions, plugins: list[str] | None) -> tuple[Problem, ...]:
    """The problems that the options choose. Raises Misuse, UnknownName for a kernel that is nowhere."""
    if cells.kernel == NETWORKS:
        if cells.cache:
            raise Misuse("--cache is for kernels: name one by --kernel")
        return read_problems(cells.problems)
    if cells.problem:
        raise Misuse(f"--problem chooses among the problems of mlp; the kernel {cells.kernel} is a problem itself")
    return (find_kernel(cells.kernel, plugins or (), cells.cache),)


def with_data(request: Request, path: str | None, display: TerminalDisplay) -> tuple[Request, Data]:
    """The request with its problems as the data makes them, and the data: of networks a data set, of kernels none."""
    if request.problems[0].family != NETWORKS:
        return request, DrawnData()
    data = data_set(path, display)
    problems = tuple(on_data(problem, data, display) for problem in request.problems)
    return structs.replace(request, problems=problems), data


def on_data(problem: Problem, data: Data, display: TerminalDisplay) -> Problem:
    """The problem on this data; what the data changes of it is told. A kernel is returned as it is."""
    if not (isinstance(problem, NetworkProblem) and isinstance(data, DataSet)):
        return problem
    found = fitted(problem, data)
    if changed := change(problem, found):
        display.say(f"On {data.name} {changed}.")
    return found


def data_set(path: str | None, display: TerminalDisplay) -> DataSet:
    """The data set of --data, else of the environment, the cache or a download."""
    from paragone.task.mlp.data import find_data

    return find_data(path, display.say)
