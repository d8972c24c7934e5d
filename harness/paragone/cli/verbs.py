"""The table of verbs. A verb's module is imported when that verb is used: `paragone --help` needs none of them."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from paragone.errors import Misuse


class Verb(TyperCommand):
    """A command as `paragone --help` shows it; where it is used, the function in its module takes its place."""

    def __init__(self, example: str, sentence: str, function: str = "", kind: str = "") -> None:
        """`sentence` is the first line of the function's docstring; `kind` a class of its module, where it has one.

        The module and the function have the name of the verb, which is the second word of the example.
        """
        name = example.split()[1]
        super().__init__(name, help=sentence, epilog=f"Example: {example}")
        self.module = f"paragone.cli.{name.replace('-', '_')}"
        self.function, self.kind = function or name.replace("-", "_"), kind

    def load(self) -> Any:
        """The command itself, with its options."""
        module = import_module(self.module)
        alone = typer.Typer(add_completion=False, rich_markup_mode="rich")
        kind = getattr(module, self.kind) if self.kind else None
        alone.command(self.name, cls=kind, epilog=self.epilog)(getattr(module, self.function))
        return get_command(alone)

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Parse the arguments by the command itself, which the context then runs.

        Raises Misuse where the current folder was removed: nothing can be found from there, and no process started.
        """
        context = self.load().make_context(info_name, args, parent, **extra)
        try:
            Path.cwd()
        except OSError as error:
            raise Misuse(f"the current folder cannot be used: {error.strerror}. Go to another: cd") from None
        return context


# In the order of --help.
VERBS = (
    Verb(
        "paragone list 'numpy_*'",
        "Show every implementation of a kernel: language, axes, source, idea, whether it can run here.",
        function="list_implementations",
    ),
    Verb(
        "paragone new my_step --language c",
        "Write a new implementation that works, or that waits for its formula; with comments that teach.",
    ),
    Verb(
        "paragone new-kernel my_kernel",
        "Write a new kernel that works: what is computed, a reference and a baseline, to be changed.",
    ),
    Verb(
        "paragone header pairwise",
        "Print the C header of a kernel: what a shared library exports to be measured.",
    ),
    Verb(
        "paragone verify numpy_tuned --problem mlp4 --batch-sizes 1,7,500",
        "Check implementations against the float64 reference; nothing is timed.",
    ),
    Verb(
        "paragone bench --problem mlp4 -i 'numpy_*' --dtype float32 --batch-sizes 500,20000",
        "Verify, measure and report; goes on where an interrupted run of the same plan stopped.",
    ),
    Verb(
        "paragone survey -k pairwise --on dask+tls://head:8786",
        "Measure the same on each kind of machine among the hosts of a cluster, and put the runs side by side.",
    ),
    Verb(
        "paragone report latest",
        "Rebuild the summary, the figures and the report of a run from its folder alone; several go side by side.",
    ),
    Verb(
        "paragone gallery",
        "Put runs of different kernels beside each other: a row per language, a column per kernel.",
    ),
    Verb(
        "paragone compare 2026-01-02T030405Z latest --markdown",
        "Compare runs over time, versions or machines, cell by cell; exit code 1 where one is slower.",
        kind="OrLive",
    ),
    Verb(
        "paragone history",
        "Put the runs of one machine in a line: where a cell's speed changed, between which commits and versions.",
    ),
    Verb(
        "paragone site public",
        "Write a folder that any web host serves: an index of all runs, their reports, history, gallery and machines.",
    ),
    Verb(
        "paragone profile -i 'numpy_*' -p mlp4 -b 500,20000",
        "Show where the time of a step goes: gather, forward, loss, backward, update; one dtype each unless asked.",
    ),
    Verb(
        "paragone claims -i S2",
        "Test what the sources claim on this machine, each on its own terms; a claim that fails is a finding, "
        "no error.",
    ),
    Verb(
        "paragone train numpy_tuned --epochs 30 --dtype float64",
        "Train one variant and print its test accuracy after every epoch; elapsed time includes evaluating.",
    ),
    Verb(
        "paragone export latest --format csv --decimal , --output run.csv",
        "Write a run in another tool's form.",
    ),
    Verb(
        "paragone doctor",
        "Show what is here, what is missing, and what would disturb a measurement, with the command that mends each.",
    ),
    Verb(
        "paragone julia",
        "Find or download Julia, install its packages, and start it once: that compiles everything.",
    ),
    Verb(
        "paragone selftest coverage quiet",
        "Show that the statistics tell the truth here: coverage, A/A and power of real runs, beside other tools.",
    ),
)


class Verbs(TyperGroup):
    """All of them."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**{**attributes, "commands": {verb.name: verb for verb in VERBS}})
