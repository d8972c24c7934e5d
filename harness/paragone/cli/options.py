"""The options that several commands share, each declared once; request.py makes a request of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

import typer

from paragone.cli.cpu_list import kept_to_cpus
from paragone.cli.kernel_names import NETWORKS
from paragone.files.schema import MOST_ROUNDS
from paragone.store.plan_records import FEWEST_LAUNCHES

LONGEST_SECONDS = 1_000_000

LaunchesOption = Annotated[int, typer.Option(min=FEWEST_LAUNCHES, max=MOST_ROUNDS, help="Fresh processes per variant.")]
ThreadsOption = Annotated[str, typer.Option("--threads", "-t", help="Such as 1,2: a launch of everything for each.")]
ProblemOption = Annotated[
    list[str] | None, typer.Option("--problem", "-p", help="Problems: names, a TOML file, or all. May be repeated.")
]
ImplementationsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--implementations",
        "-i",
        help="Names or globs: 'numpy_*,c_blas'; one variant: 'NAME\\[order=F]'. May be repeated.",
    ),
]
DtypeOption = Annotated[list[str] | None, typer.Option("--dtype", help="float32, float64, or both: float32,float64.")]
SizesOption = Annotated[
    str | None,
    typer.Option("--sizes", "--batch-sizes", "-b", help="Such as 1,10,100 or full; else the problem's own grid."),
]
DataOption = Annotated[
    str | None,
    typer.Option(
        "--data", help="Folder or file: IDX, npz, CSV, Parquet; or 'digits' for the embedded set; else PARAGONE_DATA."
    ),
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

CpusOption = Annotated[
    str | None,
    typer.Option(
        "--cpus",
        callback=kept_to_cpus,
        help="Such as 2-5,7: nothing runs on others, and samples on the last; else all.",
    ),
]

NAMES_HELP = "Names or globs; a variant: 'NAME\\[order=F]'; all if left out."

PluginsOption = Annotated[
    list[str] | None,
    typer.Option("--plugins", help="Folder with implementations of your own. May be repeated; also PARAGONE_PLUGINS."),
]


KernelOption = Annotated[
    str, typer.Option("--kernel", "-k", help="What is computed: mlp, heat, or another, a kernel of your own too.")
]


CacheOption = Annotated[
    str | None,
    typer.Option(
        "--cache", help="Of a kernel's inputs: warm, a few sets that take turns; cold, more than caches hold."
    ),
]


OnOption = Annotated[
    str | None,
    typer.Option(
        "--on",
        help="Spread the launches over hosts: dask://HOST:PORT, dask+tls://…, local:2, slurm:partition=NAME,jobs=4.",
    ),
]
UnencryptedOption = Annotated[
    bool, typer.Option("--unencrypted", help="Allow a scheduler elsewhere without TLS, as on a network of your own.")
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


@dataclass(frozen=True)
class RunOptions:
    """The options of every command that runs workers."""

    data: DataOption = None
    plugins: PluginsOption = None
    results: ResultsOption = None
    seed: SeedOption = 1
    time_limit: LimitOption = 120
    memory_limit: MemoryOption = None
    cpus: CpusOption = None  # taken up when it is read


@dataclass(frozen=True)
class PoolOptions:
    """The options of a run that is spread over hosts."""

    on: OnOption = None
    unencrypted: UnencryptedOption = False
    each_kind: Annotated[
        bool, typer.Option("--each-kind", help="Where hosts differ: a run of each kind of machine, and their report.")
    ] = False
