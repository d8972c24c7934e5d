"""The options that several commands share, each declared once, and the request that they make."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer

from paragone.cli.display import TerminalDisplay
from paragone.cli.values import (
    NETWORKS,
    absolute,
    bytes_of,
    dtypes_of,
    find_kernel,
    problem_names,
    read_problems,
    sizes_from,
)
from paragone.errors import Misuse
from paragone.implementation.registry import Registered, Unusable, refuse_unusable
from paragone.plan.cells import validate_request
from paragone.plan.request import Request
from paragone.task.kernel.family import DrawnData
from paragone.task.mlp.problem_files import find_problem
from paragone.task.problem import Data, Problem

if TYPE_CHECKING:
    from paragone.task.mlp.data import DataSet

LONGEST_SECONDS = 1_000_000

ProblemOption = Annotated[
    list[str] | None, typer.Option("--problem", "-p", help="Problem: a name, a TOML file, or all. May be repeated.")
]
ImplementationsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--implementations", "-i", help="Name or glob: 'numpy_*'; one variant: 'NAME\\[order=F]'. May be repeated."
    ),
]
DtypeOption = Annotated[list[str] | None, typer.Option("--dtype", help="float32 or float64. May be repeated.")]
SizesOption = Annotated[
    str | None,
    typer.Option("--sizes", "--batch-sizes", "-b", help="Such as 1,10,100 or full; else the problem's own grid."),
]
DataOption = Annotated[
    str | None,
    typer.Option("--data", help="Folder or file with MNIST, or 'digits' for the embedded set; else PARAGONE_DATA."),
]
ResultsOption = Annotated[
    Path | None, typer.Option("--results", help="Folder of the runs; else PARAGONE_RESULTS or the project's own.")
]
SeedOption = Annotated[
    int, typer.Option("--seed", min=0, help="Seed of start parameters, orders and rounds; samples draw their own.")
]
LimitOption = Annotated[
    float,
    typer.Option(
        "--time-limit",
        min=1,
        max=LONGEST_SECONDS,
        help="Seconds that one command to a worker may take before it is killed.",
    ),
]
MemoryOption = Annotated[
    str | None,
    typer.Option("--memory-limit", help="Such as 4GB: a worker that holds more is killed; else half of the memory."),
]

NAMES_HELP = "Names or globs; a variant: 'NAME\\[order=F]'; all if left out."

PluginsOption = Annotated[
    list[str] | None,
    typer.Option("--plugins", help="Folder with implementations of your own. May be repeated; also PARAGONE_PLUGINS."),
]


KernelOption = Annotated[
    str, typer.Option("--kernel", "-k", help="What is computed: mlp, pairwise, heat, or a kernel of your own.")
]


CacheOption = Annotated[
    str | None,
    typer.Option(
        "--cache", help="Of a kernel's inputs: warm, a few sets that take turns; cold, more than caches hold."
    ),
]


@dataclass(frozen=True)
class CellOptions:
    """The options that choose cells; a command with other implementations or another default derives its own."""

    kernel: KernelOption = NETWORKS
    cache: CacheOption = None
    problem: ProblemOption = None
    implementations: ImplementationsOption = None
    dtype: DtypeOption = None
    sizes: SizesOption = None

    default_problem: ClassVar[str] = "nielsen"

    @property
    def problems(self) -> list[str]:
        """Names and files as the user gave them."""
        return self.problem or [self.default_problem]

    @property
    def problem_arguments(self) -> dict[str, str]:
        """Problem → how the user named it, which may be a file; for the commands that repeat a cell."""
        if self.kernel != NETWORKS:
            return {self.kernel: self.kernel}
        return {find_problem(given).name: given for given in problem_names(self.problems)}


@dataclass(frozen=True)
class RunOptions:
    """The options of every command that runs workers."""

    data: DataOption = None
    plugins: PluginsOption = None
    results: ResultsOption = None
    seed: SeedOption = 1
    time_limit: LimitOption = 120
    memory_limit: MemoryOption = None


def request_from(
    cells: CellOptions, run: RunOptions, threads: tuple[int, ...] = (1,), default_sizes: tuple[int, ...] = ()
) -> Request:
    """The request of the shared options; a command sets the rest by `replace`."""
    problems = problems_of(cells, run.plugins)
    return Request(
        problems=problems,
        baseline=problems[0].baseline,
        implementations=tuple(cells.implementations or ()),
        dtypes=dtypes_of(cells.dtype),
        sizes=sizes_from(cells.sizes) or default_sizes,
        threads=threads,
        seed=run.seed,
        time_limit_s=run.time_limit,
        memory_limit_bytes=bytes_of(run.memory_limit),
        plugins=absolute(run.plugins),
    )


def implementations_for(request: Request) -> tuple[list[Registered], list[Unusable]]:
    """Every implementation here, once it is clear that the request can be met.

    Raises HarnessError where an implementation that it names is unusable, Misuse where it asks for what cannot be.
    """
    from paragone.compare.versions import all_implementations

    registered, unusable = all_implementations(request)
    refuse_unusable(request.implementations or ("*",), registered, unusable)
    validate_request(request, registered)
    return registered, unusable


def problems_of(cells: CellOptions, plugins: list[str] | None) -> tuple[Problem, ...]:
    """The problems that the options choose. Raises Misuse, UnknownName for a kernel that is nowhere."""
    if cells.kernel == NETWORKS:
        if cells.cache:
            raise Misuse("--cache is for kernels: name one by --kernel")
        return read_problems(cells.problems)
    if cells.problem:
        raise Misuse(f"--problem chooses among the problems of mlp; the kernel {cells.kernel} is a problem itself")
    return (find_kernel(cells.kernel, plugins or (), cells.cache),)


def data_of(request: Request, path: str | None, display: TerminalDisplay) -> Data:
    """What the request's problems are about: the data set of networks, or none."""
    return data_set(path, display) if request.problems[0].family == NETWORKS else DrawnData()


def data_set(path: str | None, display: TerminalDisplay) -> DataSet:
    """The data set of --data, else of the environment, the cache or a download."""
    from paragone.task.mlp.data import find_data

    return find_data(path, display.say)
