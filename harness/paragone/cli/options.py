"""The options that several commands share, and what becomes of their texts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from paragone.cli.display import TerminalDisplay
from paragone.errors import Misuse, UnknownName
from paragone.files.paths import expand_home
from paragone.files.schema import LARGEST
from paragone.implementation.contract import FLOATS
from paragone.implementation.registry import Registered, Unusable, discover
from paragone.task.mlp.problem import Problem
from paragone.task.mlp.problem_files import find_problem, shipped_names

if TYPE_CHECKING:
    from paragone.task.mlp.data import DataSet

# Python, NumPy and the harness.
LEAST_MEMORY = 100_000_000
MOST_DIGITS = 15  # of a number on the command line: what every table holds exactly
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
    str | None, typer.Option("--batch-sizes", "-b", help="Such as 1,10,100 or full; else the problem's own grid.")
]
DataOption = Annotated[
    str | None,
    typer.Option("--data", help="Folder or file with MNIST, or 'digits' for the embedded set; else PARAGONE_DATA."),
]
ResultsOption = Annotated[
    Path | None, typer.Option("--results", help="Folder of the runs; else PARAGONE_RESULTS or the project's own.")
]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Seed of start parameters, orders and rounds.")]
LimitOption = Annotated[
    float,
    typer.Option(
        "--time-limit",
        min=1,
        max=LONGEST_SECONDS,
        help="Seconds that one order to a worker may take before it is killed.",
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


def everyone(plugins: Sequence[str] | None) -> tuple[list[Registered], list[Unusable]]:
    """Return every implementation there is and those that cannot be used. Raises Misuse."""
    return discover(plugins=plugins or ())


def absolute(plugins: Sequence[str] | None) -> tuple[str, ...]:
    """Return the paths so that they lead to the same folders from anywhere. Raises Misuse."""
    return tuple(str(expand_home(path, "--plugins").resolve()) for path in plugins or ())


def data_set(path: str | None, display: TerminalDisplay) -> DataSet:
    """Return the data set of this path, else that of the environment, the cache or a download."""
    from paragone.task.mlp.data import find_data

    return find_data(path, display.say)


def problem_names(asked: Sequence[str]) -> list[str]:
    """Return the problems asked for, once each, "all" written out."""
    return list(dict.fromkeys(name for one in asked for name in (shipped_names() if one == "all" else [one])))


def read_problems(names: Sequence[str]) -> tuple[Problem, ...]:
    """Return the problems of these names and files. Raises Misuse where two have one name."""
    problems = [find_problem(name) for name in problem_names(names)]
    twice = [problem.name for problem in problems if sum(other.name == problem.name for other in problems) > 1]
    if twice:
        raise Misuse(f"--problem: two problems are called {twice[0]!r}; rename one of the files")
    return tuple(problems)


def dtypes_of(names: Sequence[str] | None) -> tuple[str, ...]:
    """Return the dtypes, once each. Raises UnknownName."""
    for name in names or ():
        if name not in FLOATS:
            raise UnknownName("dtype", name, FLOATS)
    return tuple(dict.fromkeys(names or ()))


def batch_sizes_of(text: str | None) -> tuple[int | str, ...]:
    """Return the sizes in a text such as "1,10,full". Raises Misuse."""
    sizes: list[int | str] = []
    if text is not None and not text.replace(",", " ").split():
        raise Misuse(f"--batch-sizes: expected whole numbers above 0 or full, separated by commas; got {text[:40]!r}")
    for part in (text or "").replace(",", " ").split():
        if part != "full" and not _is_positive(part):
            shown = repr(part[:40])
            raise Misuse(f"--batch-sizes: expected whole numbers above 0 or full, separated by commas; got {shown}")
        sizes.append(part if part == "full" else int(part))
    return tuple(dict.fromkeys(sizes))


def thread_counts(text: str) -> tuple[int, ...]:
    """Return the numbers in a text such as "1,2". Raises Misuse."""
    parts = text.replace(",", " ").split()
    if not parts or not all(map(_is_positive, parts)):
        raise Misuse(f"--threads: expected whole numbers above 0, separated by commas; got {text[:40]!r}")
    return tuple(dict.fromkeys(map(int, parts)))


def _is_positive(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS and int(text) > 0


def bytes_of(text: str | None) -> int | None:
    """Return 4_000_000_000 for "4GB", 2 ** 30 for "1GiB". Raises Misuse."""
    if text is None:
        return None
    found = re.fullmatch(
        r"(\d{1,9}(?:\.\d{1,9})?) ?(kB|MB|GB|TB|KiB|MiB|GiB|TiB)", text.strip(), re.ASCII | re.IGNORECASE
    )
    if not found:
        raise Misuse(f"--memory-limit: expected a size such as 4GB or 500MiB, got {text!r}")
    number, unit = found[1], found[2].lower()
    n_bytes = int(float(number) * (1024 if "i" in unit else 1000) ** (1 + "kmgt".index(unit[0])))
    if n_bytes < LEAST_MEMORY:
        raise Misuse(f"--memory-limit: a worker that does nothing needs {LEAST_MEMORY / 1e6:.0f} MB, got {text!r}")
    if n_bytes > LARGEST:
        raise Misuse(f"--memory-limit: expected at most {LARGEST / 1e12:.0f} TB, got {text!r}")
    return n_bytes


def write_output(path: Path, text: str) -> None:
    """Write what --output asks for. Raises Misuse where it cannot be written."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Misuse(f"--output {path}: cannot be written: {error.strerror}") from None


def fraction(text: str | None, option: str = "--resolve") -> float | None:
    """Return 0.05 for "5%". Raises Misuse."""
    if text is None:
        return None
    try:
        value = float(text.removesuffix("%")) / 100
    except ValueError:
        value = 0.0
    if not (text.endswith("%") and 0 < value < 1):
        raise Misuse(f"{option}: expected a percentage such as 5%, got {text!r}")
    return value
