"""The options of the benchmarks, and the number of threads, which NumPy reads when it is loaded.

Nothing in this file may import NumPy.
"""

from __future__ import annotations

import os
import sys
from argparse import ArgumentTypeError

import pytest

from paragone.machine.threads import InheritedVariable, loaded_thread_pools, thread_count_fault, worker_environment

INHERITED = pytest.StashKey[list[InheritedVariable]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options decide which cells there are; -k selects among them."""
    group = parser.getgroup("paragone")
    group.addoption(
        "--problem", action="append", metavar="NAME", help="problem: a name, a TOML file, or all; else nielsen"
    )
    group.addoption("--batch-sizes", metavar="SIZES", help="such as 1,10,full; else the problem's own grid")
    group.addoption("--threads", type=positive_integer, default=1, metavar="N", help="threads of every library; else 1")
    group.addoption("--implementations-folder", metavar="FOLDER", help="where implementations are; else impls/")


def positive_integer(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise ArgumentTypeError(f"expected a whole number above 0, got {text!r}")
    return int(text)


def pytest_configure(config: pytest.Config) -> None:
    """Give this process the environment variables of a worker before NumPy reads them.

    Raises UsageError where NumPy was loaded before and has other threads than were asked for.
    """
    # The default is for `pytest .`, which reads this file after the command line.
    threads: int = config.getoption("--threads", 1)
    environment, config.stash[INHERITED] = worker_environment(threads, os.environ)
    for name in os.environ.keys() - environment.keys():
        del os.environ[name]
    os.environ.update(environment)
    if "numpy" in sys.modules and (fault := thread_count_fault(threads, loaded_thread_pools())):
        raise pytest.UsageError(
            f"{fault}. NumPy was loaded before benchmarks/conftest.py could set its threads, by a plugin or another "
            f"conftest.py. Set them yourself: OPENBLAS_NUM_THREADS={threads} OMP_NUM_THREADS={threads} "
            f"MKL_NUM_THREADS={threads} pytest benchmarks --benchmark-only"
        )


def pytest_report_header(config: pytest.Config) -> list[str]:
    threads: int = config.getoption("--threads", 1)
    lines = [f"paragone: {threads} {'thread' if threads == 1 else 'threads'}; for intervals and verdicts: make bench"]
    return lines + [f"paragone: {entry.warning}" for entry in config.stash[INHERITED] if entry.warning]
