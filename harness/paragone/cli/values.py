"""What the texts on the command line mean: numbers, sizes, percentages, problems; each mistake names its option."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from paragone.cli.kernel_names import NETWORKS, unknown_kernel
from paragone.errors import Misuse, UnknownName
from paragone.files.paths import expand_home
from paragone.files.schema import LARGEST
from paragone.implementation.declared import FLOATS
from paragone.implementation.plugins import kernel_folders, refuse_taken
from paragone.task.kernel.problem import KernelProblem
from paragone.task.kernel.spec import CACHES
from paragone.task.mlp.problem_files import find_problem, shipped_names
from paragone.task.problem import Problem

LEAST_MEMORY = 100_000_000  # a worker that has loaded Python, NumPy and the harness
COMMA_BETWEEN_NAMES = re.compile(r",(?![^\[\]]*\])")  # not one between the axes of a variant
MOST_DIGITS = 15  # of a number on the command line: what every table holds exactly


def absolute(plugins: Sequence[str] | None) -> tuple[str, ...]:
    """The paths as a stored plan keeps them: they lead to the same folders from any working directory."""
    return tuple(str(expand_home(path, "--plugins").resolve()) for path in plugins or ())


def problem_names(asked: Sequence[str]) -> list[str]:
    """The names and files once each, "all" replaced by the problems that ship. A comma separates names alone."""
    names = (name for one in asked for name in ([one] if one.endswith(".toml") else names_of([one]) or [one]))
    return list(dict.fromkeys(name for one in names for name in (shipped_names() if one == "all" else [one])))


def read_problems(names: Sequence[str]) -> tuple[Problem, ...]:
    """Raises Misuse where two files declare the same name."""
    problems = [find_problem(name) for name in problem_names(names)]
    twice = [problem.name for problem in problems if sum(other.name == problem.name for other in problems) > 1]
    if twice:
        raise Misuse(f"--problem: two problems are called {twice[0]!r}; rename one of the files")
    return tuple(problems)


def find_kernel(name: str, plugins: Sequence[str], cache: str | None = None) -> Problem:
    """The kernel of that name, of the project, of plugins or of an installed package; `cache` in place of its own.

    Raises UnknownName, and Misuse with every mistake of its kernel.toml.
    """
    folders, bad = kernel_folders(plugins)
    refuse_taken(name, bad)
    if name not in folders:
        raise unknown_kernel(name, [NETWORKS, *folders])
    problem = KernelProblem.of(folders[name])
    if cache is None:
        return problem
    if cache not in CACHES:
        raise UnknownName("--cache", cache, CACHES)
    return replace(problem, spec=replace(problem.spec, cache=cache))


def names_of(given: Sequence[str] | None) -> tuple[str, ...]:
    """("a", "b[order=C,dtype=float32]", "c") for "a,b[order=C,dtype=float32]" and "c", each once."""
    parts = (part.strip() for text in given or () for part in COMMA_BETWEEN_NAMES.split(text))
    return tuple(dict.fromkeys(part for part in parts if part))


def dtypes_of(names: Sequence[str] | None) -> tuple[str, ...]:
    for name in names_of(names):
        if name not in FLOATS:
            raise UnknownName("dtype", name, FLOATS)
    return names_of(names)


def sizes_from(text: str | None) -> tuple[int | str, ...]:
    """(1, 10, "full") for "1,10,full"."""
    if text is None:
        return ()
    parts = text.replace(",", " ").split()
    wrong = [part for part in parts if part != "full" and not _is_positive(part)]
    if wrong or not parts:
        got = (wrong or [text])[0][:40]
        options = "--sizes (-b, --batch-sizes)"
        raise Misuse(f"{options}: expected whole numbers above 0 or full, separated by commas; got {got!r}")
    return tuple(dict.fromkeys(part if part == "full" else int(part) for part in parts))


def thread_counts(text: str) -> tuple[int, ...]:
    """(1, 2) for "1,2"."""
    parts = text.replace(",", " ").split()
    if not parts or not all(map(_is_positive, parts)):
        raise Misuse(f"--threads: expected whole numbers above 0, separated by commas; got {text[:40]!r}")
    return tuple(dict.fromkeys(map(int, parts)))


def _is_positive(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS and int(text) > 0


def bytes_of(text: str | None) -> int | None:
    """4_000_000_000 for "4GB", 2**30 for "1GiB"."""
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


def refuse_unwritable_output(path: Path) -> None:
    """Raise Misuse where the file of --output cannot be written; nothing is left behind."""
    try:
        is_new = not path.exists()
        if not is_new and not path.is_file():  # a pipe, whose reader would take the try for the end
            return
        path.open("ab").close()
        if is_new:
            path.unlink()
    except OSError as error:
        raise Misuse(f"--output {path}: cannot be written: {error.strerror}") from None


def write_output(path: Path, content: str | bytes) -> None:
    """Write the file of --output; text in UTF-8. Raises Misuse where that cannot be."""
    try:
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise Misuse(f"--output {path}: cannot be written: {error.strerror}") from None


def fraction(text: str | None, option: str = "--resolve") -> float | None:
    """0.05 for "5%"."""
    if text is None:
        return None
    try:
        value = float(text.removesuffix("%")) / 100
    except ValueError:
        value = 0.0
    if not (text.endswith("%") and 0 < value < 1):
        raise Misuse(f"{option}: expected a percentage such as 5%, got {text!r}")
    return value
