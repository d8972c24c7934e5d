"""paragone new."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from paragone.cli.app import out
from paragone.cli.kernel_names import NETWORKS
from paragone.cli.options import PluginsOption
from paragone.errors import HarnessError, Misuse
from paragone.files.paths import expand_home
from paragone.implementation.described import Described, describe, describe_files, unavailable_reason
from paragone.implementation.kernel_starter import KERNEL_LANGUAGES, find_kernel_folder, write_kernel_starter
from paragone.implementation.registry import IMPLEMENTATIONS
from paragone.implementation.template import LANGUAGES, write_starter

Steps = tuple[tuple[str, str], ...]  # commands, and what each shows


def new(
    name: Annotated[str, typer.Argument(help="Letters, digits and underscores, such as my_step.")],
    kernel: Annotated[
        str, typer.Option("--kernel", "-k", help="What it computes: mlp, pairwise, or a kernel of your own.")
    ] = NETWORKS,
    language: Annotated[
        str,
        typer.Option(
            "--language",
            "-l",
            help=f"{', '.join(LANGUAGES)}; of another kernel: {', '.join(KERNEL_LANGUAGES)}.",
        ),
    ] = LANGUAGES[0],
    into: Annotated[
        Path | None, typer.Option(help="Folder in which NAME/ is made, or KERNEL/; else the current one.")
    ] = None,
    plugins: PluginsOption = None,
) -> None:
    """Write a new implementation that works, or that waits for its formula; with comments that teach."""
    folder = expand_home(into or Path(), "--into")
    if kernel == NETWORKS:
        _new_step(name, language, folder)
    else:
        _new_call(name, kernel, language, folder, plugins or [])


def _new_step(name: str, language: str, folder: Path) -> None:
    """An implementation of the training step of a network, in a folder of its own."""
    if language not in LANGUAGES and language in KERNEL_LANGUAGES:
        raise Misuse(
            f"--language {language}: there are starters for kernels alone, by --kernel NAME; "
            f"for {NETWORKS}: {', '.join(LANGUAGES)}. By hand: docs/languages.md"
        )
    for path in write_starter(name, language, folder):
        _say_written(path)
    is_own = folder.resolve() == IMPLEMENTATIONS.resolve()
    plugins = "" if is_own else f" --plugins {shlex.quote(str(folder / name))}"
    written = describe([folder / name])[folder / name]
    name = _one_that_runs(written)
    _say_next(
        (
            (f"verify {name} --contract{plugins}", "what passes, and what must change"),
            (f"bench -i {name} --quick{plugins}", "a first look, beside the baseline"),
            (f"bench -i {name}{plugins}", "intervals and verdicts"),
        )
    )


def _new_call(name: str, kernel: str, language: str, into: Path, plugins: list[str]) -> None:
    """An implementation of a kernel, beside its kernel.toml or a copy of that."""
    found, place = find_kernel_folder(kernel, into, plugins)
    written = write_kernel_starter(name, language, found, place)
    for path in written:
        _say_written(path)
    declares = next((path for path in written if path.name == f"{name}.toml"), written[0])
    _one_that_runs(describe_files([declares])[declares])
    is_own = place.resolve().parent == IMPLEMENTATIONS.resolve().parent
    paths = (
        "" if is_own else "".join(f" --plugins {shlex.quote(path)}" for path in dict.fromkeys([*plugins, str(into)]))
    )
    _say_next(
        (
            (f"verify {name} -k {kernel}{paths}", "what passes, and what must change"),
            (f"bench -k {kernel} -i {name} --quick{paths}", "a first look, beside the baseline"),
            (f"bench -k {kernel} -i {name}{paths}", "intervals and verdicts"),
        )
    )


def _say_written(path: Path) -> None:
    out.print(f"Wrote {escape(str(path))}", soft_wrap=True, highlight=False)


def _say_next(steps: Steps) -> None:
    out.print("\nNext:", highlight=False)
    for command, shows in steps:
        out.print(f"    paragone {escape(command)}    # {shows}", soft_wrap=True, highlight=False)


def _one_that_runs(written: list[Described] | str) -> str:
    """The first implementation that can run here, else the first; prints why others cannot."""
    if isinstance(written, str):
        raise HarnessError(written)
    reasons = {described.name: unavailable_reason(described) for described in written}
    for name, reason in reasons.items():
        if reason:
            out.print(f"\n{escape(name)} cannot run here: {escape(reason)}", soft_wrap=True, highlight=False)
    return next((name for name, reason in reasons.items() if reason is None), written[0].name)
